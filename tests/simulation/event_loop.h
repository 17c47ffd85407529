// The one thread on which everything in a simulation runs: virtual time, and what each of its
// processes has of it, a transport, workers and background tasks. Each step is one event (a message
// delivered, a timer, a poll of a worker, a background task, something of the world around) and the
// seed says which of those that could come next it is.
//
// Real threads meet at their system calls: while one does I/O the others go on. Interleave, called
// at each operation of the file system, runs other events inside of the one that does it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/protocol/transport.h"
#include "runtime/task/task_threads.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/trace.h"

namespace flinkc {

struct LoopOptions {
  int64_t tick_micros_max = 100;      // what an event takes at most
  int64_t delay_micros_max = 0;       // of a message
  int64_t background_micros_max = 0;  // until a background task begins
  double interleave = 0;              // chance that others go on during an operation on files
};

class EventLoop;

// A process, as its components see it. Whoever makes it takes down all that it consists of, after
// Kill, before it goes itself.
class LoopProcess final : public Transport, public TaskThreads, public Clock {
 public:
  // `loop` must outlive it.
  LoopProcess(EventLoop* loop, std::string name);
  ~LoopProcess() override;

  const std::string& name() const { return name_; }
  // It dies: nothing of it is sent, run in the background or let go on any more.
  void Kill() { dead_ = true; }
  bool is_dead() const { return dead_; }
  // It is stopped (SIGSTOP) until it is told to go on.
  void SetPaused(bool paused) { paused_ = paused; }
  bool is_running() const { return !dead_ && !paused_; }
  // How far its clock is ahead of the others'.
  void SetClockAhead(int64_t micros) { ahead_micros_ = micros; }

  // Transport
  void Listen(const std::string& address, Handler handler) override;
  void Unlisten(const std::string& address) override;
  void Send(protocol::Envelope envelope) override;
  void Disconnect(const std::string& address, const std::string& reason) override;
  std::unique_ptr<Service> Serve(const std::string& address,
                                 std::function<void(const protocol::Envelope&)> on_message,
                                 std::function<void()> on_timer, int64_t timer_micros) override;
  // TaskThreads
  std::unique_ptr<RunningWorker> StartWorker(std::shared_ptr<Worker> worker, const Clock* clock,
                                             std::string name) override;
  std::unique_ptr<BackgroundTasks> StartBackground(const char* name) override;
  // Clock
  int64_t NowMicros() const override;
  int64_t MonotonicNanos() const override;

 private:
  // Constant after construction.
  EventLoop* const loop_;
  const std::string name_;
  bool dead_ = false;
  bool paused_ = false;
  int64_t ahead_micros_ = 0;
};

// What lies between processes.
class LoopNetwork {
 public:
  virtual ~LoopNetwork() = default;
  // Whether a message from one process to another is taken to be sent; else it is lost.
  virtual bool IsConnected(const std::string& from, const std::string& to) = 0;
  // Whether what was sent gets there at present; else it waits.
  virtual bool Delivers(const std::string& from, const std::string& to) = 0;
  // `process` closes its connection with the one that has this address.
  virtual void Disconnect(const std::string& process, const std::string& address,
                          const std::string& reason) = 0;
};

// Something else that does one thing after the other: the threads of a data exchange, the network.
class LoopActor {
 public:
  virtual ~LoopActor() = default;
  // When it has something to do; INT64_MAX: not before something else happens.
  virtual int64_t NextMicros() = 0;
  virtual void Run() = 0;
};

class EventLoop final {
 public:
  // Both must outlive the loop.
  EventLoop(Chance* chance, Trace* trace);
  ~EventLoop();

  void SetOptions(const LoopOptions& options) { options_ = options; }
  const LoopOptions& options() const { return options_; }
  // Between processes; none: there is but one process.
  void SetNetwork(LoopNetwork* network) { network_ = network; }
  // Sees every message that is sent; false: it is lost.
  void SetSendFilter(std::function<bool(protocol::Envelope&)> filter) {
    send_filter_ = std::move(filter);
  }

  // One event, at a later time if nothing is to be done now. False: nothing ever will be.
  bool Step();
  // `with_tasks`: workers and background tasks may go on as well. One that would wait for a lock
  // that is held during the operation would never get it.
  void Interleave(bool with_tasks);

  int64_t now_micros() const { return now_micros_; }
  // Counts events after which somebody may have something to do.
  uint64_t activity() const { return activity_; }
  void CountActivity() { ++activity_; }
  // `process`: that it belongs to; nullptr: the world.
  void Add(LoopActor* actor, const LoopProcess* process) { actors_.emplace_back(actor, process); }
  void Remove(LoopActor* actor);
  // Behind what was sent from the one process to the other.
  void TellPeerChanged(const std::string& from, const std::string& to, const std::string& address,
                       bool connected, const std::string& reason);
  // What is on its way from one process to another is lost: all of it, or heartbeats alone.
  void DropMessages(const std::string& from, const std::string& to, bool all);
  void DropAllMessages() { links_.clear(); }

 private:
  friend class LoopProcess;
  class LoopService;
  class LoopWorker;
  class LoopBackground;
  struct Message {
    int64_t due_micros = 0;
    protocol::Envelope envelope;
  };
  // The processes from and to, and which of the connections: an address, or the heartbeats'.
  struct Link {
    std::string from_process;
    std::string to_process;
    std::string lane;
    std::string to;
    auto operator<=>(const Link&) const = default;
  };

  // Something that could be the next event.
  struct Candidate {
    LoopService* service = nullptr;
    const Link* link = nullptr;  // nullptr: the service's timer
    LoopWorker* worker = nullptr;
    LoopBackground* background = nullptr;
    LoopActor* actor = nullptr;
  };
  void Send(const LoopProcess& from, protocol::Envelope envelope);
  void Push(Link link, protocol::Envelope envelope);
  // What could happen now; `next_micros`: when something else could.
  std::vector<Candidate> Candidates(int64_t* next_micros);
  void Run(const Candidate& candidate);

  Chance& chance_;
  Trace& trace_;
  LoopOptions options_;
  LoopNetwork* network_ = nullptr;
  std::function<bool(protocol::Envelope&)> send_filter_;
  int64_t now_micros_ = 1'700'000'000'000'000;
  uint64_t activity_ = 1;
  int depth_ = 0;
  int tasks_held_ = 0;  // operations that tasks might wait for
  uint64_t workers_started_ = 0;
  std::map<Link, std::deque<Message>> links_;
  std::vector<LoopService*> services_;
  std::vector<LoopWorker*> workers_;
  std::vector<LoopBackground*> backgrounds_;
  std::vector<std::pair<LoopActor*, const LoopProcess*>> actors_;
};

}  // namespace flinkc
