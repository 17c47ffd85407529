// The one thread on which everything in a simulated process runs: virtual time, a transport,
// workers and background tasks. Each step is one event (a message delivered, a timer, a poll of a
// worker, a background task) and the seed says which of those that could come next it is.
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

class EventLoop final : public Transport, public TaskThreads, public Clock {
 public:
  // Both must outlive the loop.
  EventLoop(Chance* chance, Trace* trace);
  ~EventLoop() override;

  void SetOptions(const LoopOptions& options) { options_ = options; }
  // Sees every message that is sent; false: it is lost.
  void SetSendFilter(std::function<bool(protocol::Envelope&)> filter) {
    send_filter_ = std::move(filter);
  }

  // One event, at a later time if nothing is to be done now. False: nothing ever will be.
  bool Step();
  // `with_tasks`: workers and background tasks may go on as well. One that would wait for a lock
  // that is held during the operation would never get it.
  void Interleave(bool with_tasks);
  // The process dies: nothing of it is sent, run in the background or let go on any more. It lives
  // again when all that it consisted of has gone.
  void Kill();
  void Revive();

  // Transport
  void Listen(const std::string& address, Handler handler) override;
  void Unlisten(const std::string& address) override;
  void Send(protocol::Envelope envelope) override;
  std::unique_ptr<Service> Serve(const std::string& address,
                                 std::function<void(const protocol::Envelope&)> on_message,
                                 std::function<void()> on_timer, int64_t timer_micros) override;
  // TaskThreads
  std::unique_ptr<RunningWorker> StartWorker(std::shared_ptr<Worker> worker, const Clock* clock,
                                             std::string name) override;
  std::unique_ptr<BackgroundTasks> StartBackground(const char* name) override;
  // Clock
  int64_t NowMicros() const override { return now_micros_; }
  int64_t MonotonicNanos() const override { return now_micros_ * 1000; }

 private:
  class LoopService;
  class LoopWorker;
  class LoopBackground;
  struct Message {
    int64_t due_micros = 0;
    protocol::Envelope envelope;
  };
  using Link = std::pair<std::string, std::string>;  // from, to

  // Something that could be the next event.
  struct Candidate {
    LoopService* service = nullptr;
    const Link* link = nullptr;  // nullptr: the service's timer
    LoopWorker* worker = nullptr;
    LoopBackground* background = nullptr;
  };
  // What could happen now; `next_micros`: when something else could.
  std::vector<Candidate> Candidates(int64_t* next_micros);
  void Run(const Candidate& candidate);

  Chance& chance_;
  Trace& trace_;
  LoopOptions options_;
  std::function<bool(protocol::Envelope&)> send_filter_;
  int64_t now_micros_ = 1'700'000'000'000'000;
  // Counts events after which somebody may have something to do.
  uint64_t activity_ = 1;
  int depth_ = 0;
  int tasks_held_ = 0;  // operations that tasks might wait for
  bool dead_ = false;
  std::map<Link, std::deque<Message>> links_;
  std::vector<LoopService*> services_;
  std::vector<LoopWorker*> workers_;
  std::vector<LoopBackground*> backgrounds_;
};

}  // namespace flinkc
