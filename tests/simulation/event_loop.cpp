#include "tests/simulation/event_loop.h"

#include <algorithm>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

enum Event : uint64_t { kMessage = 1, kTimer, kPoll, kBackground, kSent, kLost };

// Events within an event within an event.
constexpr int kDepthMax = 3;

}  // namespace

class EventLoop::LoopService final : public Service {
 public:
  LoopService(EventLoop* loop, std::string address,
              std::function<void(const protocol::Envelope&)> on_message,
              std::function<void()> on_timer, int64_t timer_micros)
      : address(std::move(address)),
        on_message(std::move(on_message)),
        on_timer(std::move(on_timer)),
        timer_micros(timer_micros),
        next_timer_micros(timer_micros > 0 ? loop->now_micros_ + timer_micros : INT64_MAX),
        loop_(loop) {
    loop_->services_.push_back(this);
  }
  ~LoopService() override { std::erase(loop_->services_, this); }

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
  LoopWorker(EventLoop* loop, std::shared_ptr<Worker> worker, uint64_t number)
      : worker(std::move(worker)), number(number), loop_(loop) {
    loop_->workers_.push_back(this);
  }
  ~LoopWorker() override {
    std::erase(loop_->workers_, this);
    worker->RunCommands();
  }

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
  explicit LoopBackground(EventLoop* loop) : loop_(loop) { loop_->backgrounds_.push_back(this); }
  ~LoopBackground() override {
    std::erase(loop_->backgrounds_, this);
    while (!loop_->dead_ && !tasks.empty()) {
      tasks.front().second();
      tasks.pop_front();
    }
  }
  void Run(std::function<void()> task) override {
    const int64_t wait = loop_->chance_.Below(loop_->options_.background_micros_max + 1);
    tasks.emplace_back(loop_->now_micros_ + wait, std::move(task));
  }

  std::deque<std::pair<int64_t, std::function<void()>>> tasks;  // when it may begin
  bool busy = false;

 private:
  EventLoop* const loop_;
};

EventLoop::EventLoop(Chance* chance, Trace* trace) : chance_(*chance), trace_(*trace) {}
EventLoop::~EventLoop() { CHECK(services_.empty() && workers_.empty() && backgrounds_.empty()); }

// Only services are listened to.
void EventLoop::Listen(const std::string&, Handler) { CHECK(false); }
void EventLoop::Unlisten(const std::string&) { CHECK(false); }

std::unique_ptr<Service> EventLoop::Serve(const std::string& address,
                                          std::function<void(const protocol::Envelope&)> on_message,
                                          std::function<void()> on_timer, int64_t timer_micros) {
  return std::make_unique<LoopService>(this, address, std::move(on_message), std::move(on_timer),
                                       timer_micros);
}

std::unique_ptr<RunningWorker> EventLoop::StartWorker(std::shared_ptr<Worker> worker, const Clock*,
                                                      std::string) {
  return std::make_unique<LoopWorker>(this, std::move(worker), workers_.size());
}

std::unique_ptr<BackgroundTasks> EventLoop::StartBackground(const char*) {
  return std::make_unique<LoopBackground>(this);
}

void EventLoop::Send(protocol::Envelope envelope) {
  if (dead_) return;
  envelope.set_version(kProtocolVersion);
  const auto body = static_cast<uint64_t>(envelope.body_case());
  if (send_filter_ && !send_filter_(envelope)) {
    trace_.Mix(kLost, body);
    return;
  }
  trace_.Mix(kSent, body);
  std::deque<Message>& link = links_[{envelope.from(), envelope.to()}];
  int64_t due = now_micros_ + chance_.Below(options_.delay_micros_max + 1);
  // In order between two addresses.
  if (!link.empty()) due = std::max(due, link.back().due_micros);
  link.push_back({due, std::move(envelope)});
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
    if (service->busy) continue;
    for (const auto& [link, messages] : links_) {
      if (link.second == service->address && !messages.empty()) {
        offer(messages.front().due_micros, {service, &link, nullptr, nullptr});
      }
    }
    offer(service->next_timer_micros, {service, nullptr, nullptr, nullptr});
  }
  for (LoopWorker* worker : workers_) {
    if (worker->busy || tasks_held_ > 0) continue;
    const bool may_have_work = worker->idle_since < activity_;
    offer(may_have_work ? now_micros_ : worker->wake_at_micros,
          {nullptr, nullptr, worker, nullptr});
  }
  for (LoopBackground* background : backgrounds_) {
    if (background->busy || tasks_held_ > 0 || background->tasks.empty()) continue;
    offer(background->tasks.front().first, {nullptr, nullptr, nullptr, background});
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
    const WorkerPoll poll = worker.worker->Poll(now_micros_);
    worker.busy = false;
    trace_.Mix(kPoll, worker.number * 2 + (poll.progressed ? 1 : 0));
    worker.wake_at_micros = poll.wake_at_micros;
    if (poll.progressed) {
      ++activity_;
    } else {
      worker.idle_since = before;
    }
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
  if (dead_ || depth_ >= kDepthMax || !chance_.Happens(options_.interleave)) return;
  ++depth_;
  tasks_held_ += with_tasks ? 0 : 1;
  for (int64_t events = chance_.Between(1, 6); events > 0 && !dead_; --events) {
    if (!Step()) break;
  }
  tasks_held_ -= with_tasks ? 0 : 1;
  --depth_;
}

void EventLoop::Kill() {
  dead_ = true;
  links_.clear();
}

void EventLoop::Revive() {
  CHECK(services_.empty() && workers_.empty() && backgrounds_.empty());
  links_.clear();
  dead_ = false;
}

}  // namespace flinkc
