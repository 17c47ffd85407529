// What a chain becomes: its loops, ports, tables and steps. That the loops compute the right thing
// is shown by the golden jobs (tests/exec).
#include "compiler/lower/lower.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/chain/build_job_graph.h"
#include "compiler/diagnostics/renderer.h"
#include "tools/embedded/engine.h"

namespace flinkc {
namespace {

Engine& Interpreting() {
  static const std::unique_ptr<Engine> engine = [] {
    EngineOptions options;
    options.jit = false;
    return std::move(Engine::Make(options)).value();
  }();
  return *engine;
}

std::vector<ChainPlan> ChainsOf(const std::string& spec, int parallelism) {
  const SourceBuffer buffer("lower.yaml", spec);
  CompileRequest request;
  request.spec = &buffer;
  request.settings.push_back({"parallelism.default", std::to_string(parallelism)});
  DiagnosticLog log;
  const auto job = CompileJob(request, Interpreting().services(), log);
  if (!job.has_value() || log.has_errors()) return {};
  return job->chained.chains;
}

// The chains of a job over `orders`: {id BIGINT NOT NULL, store STRING NOT NULL, at TIMESTAMP(3)
// NOT NULL}, with event time.
std::vector<LoweredChain> Lower(const std::string& rest, int parallelism = 1) {
  const std::string spec = R"yaml(flinkc: 1
sources:
  orders:
    connector: file
    options: {path: /nowhere}
    format: csv
    schema: {id: BIGINT NOT NULL, store: STRING NOT NULL, at: TIMESTAMP(3) NOT NULL}
    event_time: {column: at}
)yaml" + rest;
  std::vector<LoweredChain> lowered;
  for (const ChainPlan& chain : ChainsOf(spec, parallelism)) {
    lowered.push_back(LowerChain(chain, Interpreting().symbols()));
    const Status status = Verify(lowered.back().module);
    EXPECT_TRUE(status) << status.error().message;
  }
  EXPECT_FALSE(lowered.empty()) << "it does not compile";
  if (lowered.empty()) lowered.emplace_back();
  return lowered;
}

size_t PortsTo(const ChainLayout& layout, PortTarget target) {
  return static_cast<size_t>(std::ranges::count(layout.ports, target, &PortLayout::target));
}

TEST(LowerChain, OperatorsWithOneReaderEachAreOneLoop) {
  const ChainLayout layout = Lower(R"yaml(
streams:
  s: {from: orders, pipe: [{filter: id > 1}, {extend: {twice: id + id}}, {drop: [store]}]}
sinks: {out: {from: s, connector: blackhole}}
)yaml")[0]
                                 .layout;
  EXPECT_TRUE(layout.source.has_value());
  ASSERT_EQ(layout.pipelines.size(), 1u);
  EXPECT_EQ(layout.pipelines[0].input, PipelineInput::kHead);
  ASSERT_EQ(layout.ports.size(), 1u);
  EXPECT_EQ(layout.ports[0].target, PortTarget::kSink);
  EXPECT_TRUE(layout.states.empty());
}

TEST(LowerChain, RowsWithTwoReadersAreWrittenOnce) {
  const ChainLayout layout = Lower(R"yaml(
streams:
  s: {from: orders, extend: {shop: upper(store)}}
  a: {from: s, filter: id > 1}
  b: {from: s, filter: id < 1}
sinks:
  a: {from: a, connector: blackhole}
  b: {from: b, connector: blackhole}
)yaml")[0]
                                 .layout;
  EXPECT_EQ(PortsTo(layout, PortTarget::kPipelines), 1u);
  EXPECT_EQ(PortsTo(layout, PortTarget::kSink), 2u);
  EXPECT_EQ(layout.pipelines.size(), 3u);
}

TEST(LowerChain, AnAggregateHasATableAndALoopThatEmitsIt) {
  const ChainLayout layout = Lower(R"yaml(
streams:
  s: {from: orders, aggregate: {by: [id], compute: {n: count(*)}, emit: end}}
sinks: {out: {from: s, connector: blackhole}}
)yaml")[0]
                                 .layout;
  ASSERT_EQ(layout.states.size(), 1u);
  const StateLayout& state = layout.states[0];
  EXPECT_EQ(state.state_id, "s/aggregate");
  EXPECT_EQ(state.key_bytes, 8u);
  EXPECT_TRUE(state.emit_at_end);
  EXPECT_FALSE(state.window.has_value());
  EXPECT_FALSE(state.merge_function.has_value());
  ASSERT_TRUE(state.emit_pipeline.has_value());
  EXPECT_EQ(layout.pipelines[*state.emit_pipeline].input, PipelineInput::kState);
  EXPECT_EQ(layout.pipelines[0].states, std::vector<uint32_t>{0});
}

TEST(LowerChain, AHoppingWindowMergesItsSlices) {
  const std::vector<LoweredChain> lowered = Lower(R"yaml(
streams:
  s:
    from: orders
    aggregate:
      {window: {hop: {size: 10m, every: 2m}, offset: 1m}, by: [store], compute: {n: count(*)}, lateness: 5s}
sinks: {out: {from: s, connector: blackhole}}
)yaml");
  const StateLayout& state = lowered[0].layout.states.at(0);
  constexpr int64_t kMinute = 60'000'000;
  ASSERT_TRUE(state.window.has_value());
  EXPECT_EQ(state.window->size_micros, 10 * kMinute);
  EXPECT_EQ(state.window->slide_micros, 2 * kMinute);
  EXPECT_EQ(state.window->slice_micros, 2 * kMinute);
  EXPECT_EQ(state.window->offset_micros, kMinute);
  EXPECT_EQ(state.window->lateness_micros, 5'000'000);
  // Behind all pipelines.
  ASSERT_TRUE(state.merge_function.has_value());
  EXPECT_EQ(*state.merge_function, lowered[0].layout.pipelines.size());
  EXPECT_EQ(lowered[0].functions.size(), lowered[0].layout.pipelines.size() + 1);
  // The key is a string: its view stands in the row, to be kept alive.
  EXPECT_EQ(state.key_view_offsets.size(), 1u);
}

TEST(LowerChain, AChangelogIsEmittedByTheLoopThatUpdates) {
  const ChainLayout layout = Lower(R"yaml(
streams: {s: {from: orders, aggregate: {by: [store], compute: {n: count(*)}}}}
sinks: {out: {from: s, connector: console}}
)yaml")[0]
                                 .layout;
  EXPECT_FALSE(layout.states.at(0).emit_pipeline.has_value());
  ASSERT_EQ(layout.sinks.size(), 1u);
  EXPECT_TRUE(layout.sinks[0].row_kinds);
  EXPECT_TRUE(layout.ports.at(0).row_kinds);
}

TEST(LowerChain, LateRowsAndErrorRowsHavePortsOfTheirOwn) {
  const ChainLayout layout = Lower(R"yaml(
streams:
  e: {from: orders, extend: {inverse: 100 / id}, on_error: route}
  w: {from: e, aggregate: {window: {tumble: 1m}, compute: {n: count(*)}, late: route}}
sinks:
  w: {from: w, connector: blackhole}
  late: {from: w.late, connector: blackhole}
  errors: {from: e.errors, connector: blackhole}
)yaml")[0]
                                 .layout;
  const auto step = std::ranges::find(layout.steps, ErrorMode::kRoute, &StepLayout::on_error);
  ASSERT_NE(step, layout.steps.end());
  EXPECT_EQ(step->path, "e/extend");
  EXPECT_NE(std::ranges::find(step->columns, "inverse"), step->columns.end());
  ASSERT_TRUE(step->errors_port.has_value());
  EXPECT_EQ(layout.ports.at(*step->errors_port).schema, ErrorSchema());
  EXPECT_EQ(layout.sinks.size(), 3u);
}

TEST(LowerChain, HashesTravelWithTheRowsOfAHashEdge) {
  const std::vector<LoweredChain> lowered = Lower(R"yaml(
streams: {s: {from: orders, aggregate: {by: [store], compute: {n: count(*)}, emit: end}}}
sinks: {out: {from: s, connector: blackhole}}
)yaml",
                                                  2);
  ASSERT_EQ(lowered.size(), 2u);
  ASSERT_EQ(PortsTo(lowered[0].layout, PortTarget::kEdge), 1u);
  EXPECT_TRUE(lowered[0].layout.ports[0].key_hashes);
  EXPECT_FALSE(lowered[0].layout.heads[0].key_hashes);
  EXPECT_TRUE(lowered[1].layout.heads[0].key_hashes);
  EXPECT_FALSE(lowered[1].layout.source.has_value());
  EXPECT_EQ(lowered[1].layout.heads[0].schema, lowered[0].layout.ports[0].schema);
}

// Whatever the job: programs that verify, and the same one each time (the object cache is asked by
// their text).
TEST(LowerChain, EverySpecBecomesProgramsThatVerify) {
  size_t chains = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(FLINKC_SOURCE_DIR "/specs")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    for (const int parallelism : {1, 3}) {
      for (const ChainPlan& chain : ChainsOf(text.str(), parallelism)) {
        const LoweredChain lowered = LowerChain(chain, Interpreting().symbols());
        const Status status = Verify(lowered.module);
        EXPECT_TRUE(status) << entry.path() << ": " << status.error().message;
        EXPECT_GE(lowered.functions.size(), lowered.layout.pipelines.size());
        for (size_t i = 0; i < lowered.functions.size(); ++i) {
          const std::string& name = lowered.functions[i];
          // The inputs of a native operator have none.
          const auto& pipelines = lowered.layout.pipelines;
          ASSERT_EQ(name.empty(), i < pipelines.size() && pipelines[i].native.has_value());
          if (name.empty()) continue;
          EXPECT_NE(std::ranges::find(lowered.module.functions, name, &LoopFunction::name),
                    lowered.module.functions.end())
              << name;
        }
        EXPECT_EQ(PrintText(LowerChain(chain, Interpreting().symbols()).module),
                  PrintText(lowered.module))
            << entry.path();
        ++chains;
      }
    }
  }
  EXPECT_GE(chains, 20u) << "most specs must compile";
}

}  // namespace
}  // namespace flinkc
