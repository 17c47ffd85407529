#include "runtime/exchange/input_gate.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/planted_bug.h"

namespace flinkc {

InputGate::InputGate(std::vector<GateInput> inputs, std::optional<int64_t> overtake_after_micros)
    : overtake_after_micros_(overtake_after_micros) {
  for (GateInput& from : inputs) inputs_.emplace_back().from = std::move(from);
  changed_ = inputs_.empty();
}

void InputGate::Restore(std::vector<InFlightChannel> channels) {
  for (InFlightChannel& channel : channels) {
    Input& input = restored_.emplace_back();
    input.from = {nullptr, channel.head, channel.partitioning};
    input.watermark = channel.watermark;
    input.idle = channel.idle;
    input.queue = std::move(channel.elements);
  }
  changed_ = true;
}

bool InputGate::Poll(StreamElement* element) {
  // A barrier that overtakes goes before a new watermark, whose windows would hold it up.
  if (aligning_ != nullptr && Overtakes() && TellBarrier(element)) return true;
  if (changed_ && TellProgress(element)) return true;
  if (aligning_ != nullptr && TellBarrier(element)) return true;
  if (!restored_.empty() &&
      std::ranges::all_of(restored_, [](const Input& input) { return input.queue.empty(); })) {
    restored_.clear();
    next_ = 0;
    // Those that have said nothing yet were not idle for that.
    for (Input& input : inputs_) input.watermark = std::max(input.watermark, watermark_);
  }
  std::vector<Input>& inputs = current();
  for (size_t tried = 0; tried < inputs.size(); ++tried) {
    Input& input = inputs[next_];
    next_ = next_ + 1 == inputs.size() ? 0 : next_ + 1;
    // Progress is taken in until a batch or something to tell is found.
    while (!input.ended && Next(input, element)) {
      Take(input, *element);
      if (element->kind == ElementKind::kBatch) return true;
      if (TellProgress(element)) return true;
      if (aligning_ != nullptr && TellBarrier(element)) return true;
    }
  }
  return false;
}

bool InputGate::Next(Input& input, StreamElement* element) {
  if (!input.queue.empty()) {
    *element = std::move(input.queue.front());
    input.queue.pop_front();
    return true;
  }
  return input.from.channel != nullptr && !IsHeldBack(input) && input.from.channel->Pop(element);
}

bool InputGate::IsHeldBack(const Input& input) const {
  if (Planted(PlantedBug::kReadsAlignedChannel) && &input == inputs_.data()) return false;
  return input.aligned;
}

void InputGate::Take(Input& input, const StreamElement& element) {
  switch (element.kind) {
    case ElementKind::kBatch:
      input.idle = false;
      head_ = input.from.head;
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
      if (input.from.channel != nullptr) ++ended_count_;
      break;
  }
  changed_ = true;
}

bool InputGate::TellProgress(StreamElement* element) {
  // A channel whose stream came to its end has said so with the final watermark. One that ends with
  // another was stopped: its windows stay open, in the savepoint.
  int64_t least = kWatermarkFinal;
  bool all_idle = true;
  for (const Input& input : current()) {
    if (input.idle) continue;
    all_idle = false;
    least = std::min(least, input.watermark);
  }
  const bool all_ended = restored_.empty() && ended_count_ == inputs_.size();
  if (all_idle && !all_ended) {
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
  if (all_ended && !told_end_) {
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
  if (aligning_ == nullptr || barrier->unaligned) aligning_ = barrier;
  input.aligned = true;
  if (inputs_.size() > 1) FLINKC_FAILPOINT("gate.aligning");
}

// Whether something stands in a queue, which the next barrier would overtake.
bool InputGate::Overtakes() const {
  return std::ranges::any_of(inputs_, [](const Input& input) { return !input.queue.empty(); });
}

bool InputGate::IsBarrierDue() const {
  if (!std::ranges::all_of(inputs_, HasPassed)) return false;
  if (!Overtakes()) return true;
  // An end that was taken out for a checkpoint that is over does not stand aside for a savepoint.
  if (aligning_->kind != BarrierKind::kCheckpoint) return false;
  // Behind the watermark are only rows of a channel that had been idle. Whether they are late here
  // is not known where they are read again, with others' rows: they are read first.
  return std::ranges::none_of(inputs_, [this](const Input& input) {
    return !input.queue.empty() && input.watermark < watermark_;
  });
}

bool InputGate::TellBarrier(StreamElement* element) {
  if (!IsBarrierDue()) return false;
  if (Overtakes() && !aligning_->unaligned) {
    auto barrier = std::make_shared<CheckpointBarrier>(*aligning_);
    barrier->unaligned = true;
    aligning_ = std::move(barrier);
  }
  *element = StreamElement::Barrier(aligning_);
  last_barrier_ = aligning_->id;
  Release();
  return true;
}

// Whether the newest barrier that has begun may overtake, and whether it has done so before.
InputGate::Overtaking InputGate::FindOvertaking(uint64_t* id) const {
  *id = 0;
  Overtaking found = Overtaking::kNot;
  const auto add = [&](const Announcement& seen) {
    if (seen.id < *id || seen.id <= last_barrier_) return;
    if (seen.id > *id) found = Overtaking::kMay;
    *id = seen.id;
    if (!seen.may_overtake) found = Overtaking::kNot;
    if (seen.overtakes && found != Overtaking::kNot) found = Overtaking::kAtOnce;
  };
  if (aligning_ != nullptr) add(Announcement::Of(*aligning_));
  for (const Input& input : inputs_) {
    if (!HasPassed(input)) add(input.from.channel->announced());
  }
  return found;
}

bool InputGate::Overtake(int64_t waited_micros) {
  // What an earlier checkpoint had in flight is read first.
  if (!overtake_after_micros_ || !restored_.empty() || !has_begun()) return false;
  uint64_t id = 0;
  const Overtaking overtaking = FindOvertaking(&id);
  if (overtaking == Overtaking::kNot ||
      (overtaking == Overtaking::kMay && waited_micros < *overtake_after_micros_)) {
    return false;
  }
  // Before that there is no end to what would be taken out.
  for (const Input& input : inputs_) {
    if (HasPassed(input) || input.from.partitioning == Partitioning::kForward) continue;
    const Announcement announced = input.from.channel->announced();
    if (announced.id < id && !announced.ends) return false;
  }
  for (Input& input : inputs_) {
    if (input.from.partitioning != Partitioning::kForward) TakeOut(input);
  }
  return aligning_ != nullptr && IsBarrierDue();
}

// Up to the next barrier, or the end, as far as the channel has it.
void InputGate::TakeOut(Input& input) {
  StreamElement element;
  while (!HasPassed(input) && input.from.channel->Pop(&element)) {
    if (element.kind == ElementKind::kBarrier) {
      TakeBarrier(input, element.barrier);
      continue;
    }
    input.end_queued = element.kind == ElementKind::kEnd;
    input.queue.push_back(std::move(element));
  }
}

std::optional<int64_t> InputGate::overtake_after_micros() const {
  if (!overtake_after_micros_ || !restored_.empty() || !has_begun()) return std::nullopt;
  uint64_t id = 0;
  switch (FindOvertaking(&id)) {
    case Overtaking::kNot:
      return std::nullopt;
    case Overtaking::kMay:
      return *overtake_after_micros_;
    case Overtaking::kAtOnce:
      return 0;
  }
  return std::nullopt;
}

std::vector<InFlightChannel> InputGate::InFlight() const {
  std::vector<InFlightChannel> channels;
  for (const Input& input : inputs_) {
    if (input.ended) continue;
    channels.push_back(
        {input.from.head, input.from.partitioning, input.watermark, input.idle, input.queue});
    std::deque<StreamElement>& elements = channels.back().elements;
    if (Planted(PlantedBug::kForgetsOvertaken) && !elements.empty()) elements.pop_front();
  }
  if (std::ranges::all_of(
          channels, [](const InFlightChannel& channel) { return channel.elements.empty(); })) {
    channels.clear();
  }
  return channels;
}

bool InputGate::has_begun() const {
  if (aligning_ != nullptr) return true;
  for (const Input& input : inputs_) {
    if (input.ended) continue;
    if (input.from.channel->announced().id > last_barrier_) return true;
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
