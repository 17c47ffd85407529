#include "stdlib-operators/operators/join/temporal_join.h"

#include <algorithm>
#include <utility>

namespace flinkc {

namespace {

// Whether a version says that its key is gone from its time on: its last byte.
bool IsDeleted(std::string_view version) { return version.back() != 0; }

}  // namespace

TemporalJoin::TemporalJoin(OperatorContext context)
    : JoinOperator(std::move(context)),
      versions_of_(*join_.versions),
      watermark_columns_{shape_.sides[0].IndexOf(kWatermarkColumn),
                         shape_.sides[1].IndexOf(kWatermarkColumn)},
      late_dropped_(context_.counter("late_dropped:" + context_.layout->name)),
      timers_(context_.states[2]->table()) {}

Result<int32_t> TemporalJoin::Process(uint32_t input, const RecordBatch& batch, int32_t from_row) {
  const uint64_t* hashes = batch.layout().key_hashes;
  int32_t row = from_row;
  for (; row < batch.row_count() && !is_blocked(); ++row) {
    if (hashes != nullptr) sides_[input].rows().Prefetch(hashes, row, batch.row_count());
    // What replaces it says all.
    if (batch.kind(row) == RowKind::kUpdateBefore) continue;
    if (IsLate(input, batch, row)) {
      ++*late_dropped_;
      continue;
    }
    RETURN_IF_ERROR(input == 0 ? Wait(batch, row) : KeepVersion(batch, row));
  }
  return row;
}

// Rows that another operator has made bring no watermark, or one that nothing is behind.
bool TemporalJoin::IsLate(size_t side, const RecordBatch& batch, int32_t row) const {
  const std::optional<size_t> hidden = watermark_columns_[side];
  if (!hidden) return false;
  const auto index = static_cast<size_t>(row);
  return batch.Values<int64_t>(versions_of_.times[side])[index] <
         batch.Values<int64_t>(*hidden)[index];
}

Status TemporalJoin::Wait(const RecordBatch& batch, int32_t row) {
  if (sides_[0].HasNullKey(batch, row)) {
    if (join_.kind == JoinKind::kLeft) EmitCameAlone(0, batch, row, RowKind::kInsert);
    return {};
  }
  const int64_t time = batch.Values<int64_t>(versions_of_.times[0])[static_cast<size_t>(row)];
  const StateKey key = sides_[0].KeyOf(batch, row);
  RETURN_IF_ERROR(sides_[0].Append(key, batch, row, now()));
  // Versions of just this time may still come at a watermark of just this time.
  return timers_.Set(time + 1, key);
}

Status TemporalJoin::KeepVersion(const RecordBatch& batch, int32_t row) {
  if (sides_[1].HasNullKey(batch, row)) return {};
  const int64_t time = batch.Values<int64_t>(versions_of_.times[1])[static_cast<size_t>(row)];
  const StateKey key = sides_[1].KeyOf(batch, row);
  const bool is_deleted = batch.kind(row) == RowKind::kDelete;
  std::string version(sides_[1].Encode(batch, row));
  if (is_deleted) version.back() = 1;
  RETURN_IF_ERROR(LoadVersions(key));
  KeyedRows& rows = sides_[1].rows();
  const auto place = std::ranges::lower_bound(versions_, time, {}, &Version::time);
  const size_t before = static_cast<size_t>(place - versions_.begin());
  const bool replaces = place != versions_.end() && place->time == time;
  const auto next = replaces ? place + 1 : place;
  // When the one before it, or it itself before the next, can be forgotten.
  if (before > 0 || is_deleted) RETURN_IF_ERROR(timers_.Set(time, key));
  if (next != versions_.end()) RETURN_IF_ERROR(timers_.Set(next->time, key));
  if (place == versions_.end()) return rows.Append(key, version, now());
  return replaces ? rows.ReplaceAt(key, place->at, version, now())
                  : rows.InsertAt(key, place->at, version, now());
}

Result<bool> TemporalJoin::OnWatermark(int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  Status settled;
  while (!is_blocked()) {
    const bool fired =
        timers_.FireNext(watermark_, [&](int64_t, const StateKey& key) { settled = Settle(key); });
    RETURN_IF_ERROR(settled);
    if (!fired) return true;
  }
  return false;
}

Status TemporalJoin::Settle(const StateKey& key) {
  RETURN_IF_ERROR(LoadVersions(key));
  KeyedRows& waiting = sides_[0].rows();
  ASSIGN_OR_RETURN(const RowsOfKey rows, waiting.Read(key, now()));
  KeyedRow row;
  bool any = false;
  due_.clear();
  condition_.Clear();
  for (uint32_t at = 0; rows.Next(&at, &row);) {
    const int64_t time = sides_[0].TimeOfKept(row.bytes);
    if (time >= watermark_) continue;
    any = true;
    due_.push_back({row.bytes, VersionAt(time)});
    if (condition_.exists() && due_.back().version != nullptr) {
      condition_.AddKept(sides_, row.bytes, due_.back().version->bytes);
    }
    if (due_.size() == PairCondition::kPairsMax) RETURN_IF_ERROR(EmitDue());
  }
  RETURN_IF_ERROR(EmitDue());
  if (any) {
    RETURN_IF_ERROR(waiting.RemoveIf(key, now(), [&](const char* bytes, uint32_t size) {
      return sides_[0].TimeOfKept(std::string_view(bytes, size)) < watermark_;
    }));
  }
  return Prune(key);
}

Status TemporalJoin::LoadVersions(const StateKey& key) {
  versions_.clear();
  ASSIGN_OR_RETURN(const RowsOfKey rows, sides_[1].rows().Read(key, now()));
  KeyedRow row;
  uint32_t at = 0;
  for (uint32_t next = 0; rows.Next(&next, &row); at = next) {
    versions_.push_back({sides_[1].TimeOfKept(row.bytes), at, row.bytes});
  }
  return {};
}

const TemporalJoin::Version* TemporalJoin::VersionAt(int64_t time) const {
  const auto after = std::ranges::upper_bound(versions_, time, {}, &Version::time);
  if (after == versions_.begin()) return nullptr;
  const Version& version = *(after - 1);
  return IsDeleted(version.bytes) ? nullptr : &version;
}

Status TemporalJoin::EmitDue() {
  if (condition_.exists() && !condition_.Evaluate()) return ConditionFailed();
  size_t pair = 0;
  for (const Due& due : due_) {
    const bool matches =
        due.version != nullptr && (!condition_.exists() || condition_.Holds(pair++));
    if (matches) {
      EmitKeptPair(due.row, due.version->bytes, RowKind::kInsert);
    } else if (join_.kind == JoinKind::kLeft) {
      EmitKeptAlone(0, due.row, RowKind::kInsert);
    }
  }
  due_.clear();
  condition_.Clear();
  return {};
}

// Rows to come are not before the watermark.
Status TemporalJoin::Prune(const StateKey& key) {
  const auto after = std::ranges::upper_bound(versions_, watermark_, {}, &Version::time);
  if (after == versions_.begin()) return {};
  const bool is_gone = IsDeleted((after - 1)->bytes);
  const int64_t first = is_gone ? (after - 1)->time + 1 : (after - 1)->time;
  if (versions_[0].time >= first) return {};
  return sides_[1].rows().RemoveIf(key, now(), [&](const char* bytes, uint32_t size) {
    return sides_[1].TimeOfKept(std::string_view(bytes, size)) < first;
  });
}

}  // namespace flinkc
