// The receiving side of a subtask: the channels of all its input edges as one stream of batches, of
// watermarks, each the minimum over the channels that are neither ended nor idle, and of barriers:
// a channel whose barrier has come is not read on until those of all others have, or they have
// ended, so that what was read before the barrier is what came before it on every channel.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/exchange/channel.h"

namespace flinkc {

// The consumer's worker only.
class InputGate {
 public:
  // `heads`: by channel, the input of the subtask's chain that it belongs to; none: all the first.
  explicit InputGate(std::vector<std::shared_ptr<Channel>> channels,
                     const std::vector<uint32_t>& heads = {});

  // The next batch, taken from the channels in turn; or kWatermark when the common watermark has
  // advanced; kIdle when every open channel is idle; kBarrier when all channels are aligned; kEnd,
  // once, after all have ended (the final watermark comes before it). False: nothing at present.
  bool Poll(StreamElement* element);
  // Of the batch that Poll has just given: its channel's.
  uint32_t head() const { return head_; }
  // Checkpoints up to `id` will not complete: channels held back for one are read on, and its
  // barriers that are still to come are dropped.
  void AbortUpTo(uint64_t id);
  // Whether a checkpoint has begun here: a barrier that is not over was sent on some channel, which
  // may still stand behind rows.
  bool has_begun() const;
  int64_t watermark() const { return watermark_; }

 private:
  struct Input {
    std::shared_ptr<Channel> channel;
    uint32_t head = 0;
    int64_t watermark = kWatermarkNone;
    bool idle = false;
    bool ended = false;
    bool aligned = false;  // held back: its barrier has come
  };

  bool IsHeldBack(const Input& input) const;
  void Take(Input& input, const StreamElement& element);
  void TakeBarrier(Input& input, const BarrierPtr& barrier);
  bool TellBarrier(StreamElement* element);
  void Release();
  bool TellProgress(StreamElement* element);

  // Constant but for their progress.
  std::vector<Input> inputs_;
  size_t next_ = 0;
  uint32_t head_ = 0;
  size_t ended_count_ = 0;
  int64_t watermark_ = kWatermarkNone;  // told to the consumer
  bool told_idle_ = false;
  bool told_end_ = false;
  bool changed_ = false;  // an input's progress is not yet in watermark_
  BarrierPtr aligning_;
  uint64_t last_barrier_ = 0;  // told, or aborted: this one and those before are over
};

}  // namespace flinkc
