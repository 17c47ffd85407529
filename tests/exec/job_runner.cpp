#include "tests/exec/job_runner.h"

#include <gtest/gtest.h>

#include <mutex>

#include "compiler/diagnostics/renderer.h"
#include "compiler/jit/hot_calls.h"
#include "compiler/lower/lower.h"
#include "tools/embedded/embedded_cluster.h"

namespace flinkc {

namespace {

constexpr char kSeparator = '\x1f';

std::unique_ptr<Engine> MakeEngine(bool jit) {
  EngineOptions options;
  options.jit = jit;
  Result<std::unique_ptr<Engine>> engine = Engine::Make(options);
  EXPECT_TRUE(engine) << engine.error().message;
  return *std::move(engine);
}

// Sends what every sink gets to the console, each line marked with the sink's name.
void PrintAllSinks(LogicalPlan& plan) {
  for (LogicalOperator& op : plan.operators) {
    if (auto* sink = op.As<SinkOp>()) {
      sink->descriptor.connector = "console";
      sink->descriptor.options = {{"prefix", sink->descriptor.name + kSeparator}};
      sink->descriptor.format = "json";
      sink->descriptor.format_options.clear();
    }
  }
}

// As `plan --level llvm-opt --cpu x86-64-v3` shows them: the same on every machine.
std::string HotCallsOf(Engine& engine, const std::vector<ChainPlan>& chains) {
  std::string text;
  for (const ChainPlan& chain : chains) {
    const LoweredChain lowered = LowerChain(chain, engine.symbols());
    const Result<std::string> ir =
        engine.jit()->Print(lowered.module, {.cpu = "x86-64-v3"}, CodeForm::kLlvmOptimized);
    if (!ir) return ir.error().message;
    const Result<std::vector<std::string>> calls = HotCalls(*ir);
    if (!calls) return calls.error().message;
    for (const std::string& call : *calls) text += call + "\n";
  }
  return text;
}

class ProbedLoader final : public ChainLoader {
 public:
  explicit ProbedLoader(Engine* engine)
      : loader_(&engine->registry(), &engine->symbols(), engine->jit()) {}
  Result<std::shared_ptr<const CompiledChain>> Load(std::string_view chain_plan) override {
    return loader_.LoadProbed(chain_plan);
  }

 private:
  CompilingChainLoader loader_;
};

class CapturedConsole {
 public:
  ConsoleWriter Writer() {
    return [this](std::string_view text) -> Status {
      std::lock_guard lock(mutex_);
      text_ += text;
      return {};
    };
  }

  const std::string& text() const { return text_; }

  void SplitInto(std::map<std::string, std::vector<std::string>>* outputs) const {
    size_t begin = 0;
    while (begin < text_.size()) {
      const size_t end = text_.find('\n', begin);
      const std::string line = text_.substr(begin, end - begin);
      const size_t separator = line.find(kSeparator);
      ASSERT_NE(separator, std::string::npos) << line;
      (*outputs)[line.substr(0, separator)].push_back(
          line.substr(separator + std::string_view("|> ").size()));
      begin = end + 1;
    }
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

}  // namespace

Engine& SharedEngine(bool jit) {
  static const std::unique_ptr<Engine> compiled = MakeEngine(true);
  static const std::unique_ptr<Engine> interpreted = MakeEngine(false);
  return jit ? *compiled : *interpreted;
}

RunOutcome RunSpec(const RunSetup& setup) {
  RunOutcome outcome;
  Engine& engine = SharedEngine(setup.jit);
  const SourceBuffer buffer(setup.spec_name, setup.spec);
  CompileRequest request;
  request.spec = &buffer;
  for (const auto& [name, value] : setup.params) {
    request.parse.parameters.push_back({name, value, ParamSpec::Origin::kCommandLine, {}});
  }
  for (const auto& [name, value] : setup.settings) request.settings.push_back({name, value});
  DiagnosticLog log;
  std::optional<CompiledJob> job = CompileJob(request, engine.services(), log);
  outcome.diagnostics = RenderDiagnostics(log, {DiagnosticFormat::kText, false});
  if (!job.has_value() || log.has_errors()) return outcome;
  outcome.logical_plan = Print(job->logical);
  outcome.optimized_plan = Print(job->optimized);
  if (setup.hot_calls) outcome.hot_calls = HotCallsOf(engine, job->chained.chains);
  if (!setup.run) return outcome;

  if (!setup.keep_sinks) PrintAllSinks(job->optimized);
  const ChainedJob chained = BuildJobGraph(job->optimized);
  CapturedConsole console;
  EmbeddedClusterOptions options;
  options.slots = EmbeddedCluster::SlotsFor(chained.graph);
  options.console = console.Writer();
  if (job->config.memory_size.has_value()) {
    options.memory_limit_bytes = static_cast<size_t>(*job->config.memory_size);
  }
  {
    ProbedLoader probed(&engine);
    ChainLoader& loader = setup.probed ? static_cast<ChainLoader&>(probed) : engine.loader();
    EmbeddedCluster cluster(&loader, std::move(options));
    Result<std::string> id = cluster.client().Submit(chained.graph);
    EXPECT_TRUE(id) << id.error().message;
    if (!id) return outcome;
    const JobStatus status = cluster.client().Wait(*id);
    outcome.state = status.state;
    outcome.error = status.error;
  }
  if (setup.keep_sinks) {
    outcome.console = console.text();
    return outcome;
  }
  for (const LogicalOperator& op : job->optimized.operators) {
    if (const auto* sink = op.As<SinkOp>()) outcome.outputs[sink->descriptor.name];
  }
  console.SplitInto(&outcome.outputs);
  return outcome;
}

}  // namespace flinkc
