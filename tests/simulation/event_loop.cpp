#include "tests/simulation/event_loop.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

enum Event : uint64_t { kMessage = 1, kTimer, kPoll, kBackground, kSent, kLost, kActor };

// Events within an event within an event.
constexpr int kDepthMax = 3;

constexpr char kHeartbeats[] = "heartbeats";

}  // namespace

class EventLoop::LoopService final : public Service {
 public:
  LoopService(EventLoop* loop, const LoopProcess* process, std::string address,
              std::function<void(const protocol::Envelope&)> on_message,
              std::function<void()> on_timer, int64_t timer_micros)
      : process(*process),
        address(std::move(address)),
        on_message(std::move(on_message)),
        on_timer(std::move(on_timer)),
        timer_micros(timer_micros),
        next_timer_micros(timer_micros > 0 ? loop->now_micros_ + timer_micros : INT64_MAX),
        loop_(loop) {
    loop_->services_.push_back(this);
  }
  ~LoopService() override { std::erase(loop_->services_, this); }

  const LoopProcess& process;
  const std::string address;
  const std::function<void(const protocol::Envelope&)> on_message;
  const std::function<void()> on_timer;
  const int64_t timer_micros;
  int64_t next_timer_micros;
  bool busy = false;

 private:
  EventLoop* const loop_;
};

class EventLoop::LoopWorker final : public RunningWorker {
 public:
  LoopWorker(EventLoop* loop, const LoopProcess* process, std::shared_ptr<Worker> worker)
      : process(*process),
        worker(std::move(worker)),
        number(loop->workers_started_++),
        loop_(loop) {
    loop_->workers_.push_back(this);
  }
  ~LoopWorker() override {
    std::erase(loop_->workers_, this);
    worker->RunCommands();
  }

  const LoopProcess& process;
  const std::shared_ptr<Worker> worker;
  const uint64_t number;
  uint64_t idle_since = 0;  // the loop's activity when a poll found nothing to do
  int64_t wake_at_micros = INT64_MAX;
  bool busy = false;

 private:
  EventLoop* const loop_;
};

class EventLoop::LoopBackground final : public BackgroundTasks {
 public:
  LoopBackground(EventLoop* loop, const LoopProcess* process) : process(*process), loop_(loop) {
    loop_->backgrounds_.push_back(this);
  }
  ~LoopBackground() override {
    std::erase(loop_->backgrounds_, this);
    while (!process.is_dead() && !tasks.empty()) {
      tasks.front().second();
      tasks.pop_front();
    }
  }
  void Run(std::function<void()> task) override {
    const int64_t wait = loop_->chance_.Below(loop_->options_.background_micros_max + 1);
    tasks.emplace_back(loop_->now_micros_ + wait, std::move(task));
  }

  const LoopProcess& process;
  std::deque<std::pair<int64_t, std::function<void()>>> tasks;  // when it may begin
  bool busy = false;

 private:
  EventLoop* const loop_;
};

LoopProcess::LoopProcess(EventLoop* loop, std::string name) : loop_(loop), name_(std::move(name)) {}

LoopProcess::~LoopProcess() {
  const auto is_ours = [this](const auto* part) { return &part->process == this; };
  CHECK(std::ranges::none_of(loop_->services_, is_ours) &&
        std::ranges::none_of(loop_->workers_, is_ours) &&
        std::ranges::none_of(loop_->backgrounds_, is_ours));
}

// Only services are listened to.
void LoopProcess::Listen(const std::string&, Handler) { CHECK(false); }
void LoopProcess::Unlisten(const std::string&) { CHECK(false); }

void LoopProcess::Send(protocol::Envelope envelope) {
  if (!dead_) loop_->Send(*this, std::move(envelope));
}

void LoopProcess::Disconnect(const std::string& address, const std::string& reason) {
  if (!dead_ && loop_->network_ != nullptr) loop_->network_->Disconnect(name_, address, reason);
}

std::unique_ptr<Service> LoopProcess::Serve(
    const std::string& address, std::function<void(const protocol::Envelope&)> on_message,
    std::function<void()> on_timer, int64_t timer_micros) {
  return std::make_unique<EventLoop::LoopService>(loop_, this, address, std::move(on_message),
                                                  std::move(on_timer), timer_micros);
}

std::unique_ptr<RunningWorker> LoopProcess::StartWorker(std::shared_ptr<Worker> worker,
                                                        const Clock*, std::string) {
  return std::make_unique<EventLoop::LoopWorker>(loop_, this, std::move(worker));
}

std::unique_ptr<BackgroundTasks> LoopProcess::StartBackground(const char*) {
  return std::make_unique<EventLoop::LoopBackground>(loop_, this);
}

int64_t LoopProcess::NowMicros() const { return loop_->now_micros_ + ahead_micros_; }
int64_t LoopProcess::MonotonicNanos() const { return loop_->now_micros_ * 1000; }

EventLoop::EventLoop(Chance* chance, Trace* trace) : chance_(*chance), trace_(*trace) {}
EventLoop::~EventLoop() {
  CHECK(services_.empty() && workers_.empty() && backgrounds_.empty() && actors_.empty());
}

void EventLoop::Remove(LoopActor* actor) {
  std::erase_if(actors_, [actor](const auto& entry) { return entry.first == actor; });
}

void EventLoop::Send(const LoopProcess& from, protocol::Envelope envelope) {
  envelope.set_version(kProtocolVersion);
  const auto body = static_cast<uint64_t>(envelope.body_case());
  const auto to = std::ranges::find_if(services_, [&](const LoopService* service) {
    return service->address == envelope.to() && !service->process.is_dead();
  });
  const bool is_lost =
      (send_filter_ && !send_filter_(envelope)) || to == services_.end() ||
      (&(*to)->process != &from && !network_->IsConnected(from.name(), (*to)->process.name()));
  trace_.Mix(is_lost ? kLost : kSent, body);
  if (is_lost) return;
  const bool is_heartbeat = envelope.has_heartbeat() || envelope.has_task_progress_report();
  Link link{from.name(), (*to)->process.name(), is_heartbeat ? kHeartbeats : envelope.from(),
            envelope.to()};
  Push(std::move(link), std::move(envelope));
}

void EventLoop::Push(Link link, protocol::Envelope envelope) {
  std::deque<Message>& messages = links_[std::move(link)];
  int64_t due = now_micros_ + chance_.Below(options_.delay_micros_max + 1);
  // In order between two addresses.
  if (!messages.empty()) due = std::max(due, messages.back().due_micros);
  messages.push_back({due, std::move(envelope)});
}

void EventLoop::TellPeerChanged(const std::string& from, const std::string& to,
                                const std::string& address, bool connected,
                                const std::string& reason) {
  for (const LoopService* service : services_) {
    if (service->process.name() != to || service->process.is_dead()) continue;
    protocol::Envelope envelope;
    envelope.set_version(kProtocolVersion);
    envelope.set_to(service->address);
    envelope.mutable_peer_changed()->set_address(address);
    envelope.mutable_peer_changed()->set_connected(connected);
    envelope.mutable_peer_changed()->set_reason(reason);
    Push({from, to, address, service->address}, std::move(envelope));
  }
}

void EventLoop::DropMessages(const std::string& from, const std::string& to, bool all) {
  for (auto& [link, messages] : links_) {
    if (link.from_process != from || link.to_process != to) continue;
    if (!all && link.lane != kHeartbeats) continue;
    // That the connection has gone or come is known already.
    std::erase_if(messages,
                  [](const Message& message) { return !message.envelope.has_peer_changed(); });
  }
}

std::vector<EventLoop::Candidate> EventLoop::Candidates(int64_t* next_micros) {
  std::vector<Candidate> candidates;
  const auto offer = [&](int64_t due_micros, const Candidate& candidate) {
    if (due_micros <= now_micros_) {
      candidates.push_back(candidate);
    } else {
      *next_micros = std::min(*next_micros, due_micros);
    }
  };
  for (LoopService* service : services_) {
    if (service->busy || !service->process.is_running()) continue;
    for (const auto& [link, messages] : links_) {
      if (link.to != service->address || link.to_process != service->process.name() ||
          messages.empty()) {
        continue;
      }
      // News of the connection comes from the process's own system.
      if (link.from_process != link.to_process && !messages.front().envelope.has_peer_changed() &&
          !network_->Delivers(link.from_process, link.to_process)) {
        continue;
      }
      offer(messages.front().due_micros, {service, &link});
    }
    offer(service->next_timer_micros, {service});
  }
  for (LoopWorker* worker : workers_) {
    if (worker->busy || tasks_held_ > 0 || !worker->process.is_running()) continue;
    const bool may_have_work = worker->idle_since < activity_;
    offer(may_have_work ? now_micros_ : worker->wake_at_micros, {nullptr, nullptr, worker});
  }
  for (LoopBackground* background : backgrounds_) {
    if (background->busy || tasks_held_ > 0 || background->tasks.empty() ||
        !background->process.is_running()) {
      continue;
    }
    offer(background->tasks.front().first, {nullptr, nullptr, nullptr, background});
  }
  for (const auto& [actor, process] : actors_) {
    if (process != nullptr && !process->is_running()) continue;
    offer(actor->NextMicros(), {nullptr, nullptr, nullptr, nullptr, actor});
  }
  return candidates;
}

bool EventLoop::Step() {
  while (true) {
    int64_t next_micros = INT64_MAX;
    const std::vector<Candidate> candidates = Candidates(&next_micros);
    if (!candidates.empty()) {
      Run(candidates[static_cast<size_t>(chance_.Below(static_cast<int64_t>(candidates.size())))]);
      now_micros_ += 1 + chance_.Below(options_.tick_micros_max);
      return true;
    }
    // Whoever does I/O takes no longer for it than the others have to do.
    if (next_micros == INT64_MAX || depth_ > 0) return false;
    now_micros_ = next_micros;
  }
}

void EventLoop::Run(const Candidate& candidate) {
  if (candidate.worker != nullptr) {
    LoopWorker& worker = *candidate.worker;
    worker.busy = true;
    const uint64_t before = activity_;
    const WorkerPoll poll = worker.worker->Poll(worker.process.NowMicros());
    worker.busy = false;
    trace_.Mix(kPoll, worker.number * 2 + (poll.progressed ? 1 : 0));
    // By the process's own clock.
    worker.wake_at_micros = poll.wake_at_micros == INT64_MAX
                                ? INT64_MAX
                                : poll.wake_at_micros - worker.process.NowMicros() + now_micros_;
    if (poll.progressed) {
      ++activity_;
    } else {
      worker.idle_since = before;
    }
    return;
  }
  if (candidate.actor != nullptr) {
    trace_.Mix(kActor, 0);
    candidate.actor->Run();
    return;
  }
  ++activity_;
  if (candidate.background != nullptr) {
    LoopBackground& background = *candidate.background;
    const std::function<void()> task = std::move(background.tasks.front().second);
    background.tasks.pop_front();
    trace_.Mix(kBackground, background.tasks.size());
    background.busy = true;
    task();
    background.busy = false;
    return;
  }
  LoopService& service = *candidate.service;
  service.busy = true;
  if (candidate.link == nullptr) {
    trace_.Mix(kTimer, static_cast<uint64_t>(service.timer_micros));
    service.next_timer_micros = now_micros_ + service.timer_micros;
    service.on_timer();
  } else {
    std::deque<Message>& link = links_.at(*candidate.link);
    const protocol::Envelope envelope = std::move(link.front().envelope);
    link.pop_front();
    trace_.Mix(kMessage, static_cast<uint64_t>(envelope.body_case()));
    service.on_message(envelope);
  }
  service.busy = false;
}

void EventLoop::Interleave(bool with_tasks) {
  if (depth_ >= kDepthMax || !chance_.Happens(options_.interleave)) return;
  ++depth_;
  tasks_held_ += with_tasks ? 0 : 1;
  for (int64_t events = chance_.Between(1, 6); events > 0; --events) {
    if (!Step()) break;
  }
  tasks_held_ -= with_tasks ? 0 : 1;
  --depth_;
}

}  // namespace flinkc
