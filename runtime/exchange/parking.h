// Where a worker sleeps when it has nothing to do, and how others wake it without ever losing a
// wake-up: both sides do one read-modify-write on `state_`, so that either the sleeper sees what
// was published before Wake(), or Wake() sees the sleeper.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace flinkc {

class Parking {
 public:
  // Any thread, after publishing something that the worker should see. Some tens of nanoseconds
  // while the worker is awake: call it once a batch, not once a row.
  void Wake();

  // The worker only. PrepareToSleep, look for work once more, then Sleep or CancelSleep.
  void PrepareToSleep();
  void CancelSleep();
  // Returns when woken, or after `timeout_micros` (negative: no timeout).
  void Sleep(int64_t timeout_micros);

 private:
  enum State : uint32_t { kAwake, kParked };

  // Any thread.
  std::atomic<uint32_t> state_{kAwake};
  // Guard the sleep itself.
  std::mutex mutex_;
  std::condition_variable woken_;
};

}  // namespace flinkc
