// The receiving side of a subtask: the channels of all its input edges as one stream of batches and
// of watermarks, each the minimum over the channels that are neither ended nor idle.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/exchange/channel.h"

namespace flinkc {

// The consumer's worker only.
class InputGate {
 public:
  explicit InputGate(std::vector<std::shared_ptr<Channel>> channels);

  // The next batch, taken from the channels in turn; or kWatermark when the common watermark has
  // advanced; kIdle when every open channel is idle; kEnd, once, after all have ended (the final
  // watermark comes before it). False: nothing at present.
  bool Poll(StreamElement* element);
  int64_t watermark() const { return watermark_; }

 private:
  struct Input {
    std::shared_ptr<Channel> channel;
    int64_t watermark = kWatermarkNone;
    bool idle = false;
    bool ended = false;
  };

  void Take(Input& input, const StreamElement& element);
  bool TellProgress(StreamElement* element);

  // Constant but for their progress.
  std::vector<Input> inputs_;
  size_t next_ = 0;
  size_t ended_count_ = 0;
  int64_t watermark_ = kWatermarkNone;  // told to the consumer
  bool told_idle_ = false;
  bool told_end_ = false;
  bool changed_ = false;  // an input's progress is not yet in watermark_
};

}  // namespace flinkc
