// What lowering makes of an expression, seen in the loop program.
#include <gtest/gtest.h>

#include <string>

#include "compiler/lower/lower.h"
#include "tests/exec/job_runner.h"

namespace flinkc {
namespace {

size_t CallsOf(const std::string& callee, const std::string& columns) {
  Engine& engine = SharedEngine(true);
  const SourceBuffer spec("spec.yaml",
                          "flinkc: 1\n"
                          "job: {name: j}\n"
                          "sources:\n"
                          "  in: {connector: datagen, schema: {s: STRING NOT NULL, n: BIGINT NOT "
                          "NULL}, options: {rows: 10}}\n"
                          "streams:\n"
                          "  rows: {from: in, select: [" +
                              columns +
                              "]}\n"
                              "sinks:\n"
                              "  out: {from: rows, connector: blackhole}\n");
  CompileRequest request;
  request.spec = &spec;
  DiagnosticLog log;
  const std::optional<CompiledJob> job = CompileJob(request, engine.services(), log);
  EXPECT_TRUE(job.has_value());
  if (!job.has_value()) return 0;
  size_t calls = 0;
  for (const ChainPlan& chain : job->chained.chains) {
    const LoweredChain lowered = LowerChain(chain, engine.symbols());
    for (const LoopFunction& function : lowered.module.functions) {
      for (const BasicBlock& block : function.blocks) {
        for (const Instruction& instruction : block.instructions) {
          if (instruction.opcode != Opcode::kCall) continue;
          calls += lowered.module.callees[instruction.immediate].name == callee;
        }
      }
    }
  }
  return calls;
}

TEST(Lowering, CallsANativeFunctionOnceOnEachWay) {
  const std::string lower = "flinkc_native_lower";
  EXPECT_EQ(CallsOf(lower,
                    "{a: \"CASE lower(s) WHEN 'x' THEN '1' WHEN 'y' THEN '2' ELSE lower(s) "
                    "END\"}"),
            1u);
  EXPECT_EQ(CallsOf(lower, "{a: \"lower(s) = 'x' OR lower(s) = 'y'\"}"), 1u);
  // Only one of them is passed, and none by what stands behind.
  EXPECT_EQ(CallsOf(lower, "{a: \"CASE WHEN n > 1 THEN lower(s) ELSE concat(lower(s), 'x') END\"}"),
            2u);
  EXPECT_EQ(CallsOf(lower, "{a: \"(n > 1 AND lower(s) = 'x') OR lower(s) = 'y'\"}"), 2u);
}

}  // namespace
}  // namespace flinkc
