// How long a subtask was at work, without anything to do, and held up by an output without room:
// Flink's busy, idle and backpressured times, which exclude each other. A subtask that shares its
// worker is at work also while the others are polled, as a thread without a core is.
#pragma once

#include <atomic>
#include <cstdint>

namespace flinkc {

class TaskTimes {
 public:
  enum class Phase : uint8_t { kNone, kBusy, kIdle, kBackpressured };  // kNone: does not run
  struct Totals {
    int64_t busy_nanos = 0;
    int64_t idle_nanos = 0;
    int64_t backpressured_nanos = 0;
  };

  // The worker only.
  Phase phase() const { return static_cast<Phase>(phase_.load(std::memory_order_relaxed)); }
  // From now on; only where the phase is another.
  void Enter(Phase phase, int64_t now_nanos);

  // Any thread: up to `now_nanos`.
  Totals Read(int64_t now_nanos) const;

 private:
  // Odd while the fields behind it change; all are written by the worker.
  std::atomic<uint32_t> version_{0};
  std::atomic<uint8_t> phase_{0};
  std::atomic<int64_t> since_nanos_{0};
  std::atomic<int64_t> nanos_[4] = {};  // by Phase, of those that are over
};

}  // namespace flinkc
