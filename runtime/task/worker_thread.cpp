#include "runtime/task/worker_thread.h"

#include <pthread.h>

#include <algorithm>

namespace flinkc {

namespace {

// A wake-up costs about 20 µs, so a worker looks that long for work before it parks; not longer,
// since a connector's thread may need the core.
constexpr int64_t kSpinNanos = 20'000;

}  // namespace

WorkerThread::WorkerThread(std::shared_ptr<Worker> worker, const Clock* clock, std::string name)
    : worker_(std::move(worker)), clock_(clock), name_(name.substr(0, 15)) {
  thread_ = std::thread([this] { Run(); });
}

WorkerThread::~WorkerThread() {
  stop_.store(true, std::memory_order_release);
  worker_->parking()->Wake();
  thread_.join();
}

void WorkerThread::Run() {
  pthread_setname_np(pthread_self(), name_.c_str());
  Parking& parking = *worker_->parking();
  int64_t idle_since = 0;
  while (!stop_.load(std::memory_order_acquire)) {
    if (worker_->Poll(clock_->NowMicros()).progressed) {
      idle_since = 0;
      continue;
    }
    const int64_t nanos = clock_->MonotonicNanos();
    if (idle_since == 0) idle_since = nanos;
    if (nanos - idle_since < kSpinNanos) {
      std::this_thread::yield();
      continue;
    }
    parking.PrepareToSleep();
    const int64_t now = clock_->NowMicros();
    const WorkerPoll last = worker_->Poll(now);
    if (last.progressed || stop_.load(std::memory_order_acquire)) {
      parking.CancelSleep();
      idle_since = 0;
      continue;
    }
    parking.Sleep(last.wake_at_micros == INT64_MAX
                      ? -1
                      : std::max<int64_t>(0, last.wake_at_micros - now));
    idle_since = 0;
  }
  worker_->RunCommands();
}

}  // namespace flinkc
