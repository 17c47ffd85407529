#include "stdlib-operators/operators/join/window_join.h"

#include <algorithm>
#include <utility>

#include "runtime/graph/window_time.h"

namespace flinkc {

WindowJoin::WindowJoin(OperatorContext context)
    : JoinOperator(std::move(context)),
      window_(*join_.window),
      watermark_columns_{WatermarkColumnOf(shape_.sides[0]), WatermarkColumnOf(shape_.sides[1])},
      late_dropped_(context_.counter("late_dropped:" + context_.layout->name)),
      timers_(context_.states[2]->table()) {}

Result<int32_t> WindowJoin::Process(uint32_t input, const RecordBatch& batch, int32_t from_row) {
  const uint64_t* hashes = batch.layout().key_hashes;
  const bool prefetches = hashes != nullptr && sides_[input].rows().is_in_memory();
  if (prefetches) HashWithWindows(input, batch, from_row);
  int32_t row = from_row;
  for (; row < batch.row_count() && !is_blocked(); ++row) {
    if (prefetches) {
      sides_[input].rows().Prefetch(hashes_.data(), row, batch.row_count());
      // The time in the hash of a timer undoes the window in that of its key.
      timers_.Prefetch(hashes, row, batch.row_count());
    }
    RETURN_IF_ERROR(ProcessOne(input, batch, row));
  }
  return row;
}

int64_t WindowJoin::WindowOf(size_t side, const RecordBatch& batch, int32_t row) const {
  const int64_t time = batch.Values<int64_t>(window_.times[side])[static_cast<size_t>(row)];
  return WindowTimeOf(window_.size_micros, window_.offset_micros, time);
}

void WindowJoin::HashWithWindows(size_t side, const RecordBatch& batch, int32_t from_row) {
  hashes_.resize(static_cast<size_t>(batch.row_count()));
  for (int32_t row = from_row; row < batch.row_count(); ++row) {
    const auto at = static_cast<size_t>(row);
    hashes_[at] = KeyReader::WithNumber(batch.layout().key_hashes[at], WindowOf(side, batch, row));
  }
}

void WindowJoin::PrefetchTimers() const {
  for (const JoinSide& side : sides_) {
    const KeyedRows& rows = side.rows();
    if (!rows.is_in_memory()) return;
    if (const auto hash = timers_.HashAhead(kSlotAhead)) rows.PrefetchSlot(*hash);
    if (const auto hash = timers_.HashAhead(kRowAhead)) rows.PrefetchRow(*hash);
    if (const auto hash = timers_.HashAhead(kBlobAhead)) rows.PrefetchBlob(*hash);
  }
}

Status WindowJoin::ProcessOne(size_t side, const RecordBatch& batch, int32_t row) {
  const auto index = static_cast<size_t>(row);
  const int64_t window = WindowOf(side, batch, row);
  if (batch.Values<int64_t>(watermark_columns_[side])[index] >= window || watermark_ >= window) {
    ++*late_dropped_;
    return {};
  }
  if (sides_[side].HasNullKey(batch, row)) {
    const bool leaves = IsOuter(join_.kind, side) || (side == 0 && join_.kind == JoinKind::kAnti);
    if (!leaves) return {};
    SetWindow(window);
    EmitCameAlone(side, batch, row, RowKind::kInsert);
    return {};
  }
  const StateKey key = sides_[side].KeyOf(batch, row, window);
  RETURN_IF_ERROR(sides_[side].Append(key, batch, row, now()));
  return timers_.Set(window, key);
}

Result<bool> WindowJoin::OnWatermark(int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  Status emitted;
  while (!is_blocked()) {
    PrefetchTimers();
    const bool fired = timers_.FireNext(
        watermark_, [&](int64_t window, const StateKey& key) { emitted = Emit(window, key); });
    RETURN_IF_ERROR(emitted);
    if (!fired) return true;
  }
  return false;
}

Status WindowJoin::Emit(int64_t window, const StateKey& key) {
  SetWindow(window);
  ASSIGN_OR_RETURN(const RowsOfKey lefts, sides_[0].rows().Read(key, now()));
  ASSIGN_OR_RETURN(const RowsOfKey rights, sides_[1].rows().Read(key, now()));
  KeyedRow row;
  while (lefts.Next(&left_at_, &row)) {
    RETURN_IF_ERROR(EmitLeft(row.bytes, rights));
    // Nothing is before it when the watermark goes on.
    if (is_blocked()) return timers_.Set(window, key);
  }
  if (IsOuter(join_.kind, 1)) EmitUnmatchedRights(rights);
  left_at_ = 0;
  right_matched_.clear();
  RETURN_IF_ERROR(sides_[0].rows().Clear(key));
  return sides_[1].rows().Clear(key);
}

Status WindowJoin::EmitLeft(std::string_view left, const RowsOfKey& rights) {
  const bool left_only = IsLeftOnly(join_.kind);
  bool has_match = false;
  size_t place = 0;
  KeyedRow right;
  uint32_t at = 0;
  bool more = rights.Next(&at, &right);
  while (more && !(left_only && has_match)) {
    rights_.clear();
    condition_.Clear();
    for (; more && rights_.size() < PairCondition::kPairsMax; more = rights.Next(&at, &right)) {
      rights_.push_back(right.bytes);
      if (condition_.exists()) condition_.AddKept(sides_, left, right.bytes);
    }
    if (condition_.exists() && !condition_.Evaluate()) return ConditionFailed();
    for (size_t i = 0; i < rights_.size(); ++i, ++place) {
      if (condition_.exists() && !condition_.Holds(i)) continue;
      has_match = true;
      if (left_only) break;
      EmitKeptPair(left, rights_[i], RowKind::kInsert);
      if (!IsOuter(join_.kind, 1)) continue;
      if (right_matched_.size() <= place) right_matched_.resize(place + 1);
      right_matched_[place] = true;
    }
  }
  const bool is_wanted = join_.kind == JoinKind::kSemi ? has_match : !has_match;
  if (is_wanted && (left_only || IsOuter(join_.kind, 0))) {
    EmitKeptAlone(0, left, RowKind::kInsert);
  }
  return {};
}

void WindowJoin::EmitUnmatchedRights(const RowsOfKey& rights) {
  size_t place = 0;
  KeyedRow right;
  for (uint32_t at = 0; rights.Next(&at, &right); ++place) {
    const bool has_match = place < right_matched_.size() && right_matched_[place];
    if (!has_match) EmitKeptAlone(1, right.bytes, RowKind::kInsert);
  }
}

}  // namespace flinkc
