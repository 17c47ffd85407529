#include "stdlib-operators/operators/join/interval_join.h"

#include <utility>

#include "runtime/base/round_up.h"

namespace flinkc {

IntervalJoin::IntervalJoin(OperatorContext context)
    : JoinOperator(std::move(context)),
      interval_(*join_.interval),
      late_dropped_(context_.counter("late_dropped:" + context_.layout->name)),
      timers_(context_.states[2]->table()) {
  size_t output = 1;
  for (size_t side = 0; side < 2; ++side) {
    watermark_columns_[side] = WatermarkColumnOf(sides_[side].schema());
    if (join_.gives_unmatched[side]) unmatched_[side] = context_.outputs[output++];
  }
}

int64_t IntervalJoin::LastMatch(size_t side, int64_t time) const {
  return side == 0 ? time + interval_.upper_micros : time - interval_.lower_micros;
}

bool IntervalJoin::IsMatch(size_t side, int64_t time, int64_t other_time) const {
  const int64_t difference = side == 0 ? other_time - time : time - other_time;
  return difference >= interval_.lower_micros && difference <= interval_.upper_micros;
}

Result<int32_t> IntervalJoin::Process(uint32_t input, const RecordBatch& batch, int32_t from_row) {
  const uint64_t* hashes = batch.layout().key_hashes;
  int32_t row = from_row;
  for (; row < batch.row_count() && !is_blocked(); ++row) {
    if (hashes != nullptr) {
      sides_[0].rows().Prefetch(hashes, row, batch.row_count());
      sides_[1].rows().Prefetch(hashes, row, batch.row_count());
    }
    RETURN_IF_ERROR(ProcessOne(input, batch, row));
  }
  return row;
}

Status IntervalJoin::ProcessOne(size_t side, const RecordBatch& batch, int32_t row) {
  const auto index = static_cast<size_t>(row);
  const int64_t time = batch.Values<int64_t>(interval_.times[side])[index];
  if (time < batch.Values<int64_t>(watermark_columns_[side])[index]) {
    ++*late_dropped_;
    return {};
  }
  if (sides_[side].HasNullKey(batch, row)) {
    EmitUnmatchedCame(side, batch, row);
    return {};
  }
  const StateKey key = sides_[side].KeyOf(batch, row);
  ASSIGN_OR_RETURN(const bool has_matched, Match(side, batch, row, key, time));
  if (LastMatch(side, time) < watermark_) {
    if (!has_matched) EmitUnmatchedCame(side, batch, row);
    return {};
  }
  RETURN_IF_ERROR(
      sides_[side].Append(key, batch, row, now(), has_matched && join_.NotesMatches(side)));
  return timers_.Set(RoundUp(LastMatch(side, time) + 1, interval_.cleanup_micros()), key);
}

Result<bool> IntervalJoin::Match(size_t side, const RecordBatch& batch, int32_t row,
                                 const StateKey& key, int64_t time) {
  const size_t other = 1 - side;
  ASSIGN_OR_RETURN(const RowsOfKey kept, sides_[other].rows().Read(key, now()));
  matched_.clear();
  uint32_t at = 0;
  uint32_t place = 0;
  KeyedRow next;
  bool more = kept.Next(&at, &next);
  while (more) {
    candidates_.clear();
    condition_.Clear();
    for (; more && candidates_.size() < PairCondition::kPairsMax;
         more = kept.Next(&at, &next), ++place) {
      if (!IsMatch(side, time, sides_[other].TimeOfKept(next.bytes))) continue;
      candidates_.push_back({next.bytes, place});
      if (condition_.exists()) condition_.Add(sides_, side, batch, row, next.bytes);
    }
    if (condition_.exists() && !condition_.Evaluate()) return ConditionFailed();
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (condition_.exists() && !condition_.Holds(i)) continue;
      const std::string_view bytes = candidates_[i].bytes;
      matched_.push_back(candidates_[i].place);
      const bool has_matched = join_.NotesMatches(other) && JoinSide::HasMatched(bytes);
      if (!IsLeftOnly(join_.kind)) {
        EmitPair(side, batch, row, bytes, RowKind::kInsert);
      } else if (side == 1 && join_.kind == JoinKind::kSemi && !has_matched) {
        EmitKeptAlone(0, bytes, RowKind::kInsert);
      }
    }
  }
  if (!matched_.empty() && side == 0 && join_.kind == JoinKind::kSemi) {
    EmitCameAlone(0, batch, row, RowKind::kInsert);
  }
  if (!matched_.empty() && join_.NotesMatches(other)) RETURN_IF_ERROR(NoteMatches(other, key));
  return !matched_.empty();
}

Status IntervalJoin::NoteMatches(size_t side, const StateKey& key) {
  uint32_t place = 0;
  size_t next = 0;
  return sides_[side].rows().RemoveIf(key, now(), [&](char* bytes, uint32_t size) {
    if (next < matched_.size() && matched_[next] == place) {
      bytes[size - 1] = 1;
      ++next;
    }
    ++place;
    return false;
  });
}

Result<bool> IntervalJoin::OnWatermark(int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  Status forgotten;
  while (!is_blocked()) {
    const bool fired = timers_.FireNext(watermark_, [&](int64_t, const StateKey& key) {
      forgotten = Forget(0, key, watermark_);
      if (forgotten) forgotten = Forget(1, key, watermark_);
    });
    RETURN_IF_ERROR(forgotten);
    if (!fired) return true;
  }
  return false;
}

Status IntervalJoin::Forget(size_t side, const StateKey& key, int64_t watermark) {
  return sides_[side].rows().RemoveIf(key, now(), [&](const char* bytes, uint32_t size) {
    const std::string_view kept(bytes, size);
    if (LastMatch(side, sides_[side].TimeOfKept(kept)) >= watermark) return false;
    if (join_.NotesMatches(side) && !JoinSide::HasMatched(kept)) EmitUnmatchedKept(side, kept);
    return true;
  });
}

void IntervalJoin::EmitUnmatchedKept(size_t side, std::string_view kept) {
  if (IsOuter(join_.kind, side) || (side == 0 && join_.kind == JoinKind::kAnti)) {
    EmitKeptAlone(side, kept, RowKind::kInsert);
  }
  if (OperatorOutput* output = unmatched_[side]) {
    sides_[side].WriteAllKept(kept, context_.arena, output->batch(), output->row());
    output->Push(RowKind::kInsert);
  }
}

void IntervalJoin::EmitUnmatchedCame(size_t side, const RecordBatch& batch, int32_t row) {
  if (IsOuter(join_.kind, side) || (side == 0 && join_.kind == JoinKind::kAnti)) {
    EmitCameAlone(side, batch, row, RowKind::kInsert);
  }
  if (OperatorOutput* output = unmatched_[side]) {
    sides_[side].WriteAllCame(batch, row, output->batch(), output->row());
    output->Push(RowKind::kInsert);
  }
}

}  // namespace flinkc
