#include "tools/application/application.h"

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#include "compiler/diagnostics/renderer.h"
#include "compiler/driver/compile_job.h"
#include "compiler/jit/object_cache.h"
#include "compiler/source/source_buffer.h"
#include "runtime/env/standard_output.h"
#include "tools/embedded/embedded_cluster.h"
#include "tools/embedded/engine.h"

namespace flinkc::application {

namespace {

constexpr std::chrono::milliseconds kPoll(10);

std::unexpected<Error> Failed(const flinkc::Error& error) {
  return std::unexpected(Error{error.message});
}

JobState StateOf(flinkc::JobState state) {
  switch (state) {
    case flinkc::JobState::kInitializing:
      return JobState::kInitializing;
    case flinkc::JobState::kCreated:
      return JobState::kCreated;
    case flinkc::JobState::kRunning:
      return JobState::kRunning;
    case flinkc::JobState::kFailing:
      return JobState::kFailing;
    case flinkc::JobState::kFailed:
      return JobState::kFailed;
    case flinkc::JobState::kCancelling:
      return JobState::kCancelling;
    case flinkc::JobState::kCanceled:
      return JobState::kCanceled;
    case flinkc::JobState::kFinished:
      return JobState::kFinished;
    case flinkc::JobState::kRestarting:
      return JobState::kRestarting;
  }
  return JobState::kFailed;
}

JobStatus StatusOf(const flinkc::JobStatus& status) {
  JobStatus shown;
  shown.state = StateOf(status.state);
  if (status.error) shown.failure = status.error->message;
  shown.source_rows = status.source_rows;
  return shown;
}

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

Result<JobGraph> Compile(const Job& job, const Engine& engine) {
  const SourceBuffer spec(job.name, job.spec);
  DiagnosticLog log;
  CompileRequest request;
  request.spec = &spec;
  request.parse.environment = Environment;
  for (const auto& [name, value] : job.parameters) {
    auto parameter = ParseParameterOption(name + "=" + value);
    if (!parameter) return Failed(parameter.error());
    request.parse.parameters.push_back(*std::move(parameter));
  }
  for (const auto& [name, value] : job.config) {
    auto setting = ParseConfigOption(name + "=" + value);
    if (!setting) return Failed(setting.error());
    request.settings.push_back(*std::move(setting));
  }
  std::optional<CompiledJob> compiled = CompileJob(request, engine.services(), log);
  if (log.has_errors() || !compiled) {
    return std::unexpected(Error{RenderDiagnostics(log, {})});
  }
  return std::move(compiled->chained.graph);
}

}  // namespace

struct JobClient::Running {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<EmbeddedCluster> cluster;
  std::string id;

  Result<std::string> Take(BarrierKind kind, const std::string& directory) const {
    AsyncOperation operation;
    operation.job_id = id;
    operation.kind = kind;
    operation.target = directory;
    JobGateway& gateway = cluster->gateway();
    const auto trigger = gateway.Trigger(operation);
    if (!trigger) return Failed(trigger.error());
    while (true) {
      const std::optional<AsyncOperation> found = gateway.FindOperation(id, *trigger);
      if (!found) return std::unexpected(Error{"the savepoint was forgotten"});
      if (found->completed && found->error) return Failed(*found->error);
      if (found->completed) return found->path;
      std::this_thread::sleep_for(kPoll);
    }
  }
};

JobClient::JobClient(std::unique_ptr<Running> running) : running_(std::move(running)) {}
JobClient::JobClient(JobClient&&) noexcept = default;
JobClient& JobClient::operator=(JobClient&&) noexcept = default;

JobClient::~JobClient() {
  if (running_ == nullptr) return;
  Cancel();
  static_cast<void>(Wait());
}

Result<JobClient> JobClient::Submit(const Job& job, const Options& options) {
  auto running = std::make_unique<Running>();
  EngineOptions engine_options;
  engine_options.jit = options.jit;
  engine_options.cache_directory = DefaultObjectCacheDirectory();
  auto engine = Engine::Make(engine_options);
  if (!engine) return Failed(engine.error());
  running->engine = *std::move(engine);
  const Result<JobGraph> graph = Compile(job, *running->engine);
  if (!graph) return std::unexpected(graph.error());

  EmbeddedClusterOptions cluster;
  cluster.slots = EmbeddedCluster::SlotsFor(*graph);
  cluster.memory_limit_bytes = options.memory_limit_bytes;
  cluster.version = FLINKC_VERSION;
  cluster.log = options.log;
  cluster.console = WriteStandardOutput;
  if (options.print) {
    cluster.console = [print = options.print](std::string_view text) -> Status {
      print(text);
      return {};
    };
  }
  running->cluster =
      std::make_unique<EmbeddedCluster>(&running->engine->loader(), std::move(cluster));
  if (options.rest_port) {
    HttpServerOptions rest;
    rest.port = *options.rest_port;
    // What else the process does is not ours to end.
    const Status started = running->cluster->StartRest(rest, [self = running.get()] {
      if (!self->id.empty()) self->cluster->client().Cancel(self->id);
    });
    if (!started) return Failed(started.error());
  }
  auto id = running->cluster->client().Submit(*graph);
  if (!id) return Failed(id.error());
  running->id = *std::move(id);
  return JobClient(std::move(running));
}

const std::string& JobClient::id() const { return running_->id; }

JobStatus JobClient::status() const {
  return StatusOf(running_->cluster->client().StatusOf(running_->id));
}

JobStatus JobClient::Wait() const {
  return StatusOf(running_->cluster->client().Wait(running_->id));
}

void JobClient::Cancel() const { running_->cluster->client().Cancel(running_->id); }

Result<std::string> JobClient::Savepoint(const std::string& directory) const {
  return running_->Take(BarrierKind::kSavepoint, directory);
}

Result<std::string> JobClient::Stop(const std::string& directory, bool drain) const {
  return running_->Take(drain ? BarrierKind::kStopWithDrain : BarrierKind::kStop, directory);
}

std::string JobClient::rest_url() const {
  return running_->cluster->rest() == nullptr ? "" : running_->cluster->rest()->url();
}

}  // namespace flinkc::application
