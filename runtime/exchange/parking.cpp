#include "runtime/exchange/parking.h"

#include <chrono>

namespace flinkc {

void Parking::Wake() {
  if (state_.exchange(kAwake, std::memory_order_acq_rel) != kParked) return;
  // The lock orders this notification behind the sleeper's look at state_.
  { std::lock_guard lock(mutex_); }
  woken_.notify_one();
}

void Parking::PrepareToSleep() { state_.exchange(kParked, std::memory_order_acq_rel); }

void Parking::CancelSleep() { state_.exchange(kAwake, std::memory_order_acq_rel); }

void Parking::Sleep(int64_t timeout_micros) {
  std::unique_lock lock(mutex_);
  const auto awake = [this] { return state_.load(std::memory_order_acquire) == kAwake; };
  if (timeout_micros < 0) {
    woken_.wait(lock, awake);
  } else {
    woken_.wait_for(lock, std::chrono::microseconds(timeout_micros), awake);
  }
  state_.exchange(kAwake, std::memory_order_acq_rel);
}

}  // namespace flinkc
