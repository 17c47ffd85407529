#include <fmt/format.h>

#include <memory>
#include <string>

#include "compiler/explain/explain.h"
#include "compiler/lower/lower.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

namespace {

struct PlanOptions {
  SpecOptions spec;
  std::string level = "optimized";
  std::string format = "text";
  std::string cpu;
  std::string output;
};

// The rules one by one, with the plan after each that changed it.
std::string TraceText(const OptimizeReport& report) {
  std::string text;
  for (const RuleReport& rule : report.rules) {
    text += fmt::format("-- {}: {} change{}, {:.2f} ms\n", rule.name, rule.changes,
                        rule.changes == 1 ? "" : "s", static_cast<double>(rule.nanos) / 1e6);
    text += rule.plan_text;
  }
  return text;
}

// The loops of every chain as LLVM sees them.
Result<std::string> CodeText(const PlanOptions& options, SpecSession& session) {
  CompileOptions compile;
  compile.cpu = options.cpu;
  CodeForm form = CodeForm::kLlvm;
  if (options.level == "llvm-opt") form = CodeForm::kLlvmOptimized;
  if (options.level == "asm") form = CodeForm::kAssembly;
  std::string text;
  for (const ChainPlan& chain : session.job->chained.chains) {
    const LoweredChain lowered = LowerChain(chain, session.engine->symbols());
    ASSIGN_OR_RETURN(const std::string code,
                     session.engine->jit()->Print(lowered.module, compile, form));
    text += code;
  }
  return text;
}

int Plan(PlanOptions& options) {
  options.spec.jit = "on";
  SpecSession session = OpenSpec(options.spec);
  if (!session.job.has_value()) return session.exit_code;
  const ExplainFormat format = *ParseExplainFormat(options.format);
  std::string text;
  if (options.level == "logical") {
    text = Explain(session.job->logical, options.level, format);
  } else if (options.level == "optimized") {
    if (options.spec.trace_rules) text = TraceText(session.job->report);
    text += Explain(session.job->optimized, options.level, format);
  } else if (options.level == "chains") {
    text = Explain(session.job->chained, format);
  } else {
    if (format != ExplainFormat::kText) {
      PrintError({ErrorCode::kInvalidArgument,
                  fmt::format("the level `{}` has only the format `text`", options.level)});
      return kExitUsage;
    }
    Result<std::string> code = CodeText(options, session);
    if (!code) {
      PrintError(code.error());
      return kExitEnvironment;
    }
    text = *std::move(code);
  }
  return WriteOutput(options.output, text);
}

}  // namespace

void AddPlanCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* command = app.add_subcommand("plan", "Show what a spec becomes, without running it");
  options->spec.AddTo(*command);
  command->add_option("--level", options->level, "How far the compiler goes")
      ->check(CLI::IsMember({"logical", "optimized", "chains", "llvm", "llvm-opt", "asm"}));
  command->add_option("--format", options->format, "How it is written")
      ->check(CLI::IsMember({"text", "dot", "mermaid", "json", "svg"}));
  command->add_option("--cpu", options->cpu,
                      "Compile for this CPU (x86-64-v3), not this machine's");
  command->add_option("-o,--output", options->output, "A file instead of standard output");
  command->add_flag("--trace", options->spec.trace_rules, "Show the optimizer's rules one by one");
  command->callback([options, exit_code] { *exit_code = Plan(*options); });
}

}  // namespace flinkc
