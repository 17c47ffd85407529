// The way from one subtask to another within a process: a ring, a slot beside it for the news that
// a barrier or the end is on its way, and the parking places of the two workers at its ends. Made
// by whoever deploys both subtasks (TaskManager), shared by both.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "runtime/exchange/parking.h"
#include "runtime/exchange/spsc_ring.h"
#include "runtime/exchange/stream_element.h"

namespace flinkc {

// What a producer says beside the channel of a barrier, and of the channel's end, that may still
// stand behind rows.
struct Announcement {
  uint64_t id = 0;            // of the barrier; 0: none
  bool may_overtake = false;  // it is that of a checkpoint
  bool overtakes = false;     // it has overtaken rows already
  bool ends = false;          // the channel, behind it

  static Announcement Of(const CheckpointBarrier& barrier) {
    return {barrier.id, barrier.kind == BarrierKind::kCheckpoint, barrier.unaligned};
  }
  Announcement Ended() const { return {id, may_overtake, overtakes, true}; }
  // As one number, which grows with the id and the end.
  uint64_t Pack() const {
    return id << 3 | uint64_t{ends} << 2 | uint64_t{may_overtake} << 1 | uint64_t{overtakes};
  }
  static Announcement Unpack(uint64_t packed) {
    return {packed >> 3, (packed & 2) != 0, (packed & 1) != 0, (packed & 4) != 0};
  }
};

// Push, HasRoom and Announce: the producer's worker; Pop and announced: the consumer's.
class Channel {
 public:
  // Few, so that what is in flight stays in the caches.
  static constexpr uint32_t kCapacityDefault = 8;

  // The parkings may be nullptr: nobody to wake.
  Channel(std::shared_ptr<Parking> producer, std::shared_ptr<Parking> consumer,
          uint32_t capacity = kCapacityDefault)
      : ring_(capacity), producer_(std::move(producer)), consumer_(std::move(consumer)) {}

  // The barrier, or the end, comes next behind what was pushed, or waits for room to be: the
  // consumer may know before it has read all that. Wakes it.
  void Announce(Announcement announcement) {
    announced_.store(announcement.Pack(), std::memory_order_release);
    if (consumer_ != nullptr) consumer_->Wake();
  }
  void AnnounceEnd() { Announce(announced().Ended()); }
  // The last one.
  Announcement announced() const {
    return Announcement::Unpack(announced_.load(std::memory_order_acquire));
  }

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
