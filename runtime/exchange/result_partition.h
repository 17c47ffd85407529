// The sending side of one output edge: the channels to the target's subtasks. What finds no room
// waits here in order, so that nothing blocks; the worker stops producing while something waits.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "runtime/exchange/channel.h"

namespace flinkc {

// The subtask that owns the rows with this key hash (docs/architecture.md: hash and key groups).
// Generated code computes the same.
inline uint32_t OwnerOfHash(uint64_t hash, uint32_t max_parallelism, uint32_t parallelism) {
  const uint64_t key_group = (hash >> 32) * max_parallelism >> 32;
  return static_cast<uint32_t>(key_group * parallelism / max_parallelism);
}

// The producer's worker only.
class ResultPartition {
 public:
  explicit ResultPartition(std::vector<std::shared_ptr<Channel>> channels);

  uint32_t channel_count() const { return static_cast<uint32_t>(channels_.size()); }
  // Whether each channel has room for one more element.
  bool HasRoom();
  bool HasRoom(uint32_t channel);
  void Emit(uint32_t channel, BatchPtr batch);
  // To the next channel in turn.
  void EmitInTurn(BatchPtr batch);
  // Behind everything emitted so far, on every channel. A barrier or the
  // end is announced at once.
  void Broadcast(const StreamElement& element);
  // Moves what waits into the channels as far as there is room. True: something moved.
  bool Drain();
  bool is_drained() const { return waiting_count_ == 0; }
  // Drops what waits.
  void Clear();

 private:
  void Send(uint32_t channel, StreamElement element);

  // Constant after construction.
  const std::vector<std::shared_ptr<Channel>> channels_;
  // By channel: what found no room.
  std::vector<std::deque<StreamElement>> waiting_;
  size_t waiting_count_ = 0;
  uint32_t next_channel_ = 0;
};

}  // namespace flinkc
