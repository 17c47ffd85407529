#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "runtime/graph/barrier_kind.h"
#include "runtime/jobmanager/execution_graph.h"
#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

constexpr char kClient[] = "client/simulation";
// I15. Far more than any seed needs, far less than for ever.
constexpr int64_t kCalmEventsMax = 200'000;

}  // namespace

// What dies at a crash.
struct Simulation::Process {
  Process(Simulation* simulation, const ToyJobOptions& job, uint32_t channel_capacity)
      : files(&simulation->disk_, simulation), loader(&simulation->world_) {
    const RandomBits random = [simulation] { return simulation->chance_.Bits(); };
    client = simulation->loop_.Serve(
        kClient,
        [simulation](const protocol::Envelope& envelope) { simulation->OnClientMessage(envelope); },
        nullptr, 0);
    JobManagerServices manager;
    manager.transport = &simulation->loop_;
    manager.connectors = &simulation->connectors_;
    manager.files = &files;
    manager.clock = &simulation->loop_;
    manager.log = [simulation](const std::string& line) { simulation->invariants_.OnLog(line); };
    manager.random = random;
    job_manager = std::make_unique<JobManager>(std::move(manager));
    TaskManagerServices services;
    services.transport = &simulation->loop_;
    services.loader = &loader;
    services.connectors = &simulation->connectors_;
    services.memory = &memory;
    services.clock = &simulation->loop_;
    services.files = &files;
    services.threads = &simulation->loop_;
    services.random = simulation->mutator_.NameBits(random);
    TaskManagerOptions options;
    options.id = "t";
    options.slots = ExecutionGraph(MakeToyGraph(job)).required_slots();
    options.channel_capacity = channel_capacity;
    task_manager = std::make_unique<TaskManager>(std::move(options), std::move(services));
  }

  MemoryPool memory;
  ObservedFiles files;
  ToyLoader loader;
  std::unique_ptr<Service> client;
  std::unique_ptr<JobManager> job_manager;
  std::unique_ptr<TaskManager> task_manager;
};

Simulation::Simulation(uint64_t seed, size_t trace_lines, Mutation mutation)
    : chance_(seed),
      trace_(trace_lines),
      options_(&chance_),
      workload_(options_.two_sources, &chance_),
      disk_(chance_.Bits()),
      mutator_(mutation, &disk_),
      invariants_(&workload_, &disk_, &trace_),
      loop_(&chance_, &trace_),
      connectors_(ToyConnectors()) {
  world_.workload = &workload_;
  world_.chance = &chance_;
  world_.source_fails = options_.source_fails;
  world_.loop_fails = options_.loop_fails;
  world_.source_has_nothing = options_.source_has_nothing;
  world_.batch_rows_max = options_.batch_rows_max;
  world_.assigns_all_at_start = options_.assigns_all_at_start;
  world_.violate = [this](const std::string& what) {
    // What a process does after its death is seen by nobody.
    if (!disk_.crashed()) invariants_.Violate(what);
  };
  invariants_.Expect("rows", workload_.ExpectedRows());
  if (options_.with_windows) invariants_.Expect("windows", workload_.ExpectedWindows());
  if (options_.with_total) invariants_.Expect("total", workload_.ExpectedTotal());
  loop_.SetOptions(options_.loop);
  loop_.SetSendFilter([this](protocol::Envelope& envelope) {
    if (process_ != nullptr) mutator_.OnSend(envelope, connectors_, process_->files);
    invariants_.OnSend(envelope);
    return !(faulty_ && MayLose(envelope) && chance_.Happens(options_.message_lost));
  });
  disk_.SetFaults(options_.faults);
  SetToyWorld(&world_);
}

Simulation::~Simulation() {
  loop_.Kill();
  process_.reset();
}

// What the protocol makes good: all else is lost only together with the process at one end.
bool Simulation::MayLose(const protocol::Envelope& envelope) const {
  return envelope.has_trigger_checkpoint() || envelope.has_acknowledge_checkpoint() ||
         envelope.has_checkpoint_ended() || envelope.has_task_progress_report();
}

void Simulation::StartProcess() {
  ++starts_;
  start_ = DrawStart(options_, start_ ? &*start_ : nullptr, &chance_);
  trace_.Note("---- start {}: {}", starts_, start_->ToString());
  ToyJobOptions job;
  job.two_sources = options_.two_sources;
  job.with_total = options_.with_total;
  job.with_windows = options_.with_windows;
  job.own_slots = options_.own_slots;
  job.partitioned = options_.partitioned;
  job.parallelism = start_->parallelism;
  job.config = options_.config;
  if (starts_ > 1) job.config["execution.state-recovery.path"] = "latest";
  ChooseSavepoint(&job.config);
  job_ended_ = false;
  job_id_.clear();
  mutator_.OnProcessStart();
  process_ = std::make_unique<Process>(this, job, start_->channel_capacity);
  protocol::Envelope envelope;
  envelope.set_from(kClient);
  envelope.set_to(JobManager::kAddress);
  envelope.mutable_submit_job()->set_job_graph(Serialize(MakeToyGraph(job)));
  loop_.Send(std::move(envelope));
}

// What the user, who has stopped the job or wants to go back in time, gives to the next start;
// again until the job has a checkpoint of its own.
void Simulation::ChooseSavepoint(std::map<std::string, std::string>* config) {
  disk_.SetFaults({});
  if (faulty_ && chance_.Happens(options_.damage)) invariants_.DamageNewest(&chance_);
  bool stopped = false;
  if (!stopped_with_.empty()) {
    savepoint_ = std::exchange(stopped_with_, "");
    stopped = true;
  } else if (invariants_.newest() > newest_before_savepoint_) {
    savepoint_.clear();
  }
  const std::vector<std::string> all = invariants_.Savepoints();
  if (faulty_ && starts_ > 1 && !all.empty() && chance_.Happens(options_.go_back)) {
    savepoint_ = all[static_cast<size_t>(chance_.Below(static_cast<int64_t>(all.size())))];
    stopped = false;
  }
  if (!savepoint_.empty()) {
    const bool claims = chance_.Happens(0.5);
    invariants_.GoBackTo(savepoint_, claims, stopped);
    newest_before_savepoint_ = invariants_.newest();
    (*config)["execution.state-recovery.path"] = savepoint_;
    (*config)["execution.state-recovery.claim-mode"] = claims ? "CLAIM" : "NO_CLAIM";
  }
  if (faulty_) disk_.SetFaults(options_.faults);
}

void Simulation::Crash(bool loses) {
  ++crashes_;
  loop_.Kill();
  disk_.CrashAfter(0);
  process_.reset();
  loses ? disk_.Restart() : disk_.RestartWithoutLoss();
  loop_.Revive();
  invariants_.OnRestart(loses);
}

void Simulation::OnClientMessage(const protocol::Envelope& envelope) {
  if (envelope.has_submit_job_reply()) {
    job_id_ = envelope.submit_job_reply().job_id();
    if (envelope.submit_job_reply().has_error()) {
      invariants_.Violate("refused: " + envelope.submit_job_reply().error().message());
    }
  }
  if (!envelope.has_job_update()) return;
  const auto state = static_cast<JobState>(envelope.job_update().state());
  if (!IsTerminal(state)) return;
  const std::string& reason = envelope.job_update().error().message();
  trace_.Note("---- the job is {}: {}", Name(state), reason);
  // Told to whoever asks for the newest checkpoint of a job that was stopped.
  constexpr std::string_view kUse = "use --from-savepoint ";
  if (const size_t use = reason.find(kUse); use != std::string::npos) {
    stopped_with_ = reason.substr(use + kUse.size());
  }
  if (state == JobState::kFinished && !invariants_.StoppedWith().empty()) {
    stopped_with_ = invariants_.StoppedWith();
  } else if (state == JobState::kFinished) {
    finished_ = true;
    invariants_.OnFinished();
  }
  job_ended_ = true;
}

void Simulation::StepWithFaults() {
  if (chance_.Happens(options_.crash)) return Crash(chance_.Happens(options_.crash_is_power_cut));
  if (chance_.Happens(options_.crash_in_io)) disk_.CrashAfter(chance_.Below(60));
  if (chance_.Happens(options_.io_fails_once)) {
    disk_.FailAfter(chance_.Below(40), chance_.Happens(0.5) ? ErrorCode::kIo : ErrorCode::kNoSpace);
  }
  if (!job_id_.empty() && chance_.Happens(options_.cancel)) {
    protocol::Envelope envelope;
    envelope.set_from(kClient);
    envelope.set_to(JobManager::kAddress);
    envelope.mutable_cancel_job()->set_job_id(job_id_);
    loop_.Send(std::move(envelope));
  }
  if (!job_id_.empty() && chance_.Happens(options_.savepoint)) {
    protocol::Envelope envelope;
    envelope.set_from(kClient);
    envelope.set_to(JobManager::kAddress);
    protocol::RequestCheckpoint& request = *envelope.mutable_request_checkpoint();
    request.set_job_id(job_id_);
    request.set_request_id(++requests_);
    request.set_kind(
        static_cast<uint32_t>(chance_.OneOf({BarrierKind::kCheckpoint, BarrierKind::kSavepoint})));
    loop_.Send(std::move(envelope));
  }
  if (!job_id_.empty() && chance_.Happens(options_.stop)) {
    protocol::Envelope envelope;
    envelope.set_from(kClient);
    envelope.set_to(JobManager::kAddress);
    protocol::RequestCheckpoint& request = *envelope.mutable_request_checkpoint();
    request.set_job_id(job_id_);
    request.set_request_id(++requests_);
    request.set_kind(static_cast<uint32_t>(BarrierKind::kStop));
    loop_.Send(std::move(envelope));
  }
  loop_.Step();
  if (disk_.crashed()) Crash(chance_.Happens(options_.crash_is_power_cut));
}

void Simulation::StopFaults() {
  trace_.Note("---- nothing goes wrong any more");
  faulty_ = false;
  invariants_.OnCalm();
  disk_.SetFaults({});
  disk_.CrashAfter(INT64_MAX / 2);
  disk_.FailAfter(INT64_MAX / 2, ErrorCode::kIo);
  world_.source_fails = world_.loop_fails = 0;
  LoopOptions healthy = options_.loop;
  healthy.tick_micros_max = 20;
  healthy.delay_micros_max = std::min<int64_t>(healthy.delay_micros_max, 500);
  healthy.background_micros_max = std::min<int64_t>(healthy.background_micros_max, 500);
  loop_.SetOptions(healthy);
}

RunResult Simulation::Run() {
  const auto done = [this] { return finished_ || invariants_.violation().has_value(); };
  StartProcess();
  for (int64_t i = 0; !done() && i < options_.safety_events; ++i) {
    StepWithFaults();
    if (job_ended_ && !finished_) Crash(false);
    if (process_ == nullptr && !done()) StartProcess();
  }
  StopFaults();
  for (int64_t i = 0; !done() && i < kCalmEventsMax; ++i) {
    loop_.Step();
    if (job_ended_ && !finished_) Crash(false);
    if (process_ == nullptr && !done()) StartProcess();
  }
  if (!done()) invariants_.Violate("I15: the job does not end, although nothing goes wrong");
  // What was told to be finished lasts.
  if (process_ != nullptr) Crash(true);
  if (!invariants_.violation()) invariants_.CheckAllOutput();

  RunResult result;
  result.violation = invariants_.violation();
  result.trace_hash = trace_.hash();
  result.events = trace_.events();
  result.completed = invariants_.completed();
  result.crashes = crashes_;
  result.starts = starts_;
  result.options = options_.ToString();
  result.trace = fmt::format("{}", fmt::join(trace_.lines(), "\n"));
  return result;
}

// FileSinkWriter::Persist holds a lock while it syncs.
void Simulation::OnOperation(const std::string& synced_path) {
  loop_.Interleave(!synced_path.starts_with("/out/"));
}
void Simulation::OnCreate(const std::string& path, bool done) {
  if (!disk_.crashed()) invariants_.OnCreate(path, done);
}
void Simulation::OnRename(const std::string& from, const std::string& to, bool done) {
  // The crash may have come between the rename and its end.
  invariants_.OnRename(from, to, done);
}
void Simulation::OnRemove(const std::string& path, bool done) {
  if (!disk_.crashed()) invariants_.OnRemove(path, done);
}
void Simulation::OnSyncDirectory(const std::string& path, bool done) {
  if (!disk_.crashed()) invariants_.OnSyncDirectory(path, done);
}

}  // namespace flinkc
