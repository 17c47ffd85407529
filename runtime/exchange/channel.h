// The way from one subtask to another within a process: a ring, a slot beside it for the news that
// a barrier is on its way, and the parking places of the two workers at its ends. Made by whoever
// deploys both subtasks (TaskManager), shared by both.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "runtime/exchange/parking.h"
#include "runtime/exchange/spsc_ring.h"
#include "runtime/exchange/stream_element.h"

namespace flinkc {

// Push, HasRoom and Announce: the producer's worker; Pop and announced: the consumer's.
class Channel {
 public:
  // Few, so that what is in flight stays in the caches.
  static constexpr uint32_t kCapacityDefault = 8;

  // The parkings may be nullptr: nobody to wake.
  Channel(std::shared_ptr<Parking> producer, std::shared_ptr<Parking> consumer,
          uint32_t capacity = kCapacityDefault)
      : ring_(capacity), producer_(std::move(producer)), consumer_(std::move(consumer)) {}

  // Barrier `id` comes next behind what was pushed, or waits for room to be: the consumer may know
  // before it has read all that.
  void Announce(uint64_t id) { announced_.store(id, std::memory_order_release); }
  // The last barrier announced; 0: none.
  uint64_t announced() const { return announced_.load(std::memory_order_acquire); }

  bool HasRoom() { return ring_.HasRoom(); }
  // Needs room. Wakes the consumer.
  void Push(StreamElement element) {
    ring_.Push(std::move(element));
    if (consumer_ != nullptr) consumer_->Wake();
  }
  // False: empty. Wakes the producer, which may wait for room.
  bool Pop(StreamElement* element) {
    if (!ring_.Pop(element)) return false;
    if (producer_ != nullptr) producer_->Wake();
    return true;
  }

 private:
  SpscRing<StreamElement> ring_;
  std::atomic<uint64_t> announced_{0};
  // Constant after construction.
  const std::shared_ptr<Parking> producer_;
  const std::shared_ptr<Parking> consumer_;
};

}  // namespace flinkc
