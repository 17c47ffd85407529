#include "runtime/exchange/input_gate.h"

#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/planted_bug.h"

namespace flinkc {

InputGate::InputGate(std::vector<std::shared_ptr<Channel>> channels,
                     const std::vector<uint32_t>& heads) {
  DCHECK(heads.empty() || heads.size() == channels.size());
  for (size_t i = 0; i < channels.size(); ++i) {
    inputs_.push_back({std::move(channels[i]), heads.empty() ? 0 : heads[i]});
  }
  changed_ = inputs_.empty();
}

bool InputGate::Poll(StreamElement* element) {
  if (changed_ && TellProgress(element)) return true;
  if (aligning_ != nullptr && TellBarrier(element)) return true;
  for (size_t tried = 0; tried < inputs_.size(); ++tried) {
    Input& input = inputs_[next_];
    next_ = next_ + 1 == inputs_.size() ? 0 : next_ + 1;
    // Progress is taken in until a batch or something to tell is found.
    while (!input.ended && !IsHeldBack(input) && input.channel->Pop(element)) {
      Take(input, *element);
      if (element->kind == ElementKind::kBatch) return true;
      if (TellProgress(element)) return true;
      if (aligning_ != nullptr && TellBarrier(element)) return true;
    }
  }
  return false;
}

bool InputGate::IsHeldBack(const Input& input) const {
  if (Planted(PlantedBug::kReadsAlignedChannel) && &input == inputs_.data()) return false;
  return input.aligned;
}

void InputGate::Take(Input& input, const StreamElement& element) {
  switch (element.kind) {
    case ElementKind::kBatch:
      input.idle = false;
      head_ = input.head;
      return;
    case ElementKind::kWatermark:
      input.idle = false;
      input.watermark = std::max(input.watermark, element.watermark);
      break;
    case ElementKind::kIdle:
      input.idle = true;
      break;
    case ElementKind::kBarrier:
      return TakeBarrier(input, element.barrier);
    case ElementKind::kEnd:
      input.ended = true;
      ++ended_count_;
      break;
  }
  changed_ = true;
}

bool InputGate::TellProgress(StreamElement* element) {
  // A channel whose stream came to its end has said so with the final watermark. One that ends with
  // another was stopped: its windows stay open, in the savepoint.
  int64_t least = kWatermarkFinal;
  bool all_idle = true;
  for (const Input& input : inputs_) {
    if (input.idle) continue;
    all_idle = false;
    least = std::min(least, input.watermark);
  }
  if (all_idle && ended_count_ < inputs_.size()) {
    changed_ = false;
    if (told_idle_) return false;
    told_idle_ = true;
    *element = StreamElement::Idle();
    return true;
  }
  told_idle_ = false;
  if (!all_idle && least > watermark_) {
    watermark_ = least;
    *element = StreamElement::Watermark(least);
    return true;
  }
  changed_ = false;
  if (ended_count_ == inputs_.size() && !told_end_) {
    told_end_ = true;
    *element = StreamElement::End();
    return true;
  }
  return false;
}

void InputGate::TakeBarrier(Input& input, const BarrierPtr& barrier) {
  if (barrier->id <= last_barrier_) return;
  // A later barrier says that the one before is given up.
  if (aligning_ != nullptr && barrier->id > aligning_->id) Release();
  if (aligning_ != nullptr && barrier->id < aligning_->id) return;
  aligning_ = barrier;
  input.aligned = true;
  if (inputs_.size() > 1) FLINKC_FAILPOINT("gate.aligning");
}

bool InputGate::TellBarrier(StreamElement* element) {
  for (const Input& input : inputs_) {
    if (!input.ended && !input.aligned) return false;
  }
  *element = StreamElement::Barrier(aligning_);
  last_barrier_ = aligning_->id;
  Release();
  return true;
}

bool InputGate::has_begun() const {
  if (aligning_ != nullptr) return true;
  for (const Input& input : inputs_) {
    if (!input.ended && input.channel->announced() > last_barrier_) return true;
  }
  return false;
}

void InputGate::AbortUpTo(uint64_t id) {
  last_barrier_ = std::max(last_barrier_, id);
  if (aligning_ != nullptr && aligning_->id <= id) Release();
}

void InputGate::Release() {
  aligning_.reset();
  for (Input& input : inputs_) input.aligned = false;
}

}  // namespace flinkc
