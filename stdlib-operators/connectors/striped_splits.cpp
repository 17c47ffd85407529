#include "stdlib-operators/connectors/striped_splits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace flinkc {

Result<std::vector<Split>> StripedEnumerator::Enumerate(uint32_t) {
  std::vector<Split> splits;
  for (uint32_t i = 0; i < splits_; ++i) {
    splits.push_back({fmt::format("{:04}", i), fmt::format("{}", i), 0});
  }
  return splits;
}

Status StripedSplits::Add(const Split& split) {
  uint32_t index = 0;
  const char* end = split.payload.data() + split.payload.size();
  const auto [rest, error] = std::from_chars(split.payload.data(), end, index);
  if (error != std::errc() || rest != end || index >= splits_) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("there is no split `{}`", split.payload));
  }
  states_.push_back({index, 0, false});
  return {};
}

std::optional<uint32_t> StripedSplits::Next() const {
  std::optional<uint32_t> best;
  for (uint32_t i = 0; i < states_.size(); ++i) {
    if (!states_[i].finished && (!best || states_[i].block < states_[*best].block)) best = i;
  }
  return best;
}

int64_t StripedSplits::FirstItem(uint32_t index) const {
  return states_[index].block * block_items_ + states_[index].done;
}

int64_t StripedSplits::ItemsLeft(uint32_t index) const {
  int64_t end = (states_[index].block + 1) * block_items_;
  if (total_ > 0) end = std::min(end, total_);
  return std::max<int64_t>(end - FirstItem(index), 0);
}

bool StripedSplits::Take(uint32_t index, int64_t items) {
  State& state = states_[index];
  state.done += items;
  if (ItemsLeft(index) == 0) {
    // A block that was cut off by the end is the last one, too.
    state.block += splits_;
    state.done = 0;
    state.finished = ItemsLeft(index) == 0;
  }
  return state.finished;
}

}  // namespace flinkc
