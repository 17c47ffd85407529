// A bounded lock-free queue for one producer and one consumer thread (Lamport's ring, each side
// with a copy of the other's index so that a push or pop touches the shared line only when it
// must).
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <utility>

namespace flinkc {

template <typename T>
class SpscRing {
 public:
  // Room for `capacity` elements, rounded up to a power of two.
  explicit SpscRing(uint32_t capacity)
      : capacity_(std::bit_ceil(capacity)), slots_(std::make_unique<T[]>(capacity_)) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  // Producer only.
  bool HasRoom() {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_seen_ < capacity_) return true;
    tail_seen_ = tail_.load(std::memory_order_acquire);
    return head - tail_seen_ < capacity_;
  }
  // Producer only; needs room.
  void Push(T value) {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    slots_[head & (capacity_ - 1)] = std::move(value);
    head_.store(head + 1, std::memory_order_release);
  }

  // Consumer only. False: empty.
  bool Pop(T* value) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_seen_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail == head_seen_) return false;
    }
    T& slot = slots_[tail & (capacity_ - 1)];
    *value = std::move(slot);
    slot = T();
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

 private:
  static constexpr size_t kCacheLine = 64;

  // Constant after construction.
  const uint64_t capacity_;
  const std::unique_ptr<T[]> slots_;
  // Producer only, then the index it publishes.
  alignas(kCacheLine) uint64_t tail_seen_ = 0;
  std::atomic<uint64_t> head_{0};
  // Consumer only, then the index it publishes.
  alignas(kCacheLine) uint64_t head_seen_ = 0;
  std::atomic<uint64_t> tail_{0};
};

}  // namespace flinkc
