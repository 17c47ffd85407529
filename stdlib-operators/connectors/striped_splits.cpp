#include "stdlib-operators/connectors/striped_splits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "stdlib-operators/connectors/source_position.h"

namespace flinkc {

namespace {

constexpr uint8_t kPositionVersion = 1;

}  // namespace

Result<std::vector<Split>> StripedEnumerator::Enumerate(uint32_t) {
  std::vector<Split> splits;
  const int64_t block_items = stripes_.block_items;
  const int64_t blocks = stripes_.total / block_items;
  for (uint32_t i = 0; i < stripes_.splits; ++i) {
    // Of the whole blocks, one more for the first ones; then what is left.
    int64_t items = blocks / stripes_.splits + (i < blocks % stripes_.splits ? 1 : 0);
    items *= block_items;
    if (i == blocks % stripes_.splits) items += stripes_.total % block_items;
    splits.push_back({fmt::format("{:04}", i), fmt::format("{}", i), items * Stripes::kItemBytes});
  }
  return splits;
}

Status StripedSplits::Add(const Split& split) {
  uint32_t index = 0;
  const char* end = split.payload.data() + split.payload.size();
  const auto [rest, error] = std::from_chars(split.payload.data(), end, index);
  if (error != std::errc() || rest != end || index >= stripes_.splits) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("there is no split `{}`", split.payload));
  }
  states_.push_back({index, 0, false});
  return split.position.empty() ? Status() : Restore(split, index);
}

Status StripedSplits::Restore(const Split& split, uint32_t index) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> numbers,
                   DecodePosition(kPositionVersion, 2, split.position, split.id));
  const int64_t block = numbers[0], done = numbers[1];
  const int64_t splits = stripes_.splits, block_items = stripes_.block_items;
  if (block % splits != index) {
    return BadPosition(split.id, fmt::format("block {} belongs to another split", block));
  }
  if (done >= block_items || block > INT64_MAX / block_items - splits - 1) {
    return BadPosition(split.id, fmt::format("there is no item {} of block {}", done, block));
  }
  states_.back() = {block, done, false};
  const bool begins = block == index && done == 0;
  if (!begins && ItemsLeft(count() - 1) == 0) {
    return BadPosition(split.id,
                       fmt::format("item {} lies behind the end, {}; were there more rows before?",
                                   block * block_items + done, stripes_.total));
  }
  return {};
}

Result<std::string> StripedSplits::Position(uint32_t index) const {
  if (index >= states_.size() || states_[index].finished) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("split {} has no position: it is finished", index));
  }
  const int64_t numbers[] = {states_[index].block, states_[index].done};
  return EncodePosition(kPositionVersion, numbers);
}

int64_t StripedSplits::ItemsDone(uint32_t index) const {
  return states_[index].block / stripes_.splits * stripes_.block_items + states_[index].done;
}

std::optional<uint32_t> StripedSplits::Next() const {
  std::optional<uint32_t> best;
  for (uint32_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.finished || state.held) continue;
    if (!best || state.block < states_[*best].block) best = i;
  }
  return best;
}

int64_t StripedSplits::FirstItem(uint32_t index) const {
  return states_[index].block * stripes_.block_items + states_[index].done;
}

int64_t StripedSplits::ItemsLeft(uint32_t index) const {
  int64_t end = (states_[index].block + 1) * stripes_.block_items;
  if (stripes_.total > 0) end = std::min(end, stripes_.total);
  return std::max<int64_t>(end - FirstItem(index), 0);
}

bool StripedSplits::Take(uint32_t index, int64_t items) {
  State& state = states_[index];
  state.done += items;
  if (ItemsLeft(index) == 0) {
    // A block that was cut off by the end is the last one, too.
    state.block += stripes_.splits;
    state.done = 0;
    state.finished = ItemsLeft(index) == 0;
  }
  return state.finished;
}

StripedReader::StripedReader(const SourceContext& context, std::string name, const Stripes& stripes,
                             double rows_per_second)
    : origin_(std::make_shared<SplitOrigin>(SplitOrigin{std::move(name), "", 0})),
      splits_(stripes),
      rate_(rows_per_second, context.parallelism, context.clock) {}

Status StripedReader::AddSplit(const Split& split) {
  RETURN_IF_ERROR(splits_.Add(split));
  // Counts as made: so much less is left to do.
  items_ += splits_.ItemsDone(splits_.count() - 1);
  return {};
}

Result<SourcePoll> StripedReader::Poll(RecordBatch& batch) {
  const std::optional<uint32_t> next = splits_.Next();
  if (!next) return SourcePoll{SourceStatus::kNeedsSplit};
  SourcePoll poll{SourceStatus::kRows, *next};
  const int64_t left = splits_.ItemsLeft(*next);
  const int64_t items = rate_.Allowed(left);
  if (items == 0 && left > 0) {
    return SourcePoll{SourceStatus::kNothingYet, 0, false, rate_.RetryAfterMicros()};
  }
  const int64_t first = splits_.FirstItem(*next);
  Fill(first, static_cast<int32_t>(items), batch);
  batch.set_origin(origin_, first);
  rate_.Take(batch.row_count());
  items_ += items;
  poll.split_finished = splits_.Take(*next, items);
  return poll;
}

}  // namespace flinkc
