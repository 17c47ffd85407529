#include "stdlib-operators/operators/join/regular_join.h"

#include <algorithm>
#include <utility>

namespace flinkc {

namespace {

bool IsRetract(RowKind kind) { return kind == RowKind::kUpdateBefore || kind == RowKind::kDelete; }

}  // namespace

RegularJoin::RegularJoin(OperatorContext context) : JoinOperator(std::move(context)) {}

Result<int32_t> RegularJoin::Process(uint32_t input, const RecordBatch& batch, int32_t from_row) {
  const size_t side = input;
  if (join_.kind == JoinKind::kInner) return ProcessInner(side, batch, from_row);
  int32_t row = from_row;
  const uint64_t* hashes = batch.layout().key_hashes;
  while (row < batch.row_count() && !is_blocked()) {
    if (hashes != nullptr) {
      sides_[0].rows().Prefetch(hashes, row, batch.row_count());
      sides_[1].rows().Prefetch(hashes, row, batch.row_count());
    }
    RETURN_IF_ERROR(ProcessOne(side, batch, row));
    ++row;
  }
  return row;
}

// Pairs of several rows are collected, so that the condition is evaluated, and each column written,
// for many at once.
Result<int32_t> RegularJoin::ProcessInner(size_t side, const RecordBatch& batch, int32_t from_row) {
  KeyedRows& others = sides_[1 - side].rows();
  const uint64_t* hashes = batch.layout().key_hashes;
  const int32_t rows = batch.row_count();
  int32_t row = from_row;
  while (row < rows && !is_blocked()) {
    pairs_.clear();
    condition_.Clear();
    while (row < rows && pairs_.size() < PairCondition::kPairsMax) {
      if (hashes != nullptr) {
        others.Prefetch(hashes, row, rows);
        sides_[side].rows().Prefetch(hashes, row, rows);
      }
      if (sides_[side].HasNullKey(batch, row)) {
        ++row;
        continue;
      }
      const StateKey key = sides_[side].KeyOf(batch, row);
      ASSIGN_OR_RETURN(const RowsOfKey kept, others.Read(key, now()));
      Pair pair;
      pair.row = row;
      while (pairs_.size() < PairCondition::kPairsMax && kept.Next(&next_kept_, &pair.kept)) {
        pairs_.push_back(pair);
        if (condition_.exists()) {
          condition_.Add(sides_, side, batch, row, pair.kept.bytes);
        }
      }
      uint32_t rest = next_kept_;
      const bool is_done = !kept.Next(&rest, &pair.kept);
      if (is_done) {
        RETURN_IF_ERROR(Keep(side, key, batch, row, 0));
        next_kept_ = 0;
        ++row;
      }
      // What is not all in memory may be gone when the next key is asked for.
      if (!is_done || !others.is_in_memory()) break;
    }
    if (condition_.exists() && !condition_.Evaluate()) return ConditionFailed();
    EmitInner(side, batch);
  }
  return row;
}

void RegularJoin::EmitInner(size_t side, const RecordBatch& batch) {
  BeginPairs();
  came_.clear();
  kept_.clear();
  for (size_t i = 0; i < pairs_.size(); ++i) {
    if (condition_.exists() && !condition_.Holds(i)) continue;
    for (uint32_t n = 0; n < pairs_[i].kept.count; ++n) {
      came_.push_back(pairs_[i].row);
      kept_.push_back(pairs_[i].kept.bytes);
      if (came_.size() < PairCondition::kPairsMax) continue;
      EmitPairs(side, batch, came_, kept_);
      came_.clear();
      kept_.clear();
    }
  }
  EmitPairs(side, batch, came_, kept_);
}

Status RegularJoin::Keep(size_t side, const StateKey& key, const RecordBatch& batch, int32_t row,
                         int64_t matches) {
  JoinSide& own = sides_[side];
  const bool counts = join_.CountsMatches(side);
  const bool changes = context_.layout->input_row_kinds[side];
  if (!counts && !changes) return own.Append(key, batch, row, now());
  const std::string_view bytes =
      counts ? own.EncodeCounted(batch, row, matches) : own.Encode(batch, row);
  if (!changes) return own.rows().Append(key, bytes, now());
  const int64_t delta = IsRetract(batch.kind(row)) ? -1 : 1;
  const Result<int64_t> count =
      own.rows().Change(key, bytes, delta, now(), counts ? JoinSide::kMatchesBytes : 0);
  return count ? Status() : std::unexpected(count.error());
}

Status RegularJoin::FindMatches(size_t side, const RecordBatch& batch, int32_t row,
                                const StateKey& key) {
  matches_.clear();
  ASSIGN_OR_RETURN(const RowsOfKey kept, sides_[1 - side].rows().Read(key, now()));
  uint32_t at = 0;
  uint32_t place = 0;
  KeyedRow next;
  bool more = kept.Next(&at, &next);
  while (more) {
    condition_.Clear();
    pairs_.clear();
    const uint32_t first = place;
    for (; more && pairs_.size() < PairCondition::kPairsMax; more = kept.Next(&at, &next)) {
      pairs_.push_back({row, next});
      if (condition_.exists()) condition_.Add(sides_, side, batch, row, next.bytes);
      ++place;
    }
    if (condition_.exists() && !condition_.Evaluate()) return ConditionFailed();
    for (uint32_t i = 0; i < pairs_.size(); ++i) {
      if (condition_.exists() && !condition_.Holds(i)) continue;
      matches_.push_back({std::string(pairs_[i].kept.bytes), pairs_[i].kept.count, first + i});
    }
  }
  return {};
}

Status RegularJoin::NoteMatches(size_t side, const StateKey& key, int64_t delta) {
  uint32_t place = 0;
  size_t next = 0;
  return sides_[side].rows().RemoveIf(key, now(), [&](char* bytes, uint32_t size) {
    if (next < matches_.size() && matches_[next].place == place) {
      const int64_t matches = JoinSide::MatchesOf({bytes, size}) + delta;
      JoinSide::SetMatches(std::max<int64_t>(matches, 0), bytes, size);
      ++next;
    }
    ++place;
    return false;
  });
}

Status RegularJoin::ProcessOne(size_t side, const RecordBatch& batch, int32_t row) {
  const RowKind kind = batch.kind(row);
  const bool is_padded = IsOuter(join_.kind, side) || (join_.kind == JoinKind::kAnti && side == 0);
  if (sides_[side].HasNullKey(batch, row)) {
    if (is_padded) EmitCameAlone(side, batch, row, kind);
    return {};
  }
  const StateKey key = sides_[side].KeyOf(batch, row);
  RETURN_IF_ERROR(FindMatches(side, batch, row, key));
  int64_t matches = 0;
  for (const Match& match : matches_) matches += match.count;
  // Whether the others have matches is looked at without this row.
  if (IsRetract(kind)) RETURN_IF_ERROR(Keep(side, key, batch, row, matches));
  RETURN_IF_ERROR(EmitMatches(side, batch, row, kind, key));
  if (matches_.empty() && is_padded) EmitCameAlone(side, batch, row, kind);
  if (!matches_.empty() && join_.CountsMatches(1 - side)) {
    RETURN_IF_ERROR(NoteMatches(1 - side, key, IsRetract(kind) ? -1 : 1));
  }
  return IsRetract(kind) ? Status() : Keep(side, key, batch, row, matches);
}

Status RegularJoin::EmitMatches(size_t side, const RecordBatch& batch, int32_t row, RowKind kind,
                                const StateKey& key) {
  if (matches_.empty()) return {};
  const bool left_only = IsLeftOnly(join_.kind);
  if (left_only && side == 0) {
    if (join_.kind == JoinKind::kSemi) EmitCameAlone(0, batch, row, kind);
    return {};
  }
  // Whether a row of the other side leaves alone as well, so that this row may change that.
  const bool others_alone = left_only || IsOuter(join_.kind, 1 - side);
  const bool counts = join_.CountsMatches(1 - side);
  const bool retracts = IsRetract(kind);
  bool is_first_or_last = false;
  if (others_alone && !counts) {
    ASSIGN_OR_RETURN(const RowsOfKey own, sides_[side].rows().Read(key, now()));
    is_first_or_last = own.empty();
  }
  for (const Match& match : matches_) {
    if (counts) is_first_or_last = JoinSide::MatchesOf(match.bytes) == (retracts ? 1 : 0);
    for (uint32_t n = 0; n < match.count; ++n) {
      if (left_only) {
        if (!is_first_or_last) continue;
        const bool appears = retracts == (join_.kind == JoinKind::kAnti);
        EmitKeptAlone(0, match.bytes, appears ? RowKind::kInsert : RowKind::kDelete);
        continue;
      }
      if (is_first_or_last && !retracts) EmitKeptAlone(1 - side, match.bytes, RowKind::kDelete);
      EmitPair(side, batch, row, match.bytes, kind);
      if (is_first_or_last && retracts) EmitKeptAlone(1 - side, match.bytes, RowKind::kInsert);
    }
  }
  return {};
}

}  // namespace flinkc
