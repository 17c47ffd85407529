// Streams of a chain that somebody looks at: each shows its rows, also those that exist only within
// a loop or that the optimizer has made one with others, and nothing else changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/diagnostics/renderer.h"
#include "compiler/driver/row_filter.h"
#include "compiler/lower/lower.h"
#include "runtime/task/chain_executor.h"
#include "runtime/taskmanager/tap_session.h"
#include "tests/exec/job_case.h"
#include "tests/exec/job_runner.h"
#include "tests/exec/rows_sink.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000;

// `widened` goes behind the filter of `chosen`, and is one with `named`.
constexpr const char* kSpec = R"yaml(flinkc: 1
job: {name: tapped}
sources:
  in:
    connector: datagen
    options: {fields: {k: {kind: random}, at: {kind: random}, v: {kind: random}}}
    schema: {k: BIGINT NOT NULL, at: TIMESTAMP(3) NOT NULL, v: BIGINT NOT NULL}
    event_time: {column: at, out_of_order: 1s}
streams:
  widened: {from: in, extend: {w: v * 2}}
  chosen: {from: widened, filter: v > 10}
  named: {from: chosen, select: {k: k, at: at, x: w + 1}}
  checked:
    from: named
    on_error: route
    pipe:
      - extend: {q: "100 / (x - 41)"}
      - filter: q <> 7
  parts: {from: checked, route: {even: "MOD(k, 2) = 0", else: odd}}
  sums: {from: parts.even, aggregate: {by: [k], compute: {n: count(*), s: sum(x)}}}
  windows:
    from: parts.odd
    aggregate: {window: {tumble: 10s}, by: [k], compute: {n: count(*), q: max(q)}, late: route}
sinks:
  totals: {from: sums, connector: console, format: json}
  closed: {from: windows, connector: blackhole}
  late: {from: windows.late, connector: blackhole}
  dead: {from: checked.errors, connector: blackhole}
)yaml";

struct Event {
  int64_t k;
  int64_t second;
  int64_t v;
};

class TapTest : public testing::TestWithParam<bool> {
 protected:
  TapTest() {
    const SourceBuffer spec("spec.yaml", kSpec);
    CompileRequest request;
    request.spec = &spec;
    DiagnosticLog log;
    const std::optional<CompiledJob> job = CompileJob(request, engine().services(), log);
    EXPECT_TRUE(job) << RenderDiagnostics(log, {DiagnosticFormat::kText, false});
    EXPECT_EQ(job->chained.graph.vertices.size(), 1u);
    chain_ = *engine().loader().Load(job->chained.graph.vertices[0].chain_plan);
    ExecutorOptions options;
    options.chain = chain_;
    sinks_.resize(chain_->layout().sinks.size());
    for (TextSink& sink : sinks_) options.sinks.push_back(&sink);
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
  }

  Engine& engine() const { return SharedEngine(GetParam()); }

  // Begins to look at a stream, or at its rows for which `where` holds.
  std::shared_ptr<TapSession> Tap(const std::string& stream, const std::string& where = "") {
    protocol::TapRequest request;
    request.set_rows_per_second(1000);
    const auto session = std::make_shared<TapSession>(request);
    const std::vector<TapLayout>& taps = chain_->layout().taps;
    bool found = false;
    for (uint32_t tap = 0; tap < taps.size(); ++tap) {
      for (const TapView& view : taps[tap].views) {
        if (std::ranges::find(view.names, stream) == view.names.end()) continue;
        SubtaskView shown{0, view.schema, taps[tap].row_kinds, {}};
        if (!view.chain_plan.empty()) AddChain(view.chain_plan, taps[tap].schema, &shown);
        if (!where.empty()) AddChain(Where(stream, where, shown), view.schema, &shown);
        std::shared_ptr<const CompiledChain> probed;
        if (!taps[tap].port) probed = {chain_, *chain_->Probed()};
        executor_->AddTap(tap, std::move(probed),
                          MakeSubtaskTap(session, std::move(shown), nullptr));
        found = true;
      }
    }
    EXPECT_TRUE(found) << stream;
    return session;
  }

  void AddChain(const std::string& plan, const Schema& from, SubtaskView* view) {
    const auto chain = engine().loader().Load(plan);
    ASSERT_TRUE(chain) << chain.error().message;
    const Status checked = CheckView((*chain)->layout(), from, view->schema, view->row_kinds);
    ASSERT_TRUE(checked) << checked.error().message;
    view->chains.push_back(*chain);
  }

  std::string Where(const std::string& stream, const std::string& where, const SubtaskView& view) {
    const SourceBuffer buffer("--where", where);
    const SourceText text{where, {&buffer, 0, static_cast<uint32_t>(where.size())}, {}};
    DiagnosticLog log;
    const auto plan =
        CompileRowFilter({&text, stream, view.schema, view.row_kinds}, engine().services(), log);
    EXPECT_TRUE(plan) << RenderDiagnostics(log, {DiagnosticFormat::kText, false});
    return plan.value_or("");
  }

  void Feed(const std::vector<Event>& events) {
    const Schema& schema = chain_->layout().heads[0].schema;
    auto batch = std::make_shared<RecordBatch>(schema, 64, false, false, nullptr);
    for (size_t i = 0; i < events.size(); ++i) {
      for (uint32_t column = 0; column < schema.size(); ++column) {
        batch->Values<int64_t>(column)[i] = schema[column].name == "k" ? events[i].k
                                            : schema[column].name == "at"
                                                ? events[i].second * kSecond
                                                : events[i].v;
      }
    }
    batch->set_row_count(static_cast<int32_t>(events.size()));
    executor_->PushBatch(std::move(batch), &progress_, ++now_ * kSecond);
    Work();
  }
  void Watermark(int64_t second) {
    executor_->PushWatermark(second * kSecond, ++now_ * kSecond);
    Work();
  }
  void Work() {
    do {
      ExecutorState state = ExecutorState::kBusy;
      while (state == ExecutorState::kBusy) state = executor_->Advance();
      ASSERT_EQ(state, ExecutorState::kReady) << executor_->error().message;
      executor_->Flush();
    } while (!executor_->is_drained());
  }

  static Rows Shown(TapSession& session) {
    protocol::TapRows rows;
    const std::optional<Error> error = session.Take(&rows);
    EXPECT_FALSE(error) << error->message;
    Rows lines;
    for (const protocol::TapRow& row : rows.rows()) {
      lines.push_back((row.kind() == 0 ? "" : std::to_string(row.kind()) + " ") + row.json());
    }
    return lines;
  }

  // Some rows fail, some are late.
  static std::vector<Event> First() {
    return {{1, 1, 5}, {2, 2, 11}, {1, 3, 20}, {3, 4, 12}, {2, 5, 13}};
  }
  static std::vector<Event> Second() { return {{1, 31, 14}, {3, 2, 15}, {4, 32, 27}, {2, 33, 3}}; }

  // All that the sinks get.
  Rows Results() {
    Rows all;
    for (TextSink& sink : sinks_) {
      all.insert(all.end(), sink.rows.begin(), sink.rows.end());
      all.push_back("--");
    }
    return all;
  }

  class TextSink final : public SinkWriter {
   public:
    Status Write(const BatchPtr& batch) override {
      for (int32_t row = 0; row < batch->row_count(); ++row) {
        std::string text = std::to_string(static_cast<int>(batch->kind(row)));
        // Error rows have texts, which say when they failed; that they are there is enough.
        const bool is_error = batch->column_count() == ErrorSchema().size();
        for (size_t column = 0; column < batch->column_count() && !is_error; ++column) {
          text += " " + (batch->IsNull(column, row)
                             ? "NULL"
                             : std::to_string(batch->Values<int64_t>(column)[row]));
        }
        rows.push_back(text);
      }
      return {};
    }
    Rows rows;
  };

  std::shared_ptr<const CompiledChain> chain_;
  std::vector<TextSink> sinks_;
  SplitProgress progress_{INT64_MIN};
  int64_t now_ = 0;
  std::unique_ptr<ChainExecutor> executor_;
};

std::string At(int64_t second) {
  return "\"at\":\"1970-01-01 00:00:" + std::string(second < 10 ? "0" : "") +
         std::to_string(second) + ".000\"";
}

TEST_P(TapTest, EachStreamShowsItsRows) {
  std::map<std::string, std::shared_ptr<TapSession>> taps;
  for (const char* name :
       {"in", "widened", "chosen", "named", "checked/extend", "checked", "checked.errors",
        "parts.even", "parts.odd", "sums", "totals", "windows", "windows.late", "late"}) {
    taps[name] = Tap(name);
  }
  Feed(First());
  const auto shown = [&](const char* name) { return Shown(*taps.at(name)); };
  const auto in = [](int64_t k, int64_t second, int64_t v, const std::string& more = "") {
    return "{\"k\":" + std::to_string(k) + "," + At(second) + ",\"v\":" + std::to_string(v) + more +
           "}";
  };
  const auto wide = [&](int64_t k, int64_t second, int64_t v) {
    return in(k, second, v, ",\"w\":" + std::to_string(2 * v));
  };
  EXPECT_THAT(shown("in"),
              ElementsAre(in(1, 1, 5), in(2, 2, 11), in(1, 3, 20), in(3, 4, 12), in(2, 5, 13)));
  EXPECT_THAT(shown("widened"), ElementsAre(wide(1, 1, 5), wide(2, 2, 11), wide(1, 3, 20),
                                            wide(3, 4, 12), wide(2, 5, 13)));
  EXPECT_THAT(shown("chosen"),
              ElementsAre(wide(2, 2, 11), wide(1, 3, 20), wide(3, 4, 12), wide(2, 5, 13)));
  const auto named = [](int64_t k, int64_t second, int64_t x, const std::string& more = "") {
    return "{\"k\":" + std::to_string(k) + "," + At(second) + ",\"x\":" + std::to_string(x) + more +
           "}";
  };
  EXPECT_THAT(shown("named"),
              ElementsAre(named(2, 2, 23), named(1, 3, 41), named(3, 4, 25), named(2, 5, 27)));
  // 100 / -18, 100 / 0, 100 / -16, 100 / -14: the last one is filtered.
  const std::string first = named(2, 2, 23, ",\"q\":-5");
  const std::string third = named(3, 4, 25, ",\"q\":-6");
  const std::string last = named(2, 5, 27, ",\"q\":-7");
  EXPECT_THAT(shown("checked/extend"), ElementsAre(first, third, last));
  EXPECT_THAT(shown("checked"), ElementsAre(first, third, last));
  const Rows errors = shown("checked.errors");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_THAT(errors[0], testing::HasSubstr("division by zero"));
  EXPECT_THAT(shown("parts.even"), ElementsAre(first, last));
  EXPECT_THAT(shown("parts.odd"), ElementsAre(third));
  const Rows sums = {R"({"k":2,"n":1,"s":23})", R"(1 {"k":2,"n":1,"s":23})",
                     R"(2 {"k":2,"n":2,"s":50})"};
  EXPECT_EQ(shown("sums"), sums);
  EXPECT_EQ(shown("totals"), sums);
  EXPECT_THAT(shown("windows"), IsEmpty());

  Watermark(20);
  const Rows closed = shown("windows");
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_THAT(closed[0],
              testing::AllOf(testing::HasSubstr("\"k\":3"), testing::HasSubstr("\"n\":1"),
                             testing::HasSubstr("\"q\":-6")));
  Feed(Second());
  const std::string late = named(3, 2, 31, ",\"q\":-10");
  EXPECT_THAT(shown("windows.late"), ElementsAre(late));
  EXPECT_THAT(shown("late"), ElementsAre(late));
  EXPECT_THAT(shown("in"), testing::SizeIs(4));
}

TEST_P(TapTest, WhatIsChosenIsShown) {
  const auto of_a_view = Tap("widened", "w > 25");
  const auto of_a_loop = Tap("chosen", "MOD(v, 2) = 1 AND k = 2");
  const auto of_a_port = Tap("sums", "n = 2");
  // A row for which it fails is not shown, and the job does not notice.
  const auto that_fails = Tap("in", "10 / (v - 5) >= 0");
  Feed(First());
  EXPECT_THAT(Shown(*of_a_view), testing::SizeIs(2));  // 40 and 26
  EXPECT_THAT(Shown(*of_a_loop), testing::SizeIs(2));
  EXPECT_THAT(Shown(*of_a_port), ElementsAre(R"(2 {"k":2,"n":2,"s":50})"));
  EXPECT_THAT(Shown(*that_fails), testing::SizeIs(4));
}

TEST_P(TapTest, ResultsAreTheSameWhoeverLooks) {
  Feed(First());
  Watermark(20);
  Feed(Second());
  Watermark(60);
  const Rows expected = Results();
  EXPECT_THAT(expected, testing::SizeIs(testing::Gt(8u)));
  const std::vector<uint64_t> counters = executor_->counters();

  // The same once more, looked at from the first row on, from the second batch on, and until then.
  for (const int variant : {0, 1, 2}) {
    for (TextSink& sink : sinks_) sink.rows.clear();
    ExecutorOptions options;
    options.chain = chain_;
    for (TextSink& sink : sinks_) options.sinks.push_back(&sink);
    executor_ = std::make_unique<ChainExecutor>(std::move(options));
    progress_ = {INT64_MIN};
    std::vector<std::shared_ptr<TapSession>> sessions;
    const auto look = [&] {
      for (const TapLayout& tap : chain_->layout().taps) {
        for (const TapView& view : tap.views) sessions.push_back(Tap(view.names[0]));
      }
    };
    if (variant != 1) look();
    Feed(First());
    if (variant == 1) look();
    for (const auto& session : sessions) {
      if (variant == 2) session->Close();
    }
    Watermark(20);
    Feed(Second());
    Watermark(60);
    EXPECT_EQ(Results(), expected) << variant;
    EXPECT_EQ(executor_->counters(), counters) << variant;
  }
}

INSTANTIATE_TEST_SUITE_P(Chains, TapTest, testing::Values(true, false),
                         [](const auto& info) { return info.param ? "Compiled" : "Interpreted"; });

// ---- every golden job ----

// What of a layout the runtime builds its executor from.
std::string Shape(const ChainLayout& layout) {
  std::string text;
  for (const PipelineLayout& pipeline : layout.pipelines) {
    text += pipeline.name + ":";
    for (const uint32_t port : pipeline.ports) text += " p" + std::to_string(port);
    for (const uint32_t state : pipeline.states) text += " s" + std::to_string(state);
    text += "\n";
  }
  for (const PortLayout& port : layout.ports) text += port.name + port.schema.ToString() + "\n";
  for (const StepLayout& step : layout.steps) text += step.path + "\n";
  for (const std::string& counter : layout.counters) text += counter + "\n";
  return text;
}

TEST(TapLayouts, OfAllGoldenJobsAreThoseOfTheirChains) {
  Engine& engine = SharedEngine(/*jit=*/false);
  size_t probed_chains = 0;
  size_t merged = 0;
  size_t views = 0;
  for (const std::string& path : AllJobCases()) {
    const JobCase job_case = JobCase::Read(path);
    std::string text = *job_case.Find("spec");
    for (size_t at; (at = text.find("${dir}")) != std::string::npos;) text.replace(at, 6, "/tmp");
    const SourceBuffer spec("spec.yaml", text);
    CompileRequest request;
    request.spec = &spec;
    DiagnosticLog log;
    const std::optional<CompiledJob> job = CompileJob(request, engine.services(), log);
    if (!job) continue;
    std::set<std::string> names;
    for (const ChainPlan& chain : job->chained.chains) {
      const LoweredChain plain = LowerChain(chain, engine.symbols());
      const LoweredChain probed = LowerChain(chain, engine.symbols(), Probes::kAll);
      EXPECT_EQ(Shape(plain.layout), Shape(probed.layout)) << path;
      EXPECT_EQ(plain.functions, probed.functions) << path;
      if (std::ranges::any_of(plain.layout.taps, [](const TapLayout& tap) { return !tap.port; })) {
        ++probed_chains;
      }
      for (const TapLayout& tap : plain.layout.taps) {
        for (const TapView& view : tap.views) {
          names.insert(view.names.begin(), view.names.end());
          if (view.chain_plan.empty()) continue;
          ++views;
          const auto loaded = engine.loader().Load(view.chain_plan);
          ASSERT_TRUE(loaded) << path << " " << view.names[0] << ": " << loaded.error().message;
          const Status checked =
              CheckView((*loaded)->layout(), tap.schema, view.schema, tap.row_kinds);
          EXPECT_TRUE(checked) << path << " " << view.names[0] << ": " << checked.error().message;
        }
      }
      for (const UntappedStream& untapped : plain.layout.untapped) {
        names.insert(untapped.name);
        ++merged;
      }
    }
    // Each source and stream that is part of the job.
    for (const NamedStream& stream : job->logical.streams) {
      EXPECT_TRUE(names.contains(stream.name)) << path << " " << stream.name;
    }
  }
  EXPECT_GT(probed_chains, 20u);
  EXPECT_GT(views, 5u);
  EXPECT_LT(merged, views);
}

}  // namespace
}  // namespace flinkc
