// A thread for what may block and is none of a worker's: writing snapshots. Tasks run one after the
// other, in the order in which they came.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "runtime/task/task_threads.h"

namespace flinkc {

class BackgroundThread final : public BackgroundTasks {
 public:
  explicit BackgroundThread(const char* name);
  // Runs what is there already, then joins.
  ~BackgroundThread() override;
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // Any thread.
  void Run(std::function<void()> task) override;

 private:
  void Loop();

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace flinkc
