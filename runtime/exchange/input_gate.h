// The receiving side of a subtask: the channels of all its input edges as one stream of batches, of
// watermarks, each the minimum over the channels that are neither ended nor idle, and of barriers:
// a channel whose barrier has come is not read on until those of all others have, or they have
// ended, so that what was read before the barrier is what came before it on every channel.
//
// A barrier that is held up for too long overtakes (docs/adr/0018-unaligned-checkpoints.md): what
// stands before it in channels that allow it is taken out of them at once, into a queue of the
// gate, and becomes part of the checkpoint.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/exchange/channel.h"
#include "runtime/graph/job_graph.h"

namespace flinkc {

// One channel of a gate.
struct GateInput {
  std::shared_ptr<Channel> channel;
  uint32_t head = 0;  // the input of the subtask's chain that it belongs to
  Partitioning partitioning = Partitioning::kHash;
};

// Of one channel, at a barrier that has overtaken: how far it was read, and what was not.
struct InFlightChannel {
  uint32_t head = 0;
  Partitioning partitioning = Partitioning::kHash;
  int64_t watermark = kWatermarkNone;
  bool idle = false;
  std::deque<StreamElement> elements;  // no barriers
};

// The consumer's worker only.
class InputGate {
 public:
  // `overtake_after_micros`: how long a barrier that may overtake is waited for; nothing: for ever.
  explicit InputGate(std::vector<GateInput> inputs,
                     std::optional<int64_t> overtake_after_micros = std::nullopt);

  // What was in flight at the checkpoint to go on from: read before all channels, which stand still
  // until then. Before the first Poll.
  void Restore(std::vector<InFlightChannel> channels);
  // Whether what Poll has just given, or gives next, is of these.
  bool is_restoring() const { return !restored_.empty(); }

  // The next batch, taken from the channels in turn; or kWatermark when the common watermark has
  // advanced; kIdle when every open channel is idle; kBarrier when all channels are aligned, or it
  // has overtaken; kEnd, once, after all have ended (the final watermark comes before it). False:
  // nothing at present.
  bool Poll(StreamElement* element);
  // Of the batch that Poll has just given: its channel's.
  uint32_t head() const { return head_; }

  // Also when nothing can be taken in at present. Lets the barrier that has begun overtake, if it
  // may, `waited_micros` after has_begun() became true. True: the next Poll gives it.
  bool Overtake(int64_t waited_micros);
  // When to call Overtake, in microseconds from when has_begun() became true; nothing: no need to.
  std::optional<int64_t> overtake_after_micros() const;
  // Of the barrier that Poll has just given: what it has overtaken; none: nothing.
  std::vector<InFlightChannel> InFlight() const;

  // Checkpoints up to `id` will not complete: channels held back for one are read on, and its
  // barriers that are still to come are dropped.
  void AbortUpTo(uint64_t id);
  // Whether a checkpoint has begun here: a barrier that is not over was sent on some channel, which
  // may still stand behind rows.
  bool has_begun() const;
  int64_t watermark() const { return watermark_; }

 private:
  struct Input {
    GateInput from;
    int64_t watermark = kWatermarkNone;
    bool idle = false;
    bool ended = false;
    bool aligned = false;  // its barrier has come: the channel is held back
    // Taken out of the channel, and not read yet: what a barrier has overtaken, or may have to.
    std::deque<StreamElement> queue;
    bool end_queued = false;  // the last of these is the end
  };
  enum class Overtaking : uint8_t { kNot, kMay, kAtOnce };

  bool Next(Input& input, StreamElement* element);
  bool IsHeldBack(const Input& input) const;
  void Take(Input& input, const StreamElement& element);
  void TakeBarrier(Input& input, const BarrierPtr& barrier);
  bool Overtakes() const;
  bool IsBarrierDue() const;
  bool TellBarrier(StreamElement* element);
  void Release();
  bool TellProgress(StreamElement* element);
  Overtaking FindOvertaking(uint64_t* id) const;
  void TakeOut(Input& input);
  static bool HasPassed(const Input& input) {
    return input.ended || input.aligned || input.end_queued;
  }
  std::vector<Input>& current() { return restored_.empty() ? inputs_ : restored_; }

  // Constant after construction.
  const std::optional<int64_t> overtake_after_micros_;
  // Constant but for their progress.
  std::vector<Input> inputs_;
  // Of a checkpoint, without channels, until all that they have is read.
  std::vector<Input> restored_;
  size_t next_ = 0;
  uint32_t head_ = 0;
  size_t ended_count_ = 0;              // of inputs_
  int64_t watermark_ = kWatermarkNone;  // told to the consumer
  bool told_idle_ = false;
  bool told_end_ = false;
  bool changed_ = false;  // an input's progress is not yet in watermark_
  BarrierPtr aligning_;
  uint64_t last_barrier_ = 0;  // told, or aborted: this one and those before are over
};

}  // namespace flinkc
