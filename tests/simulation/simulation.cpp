#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "runtime/base/random_bits.h"
#include "runtime/graph/barrier_kind.h"
#include "runtime/jobmanager/execution_graph.h"
#include "runtime/jobmanager/high_availability_store.h"
#include "runtime/jobmanager/job_manager.h"
#include "runtime/protocol/job_state.h"
#include "runtime/taskmanager/task_manager.h"
#include "tests/simulation/simulated_exchange.h"

namespace flinkc {

namespace {

constexpr char kClient[] = "client/simulation";
// I15. Far more than any seed needs, far less than for ever. A poll that finds nothing to do is an
// event too, and in a cluster there are many that may be polled.
constexpr int64_t kCalmEventsMax = 200'000;
constexpr int64_t kCalmEventsMaxOfCluster = 1'000'000;
// A TaskManager says that it is there every 200 ms.
constexpr HeartbeatOptions kHeartbeat{100'000, 500'000};

}  // namespace

// What is to be done later; done between two events, at the top of the stack.
class Simulation::Calendar final : public LoopActor {
 public:
  explicit Calendar(EventLoop* loop) : loop_(*loop) { loop_.Add(this, nullptr); }
  ~Calendar() override { loop_.Remove(this); }

  void In(int64_t micros, std::function<void()> task) {
    tasks_.emplace(loop_.now_micros() + micros, std::move(task));
  }
  void DoDue() {
    for (const std::function<void()>& task : std::exchange(due_, {})) task();
  }

  int64_t NextMicros() override { return tasks_.empty() ? INT64_MAX : tasks_.begin()->first; }
  void Run() override {
    due_.push_back(std::move(tasks_.begin()->second));
    tasks_.erase(tasks_.begin());
  }

 private:
  EventLoop& loop_;
  std::multimap<int64_t, std::function<void()>> tasks_;
  std::vector<std::function<void()>> due_;
};

// A process and its view of the disk.
struct Simulation::Process {
  Process(Simulation* simulation, const std::string& name)
      : loop(&simulation->loop_, name),
        files(&simulation->disk_, simulation, [this] { loop.Kill(); }) {}

  void Kill() {
    loop.Kill();
    files.Die();
  }

  LoopProcess loop;
  ObservedFiles files;
};

// The JobManager and the client, in a process.
struct Simulation::Manager {
  explicit Manager(std::shared_ptr<Process> in) : process(std::move(in)) {}

  // An error of the files: it ends at once.
  Status Start(Simulation* simulation) {
    client = process->loop.Serve(
        kClient,
        [simulation](const protocol::Envelope& envelope) { simulation->OnClientMessage(envelope); },
        nullptr, 0);
    JobManagerServices services;
    services.transport = &process->loop;
    services.connectors = &simulation->connectors_;
    services.files = &process->files;
    services.clock = &process->loop;
    services.log = [simulation](const std::string& line) { simulation->invariants_.OnLog(line); };
    services.random = [simulation] { return simulation->chance_.Bits(); };
    services.heartbeat = kHeartbeat;
    if (simulation->options_.keeps_jobs) {
      ASSIGN_OR_RETURN(kept_jobs, HighAvailabilityStore::Open(&process->files, "/ha"));
      ASSIGN_OR_RETURN(services.former, kept_jobs->Find());
      for (const std::string& damaged : services.former.damaged) {
        simulation->invariants_.Violate("I10: " + damaged);
      }
      services.kept_jobs = kept_jobs.get();
    }
    job_manager = std::make_unique<JobManager>(std::move(services));
    return {};
  }

  const std::shared_ptr<Process> process;
  std::unique_ptr<HighAvailabilityStore> kept_jobs;
  std::unique_ptr<Service> client;
  std::unique_ptr<JobManager> job_manager;
};

// A TaskManager, in a process of its own or in the JobManager's.
struct Simulation::Worker {
  Worker(Simulation* simulation, std::shared_ptr<Process> in, const std::string& id, uint32_t slots,
         uint32_t channel_capacity)
      : process(std::move(in)), loader(&simulation->world_) {
    TaskManagerServices services;
    if (simulation->is_cluster()) {
      exchange = std::make_unique<SimulatedExchange>(&process->loop, &simulation->loop_,
                                                     simulation->network_.get());
      services.exchange = exchange.get();
    }
    services.transport = &process->loop;
    services.loader = &loader;
    services.connectors = &simulation->connectors_;
    services.memory = &memory;
    services.clock = &process->loop;
    services.files = &process->files;
    services.threads = &process->loop;
    services.random =
        simulation->mutator_.NameBits([simulation] { return simulation->chance_.Bits(); });
    TaskManagerOptions options;
    options.id = id;
    options.slots = slots;
    options.channel_capacity = channel_capacity;
    if (simulation->is_cluster()) options.data_address = "simulated:" + id;
    task_manager = std::make_unique<TaskManager>(std::move(options), std::move(services));
  }

  const std::shared_ptr<Process> process;
  MemoryPool memory;
  ToyLoader loader;
  std::unique_ptr<SimulatedExchange> exchange;
  std::unique_ptr<TaskManager> task_manager;
};

Simulation::Simulation(uint64_t seed, size_t trace_lines, Mutation mutation)
    : chance_(seed),
      trace_(trace_lines),
      options_(&chance_, mutation),
      workload_(options_.two_sources, options_.with_apart, &chance_),
      disk_(chance_.Bits()),
      mutator_(mutation, &disk_),
      mutator_files_(&disk_, this, nullptr),
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
  world_.watermark_interval_micros = options_.watermark_interval_millis * 1000;
  world_.violate = [this](const std::string& what) {
    // What a process does after its death is seen by nobody.
    if (!disk_.crashed()) invariants_.Violate(what);
  };
  invariants_.Expect("rows", workload_.ExpectedRows());
  if (options_.with_windows) invariants_.Expect("windows", workload_.ExpectedWindows());
  if (options_.with_total) invariants_.Expect("total", workload_.ExpectedTotal());
  if (options_.with_apart) invariants_.Expect("apart", workload_.ExpectedApart());
  loop_.SetOptions(options_.loop);
  loop_.SetSendFilter([this](protocol::Envelope& envelope) {
    mutator_.OnSend(envelope, connectors_, mutator_files_);
    invariants_.OnSend(envelope);
    return !(faulty_ && MayLose(envelope) && chance_.Happens(options_.message_lost));
  });
  disk_.SetFaults(options_.faults);
  SetToyWorld(&world_);
}

Simulation::~Simulation() {
  if (manager_ != nullptr) manager_->process->Kill();
  for (const auto& [id, worker] : workers_) worker->process->Kill();
  workers_.clear();
  manager_.reset();
  calendar_.reset();
  network_.reset();
}

// What the protocol makes good: all else is lost only together with the process at one end.
bool Simulation::MayLose(const protocol::Envelope& envelope) const {
  return envelope.has_trigger_checkpoint() || envelope.has_acknowledge_checkpoint() ||
         envelope.has_checkpoint_ended() || envelope.has_task_progress_report();
}

ToyJobOptions Simulation::DrawJob() {
  ++starts_;
  start_ = DrawStart(options_, start_ ? &*start_ : nullptr, &chance_);
  trace_.Note("---- start {}: {}", starts_, start_->ToString());
  ToyJobOptions job;
  job.two_sources = options_.two_sources;
  job.with_total = options_.with_total;
  job.with_windows = options_.with_windows;
  job.with_apart = options_.with_apart;
  job.own_slots = options_.own_slots;
  job.partitioned = options_.partitioned;
  job.parallelism = start_->parallelism;
  job.config = options_.config;
  if (starts_ > 1) job.config["execution.state-recovery.path"] = "latest";
  return job;
}

void Simulation::StartAll() {
  calendar_ = std::make_unique<Calendar>(&loop_);
  mutator_.OnProcessStart();
  // Kept by the JobManager that was there before, which is the same job still.
  const bool is_kept = options_.keeps_jobs && !submission_.job_graph().empty() && !job_ended_;
  ToyJobOptions job;
  if (!is_kept) job = DrawJob();
  if (is_cluster()) {
    network_ = std::make_unique<Network>(&loop_, &chance_, &trace_);
    if (faulty_) network_->SetFrameFaults(options_.frame_faults);
    for (uint32_t i = 0; i < options_.task_managers; ++i) StartWorker(fmt::format("t{}", i));
  }
  if (!is_kept) PrepareSubmission(std::move(job), true);
  StartManager();
  if (is_cluster()) return;
  workers_["t"] = std::make_unique<Worker>(this, manager_->process, "t",
                                           ExecutionGraph(MakeToyGraph(job)).required_slots(),
                                           start_->channel_capacity);
}

void Simulation::StartManager() {
  trace_.Note("---- the JobManager is started");
  const auto process = std::make_shared<Process>(this, Network::kJobManager);
  manager_ = std::make_unique<Manager>(process);
  if (Status started = manager_->Start(this); !started || process->loop.is_dead()) {
    trace_.Note("---- it ends: {}", started ? "killed" : started.error().message);
    process->Kill();
    manager_.reset();
    calendar_->In(FaultMicros(), [this] { StartManager(); });
    return;
  }
  if (network_ != nullptr) network_->Add(&process->loop);
  AskForJob();
}

void Simulation::StartWorker(const std::string& id) {
  trace_.Note("---- {} is started", id);
  const auto process = std::make_shared<Process>(this, id);
  if (chance_.Happens(0.3)) process->loop.SetClockAhead(options_.clock_ahead_micros);
  workers_[id] =
      std::make_unique<Worker>(this, process, id, SlotsOfWorker(), start_->channel_capacity);
  network_->Add(&process->loop);
}

// Enough for the job at any parallelism: in each, or in all together.
uint32_t Simulation::SlotsOfWorker() const {
  ToyJobOptions largest;
  largest.two_sources = options_.two_sources;
  largest.with_total = options_.with_total;
  largest.with_windows = options_.with_windows;
  largest.with_apart = options_.with_apart;
  largest.own_slots = options_.own_slots;
  const uint32_t most = options_.parallelism_max;
  uint32_t slots = 0;
  // What is chained takes fewer: the sinks by themselves take the most.
  for (const uint32_t sinks : {most, std::max(most, 2u) - 1}) {
    largest.parallelism = {{most, most}, most, sinks, sinks, {most, sinks}};
    slots = std::max(slots, ExecutionGraph(MakeToyGraph(largest)).required_slots());
  }
  if (options_.own_slots) slots = std::max(slots, (options_.with_apart ? 8 : 6) * most);
  if (options_.has_spare_slots) return slots;
  return (slots + options_.task_managers - 1) / options_.task_managers;
}

void Simulation::SendToManager(protocol::Envelope envelope) {
  envelope.set_from(kClient);
  envelope.set_to(JobManager::kAddress);
  manager_->process->loop.Send(std::move(envelope));
}

void Simulation::PrepareSubmission(ToyJobOptions job, bool all_new) {
  ChooseSavepoint(&job.config, all_new);
  job_ended_ = false;
  job_id_.clear();
  submission_.set_job_id(RandomHex([this] { return chance_.Bits(); }, 32));
  submission_.set_job_graph(Serialize(MakeToyGraph(job)));
}

// Who has heard that it was taken in asks how it stands; who has not says it again.
void Simulation::AskForJob() {
  protocol::Envelope envelope;
  asked_ = ++requests_;
  if (job_id_.empty()) {
    *envelope.mutable_submit_job() = submission_;
    envelope.mutable_submit_job()->set_request_id(asked_);
  } else {
    envelope.mutable_describe_jobs()->set_job_id(job_id_);
    envelope.mutable_describe_jobs()->set_request_id(asked_);
  }
  SendToManager(std::move(envelope));
}

// What the user, who has stopped the job or wants to go back in time, gives to the next start;
// again until the job has a checkpoint of its own. Nobody goes back in time, or damages a disk,
// while tasks of the job may be running still.
void Simulation::ChooseSavepoint(std::map<std::string, std::string>* config, bool all_new) {
  disk_.SetFaults({});
  if (faulty_ && all_new && chance_.Happens(options_.damage)) invariants_.DamageNewest(&chance_);
  bool stopped = false;
  if (!stopped_with_.empty()) {
    savepoint_ = std::exchange(stopped_with_, "");
    stopped = true;
  } else if (invariants_.newest() > newest_before_savepoint_) {
    savepoint_.clear();
  }
  const std::vector<std::string> all = invariants_.Savepoints();
  if (faulty_ && all_new && starts_ > 1 && !all.empty() && chance_.Happens(options_.go_back)) {
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
  trace_.Note("---- everything goes down");
  if (manager_ != nullptr) manager_->process->Kill();
  for (const auto& [id, worker] : workers_) worker->process->Kill();
  disk_.CrashAfter(0);
  calendar_.reset();
  workers_.clear();
  manager_.reset();
  network_.reset();
  loop_.DropAllMessages();
  loses ? disk_.Restart() : disk_.RestartWithoutLoss();
  invariants_.OnRestart(loses);
}

Simulation::Process* Simulation::Find(const std::string& name) {
  if (name == Network::kJobManager) return manager_ == nullptr ? nullptr : manager_->process.get();
  const auto worker = workers_.find(name);
  return worker == workers_.end() ? nullptr : worker->second->process.get();
}

void Simulation::Kill(const std::string& name) {
  Process* const process = Find(name);
  if (process == nullptr) return;
  ++kills_;
  trace_.Note("---- {} is killed", name);
  process->Kill();
  if (name == Network::kJobManager) {
    invariants_.OnZombies();
    const std::shared_ptr<Process> kept = manager_->process;
    manager_.reset();
    network_->OnKilled(&kept->loop);
    calendar_->In(FaultMicros(), [this] {
      if (!options_.keeps_jobs && !finished_) PrepareSubmission(DrawJob(), false);
      StartManager();
    });
  } else {
    const std::shared_ptr<Process> kept = workers_.at(name)->process;
    workers_.erase(name);
    network_->OnKilled(&kept->loop);
    calendar_->In(FaultMicros(), [this, name] { StartWorker(name); });
  }
}

void Simulation::OnClientMessage(const protocol::Envelope& envelope) {
  if (disk_.crashed()) return;  // what the code of a dead process would still say
  const protocol::SubmitJobReply& reply = envelope.submit_job_reply();
  if (envelope.has_submit_job_reply() && reply.request_id() == asked_) {
    if (!reply.has_error()) {
      job_id_ = reply.job_id();
      AskForJob();  // it may have been taken in long ago, and be over
    } else if (options_.keeps_jobs) {
      // It could not be kept. The last such answer may come when the faults are over.
      trace_.Note("---- refused: {}", reply.error().message());
      calendar_->In(FaultMicros(), [this] {
        if (manager_ != nullptr && job_id_.empty()) AskForJob();
      });
    } else {
      invariants_.Violate("refused: " + reply.error().message());
    }
  }
  if (envelope.has_job_update() && envelope.job_update().job_id() == submission_.job_id()) {
    OnJobState(static_cast<JobState>(envelope.job_update().state()),
               envelope.job_update().error().message());
  }
  const protocol::DescribeJobsReply& described = envelope.describe_jobs_reply();
  if (!envelope.has_describe_jobs_reply() || described.request_id() != asked_) return;
  if (described.jobs().empty() && invariants_.result_lost()) {
    return OnJobState(JobState::kFailed, "how it has ended is not known");
  }
  if (described.jobs().empty()) {
    return invariants_.Violate("I10: a job that was taken in is not known any more");
  }
  const protocol::JobDescription& job = described.jobs(0);
  OnJobState(static_cast<JobState>(job.state()),
             job.failures().empty() ? "" : job.failures(0).message());
}

void Simulation::OnJobState(JobState state, const std::string& reason) {
  if (!IsTerminal(state) || job_ended_) return;
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

std::string Simulation::AnyProcess() {
  if (chance_.Happens(options_.job_manager_share)) return Network::kJobManager;
  return fmt::format("t{}", chance_.Below(options_.task_managers));
}

// Of a cluster.
void Simulation::BreakSomething() {
  if (chance_.Happens(options_.kill)) Kill(AnyProcess());
  if (chance_.Happens(options_.kill_in_io)) {
    if (Process* const process = Find(AnyProcess())) process->files.DieAfter(1 + chance_.Below(60));
  }
  if (chance_.Happens(options_.pause)) {
    const std::string name = AnyProcess();
    if (Process* const process = Find(name)) {
      trace_.Note("---- {} is stopped", name);
      invariants_.OnZombies();
      process->loop.SetPaused(true);
      calendar_->In(FaultMicros(), [this, name] {
        trace_.Note("---- {} goes on", name);
        if (Process* const paused = Find(name)) paused->loop.SetPaused(false);
      });
    }
  }
  const auto any_pair = [this](const auto& harm) {
    const std::string a = AnyProcess(), b = AnyProcess();
    if (a != b) harm(a, b);
  };
  if (chance_.Happens(options_.cut)) {
    any_pair([this](const std::string& a, const std::string& b) {
      trace_.Note("---- {} and {} are cut off from each other", a, b);
      invariants_.OnZombies();
      network_->Cut(a, b);
      calendar_->In(FaultMicros(), [this, a, b] {
        trace_.Note("---- {} and {} reach each other again", a, b);
        network_->Mend(a, b);
      });
    });
  }
  if (chance_.Happens(options_.reset)) {
    any_pair([this](const std::string& a, const std::string& b) {
      trace_.Note("---- the connections of {} and {} are reset", a, b);
      network_->Break(a, b);
    });
  }
}

// What a user asks for.
void Simulation::AskSomething() {
  if (job_id_.empty() || manager_ == nullptr) return;
  if (chance_.Happens(options_.cancel)) {
    protocol::Envelope envelope;
    envelope.mutable_cancel_job()->set_job_id(job_id_);
    SendToManager(std::move(envelope));
  }
  const auto request = [this](BarrierKind kind) {
    protocol::Envelope envelope;
    protocol::RequestCheckpoint& checkpoint = *envelope.mutable_request_checkpoint();
    checkpoint.set_job_id(job_id_);
    checkpoint.set_request_id(++requests_);
    checkpoint.set_kind(static_cast<uint32_t>(kind));
    SendToManager(std::move(envelope));
  };
  if (chance_.Happens(options_.savepoint)) {
    request(chance_.OneOf({BarrierKind::kCheckpoint, BarrierKind::kSavepoint}));
  }
  if (chance_.Happens(options_.stop)) request(BarrierKind::kStop);
  if (chance_.Happens(options_.rescale)) AskForParallelism();
}

void Simulation::AskForParallelism() {
  const Result<JobGraph> graph = DeserializeJobGraph(submission_.job_graph());
  if (!graph) return invariants_.Violate(graph.error().message);
  protocol::Envelope envelope;
  protocol::UpdateRequirements& update = *envelope.mutable_update_requirements();
  update.set_job_id(job_id_);
  update.set_request_id(++requests_);
  for (const JobVertex& vertex : graph->vertices) {
    // In one process there are as many slots as the job was submitted for.
    const int64_t most =
        is_cluster() && vertex.parallelism > 1 ? options_.parallelism_max : vertex.parallelism;
    const int64_t upper = chance_.Between(1, most);
    protocol::ResourceRequirements::Range& range = *update.mutable_requirements()->add_ranges();
    range.set_vertex(vertex.id.value());
    range.set_lower(static_cast<uint32_t>(chance_.Between(1, upper)));
    range.set_upper(static_cast<uint32_t>(upper));
  }
  SendToManager(std::move(envelope));
}

void Simulation::Step() {
  loop_.Step();
  if (disk_.crashed()) return Crash(chance_.Happens(options_.crash_is_power_cut));
  calendar_->DoDue();
  std::vector<std::string> died;
  if (is_cluster()) {
    if (manager_ != nullptr && manager_->process->loop.is_dead()) died = {Network::kJobManager};
    for (const auto& [id, worker] : workers_) {
      if (worker->process->loop.is_dead()) died.push_back(id);
    }
  }
  for (const std::string& name : died) Kill(name);
}

void Simulation::StepWithFaults() {
  if (chance_.Happens(options_.crash)) return Crash(chance_.Happens(options_.crash_is_power_cut));
  if (chance_.Happens(options_.crash_in_io)) disk_.CrashAfter(chance_.Below(60));
  if (chance_.Happens(options_.io_fails_once)) {
    disk_.FailAfter(chance_.Below(40), chance_.Happens(0.5) ? ErrorCode::kIo : ErrorCode::kNoSpace);
  }
  if (is_cluster()) BreakSomething();
  AskSomething();
  Step();
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
  if (network_ != nullptr) {
    network_->SetFrameFaults(0);
    network_->MendAll();
  }
  std::vector<Process*> processes;
  if (manager_ != nullptr) processes.push_back(manager_->process.get());
  for (const auto& [id, worker] : workers_) processes.push_back(worker->process.get());
  for (Process* const process : processes) {
    process->loop.SetPaused(false);
    process->files.DieAfter(INT64_MAX);
  }
}

RunResult Simulation::Run() {
  const auto done = [this] { return finished_ || invariants_.violation().has_value(); };
  // A job that has ended and not finished, and processes that are not there, are started again.
  const auto go_on = [&] {
    if (done()) return;
    if (job_ended_ && !is_cluster()) Crash(false);
    if (calendar_ == nullptr) StartAll();
    if (job_ended_ && manager_ != nullptr) {
      PrepareSubmission(DrawJob(), false);
      AskForJob();
    }
  };
  StartAll();
  for (int64_t i = 0; !done() && i < options_.safety_events; ++i) {
    StepWithFaults();
    go_on();
  }
  StopFaults();
  const int64_t calm_events_max = is_cluster() ? kCalmEventsMaxOfCluster : kCalmEventsMax;
  for (int64_t i = 0; !done() && i < calm_events_max; ++i) {
    Step();
    go_on();
  }
  if (!done()) invariants_.Violate("I15: the job does not end, although nothing goes wrong");
  // What was told to be finished lasts.
  if (calendar_ != nullptr) Crash(true);
  if (!invariants_.violation()) invariants_.CheckAllOutput();

  RunResult result;
  result.violation = invariants_.violation();
  result.trace_hash = trace_.hash();
  result.events = trace_.events();
  result.completed = invariants_.completed();
  result.crashes = crashes_;
  result.kills = kills_;
  result.starts = starts_;
  result.rescales = invariants_.rescales();
  result.failovers = invariants_.failovers();
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
