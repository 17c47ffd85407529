// What runs the workers and the background tasks of a TaskManager: threads in a process, its own
// loop in a simulation.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/task/worker.h"

namespace flinkc {

// Polls a worker until it goes; the last commands posted before are still run.
class RunningWorker {
 public:
  virtual ~RunningWorker() = default;
};

// Runs tasks one after the other, in the order in which they came.
class BackgroundTasks {
 public:
  // Runs what is there already.
  virtual ~BackgroundTasks() = default;
  // Any thread.
  virtual void Run(std::function<void()> task) = 0;
};

// Thread-safe. `clock` must outlive what is started.
class TaskThreads {
 public:
  virtual ~TaskThreads() = default;
  // `name` is what a debugger shows (at most 15 bytes of it).
  virtual std::unique_ptr<RunningWorker> StartWorker(std::shared_ptr<Worker> worker,
                                                     const Clock* clock, std::string name);
  virtual std::unique_ptr<BackgroundTasks> StartBackground(const char* name);
};

}  // namespace flinkc
