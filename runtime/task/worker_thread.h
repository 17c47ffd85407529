// The thread of a worker in a process: polls it, spins some tens of microseconds when there is
// nothing to do, then parks until woken or until the worker's next timer.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "runtime/base/clock.h"
#include "runtime/task/task_threads.h"
#include "runtime/task/worker.h"

namespace flinkc {

class WorkerThread final : public RunningWorker {
 public:
  // `clock` must outlive the thread. `name` is what a debugger shows (at most 15 bytes of it).
  WorkerThread(std::shared_ptr<Worker> worker, const Clock* clock, std::string name);
  // Stops polling after the current round, runs what was posted before, and joins. Subtasks that
  // still run are simply not polled any more: cancel them first.
  ~WorkerThread() override;
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  const std::shared_ptr<Worker>& worker() const { return worker_; }

 private:
  void Run();

  // Constant after construction.
  const std::shared_ptr<Worker> worker_;
  const Clock* const clock_;
  const std::string name_;
  // Any thread.
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace flinkc
