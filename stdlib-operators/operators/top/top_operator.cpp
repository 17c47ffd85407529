#include "stdlib-operators/operators/top/top_operator.h"

#include <algorithm>
#include <utility>

#include "runtime/graph/kept_columns.h"
#include "runtime/graph/window_time.h"

namespace flinkc {

namespace {

constexpr int64_t kMillisecond = 1000;

}  // namespace

TopOperator::TopOperator(OperatorContext context)
    : context_(std::move(context)),
      top_(std::get<TopDescriptor>(context_.layout->descriptor)),
      limit_(static_cast<size_t>(top_.limit)),
      result_(context_.outputs[0]),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)),
      late_dropped_(top_.window ? context_.counter("late_dropped:" + context_.layout->name)
                                : nullptr),
      key_(context_.layout->inputs[0], top_.keys, KeptKey(context_.layout->inputs[0], top_)),
      rows_(context_, top_) {
  if (top_.window) timers_.emplace(context_.states[1]->table());
}

Result<int32_t> TopOperator::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  const uint64_t* hashes = batch.layout().key_hashes;
  int32_t row = from_row;
  for (; row < batch.row_count() && *context_.blocked == 0; ++row) {
    if (hashes != nullptr) rows_.Prefetch(hashes, row, batch.row_count());
    if (top_.window && !EnterWindow(batch, row)) {
      ++*late_dropped_;
      continue;
    }
    const StateKey key = key_.Read(batch, row, window_time_);
    const RowKind kind = batch.kind(row);
    const bool removes = kind == RowKind::kUpdateBefore || kind == RowKind::kDelete;
    RETURN_IF_ERROR(removes ? Remove(key, rows_.Encode(batch, row)) : Insert(key, batch, row));
  }
  return row;
}

bool TopOperator::EnterWindow(const RecordBatch& batch, int32_t row) {
  const TopWindow& window = *top_.window;
  const auto at = static_cast<size_t>(row);
  window_time_ = WindowTimeOf(window.size_micros, window.offset_micros,
                              batch.Values<int64_t>(window.time_column)[at]);
  if (window.size_micros > 0) {
    const int64_t end = window_time_ + kMillisecond;
    window_columns_ = {end - window.size_micros, end, window_time_};
  }
  // Its own split had closed the window; or, of a row that another operator held back, all had.
  const int64_t watermark = batch.Values<int64_t>(window.watermark_column)[at];
  return std::max(watermark, watermark_) < window_time_;
}

Result<bool> TopOperator::OnWatermark(int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  if (!timers_) return true;
  Status cleared;
  while (timers_->FireNext(watermark_, [&](int64_t, const StateKey& key) {
    if (cleared) cleared = rows_.Clear(key);
  })) {
    RETURN_IF_ERROR(cleared);
  }
  return true;
}

Status TopOperator::Insert(const StateKey& key, const RecordBatch& batch, int32_t row) {
  RETURN_IF_ERROR(rows_.Load(key));
  const size_t place = rows_.PlaceOf(batch, row, top_.newest_first);
  if (place >= limit_ && !top_.retracts) return {};
  if (timers_ && rows_.size() == 0) RETURN_IF_ERROR(timers_->Set(window_time_, key));
  if (place < limit_) TellInserted(place, batch, row);
  // What nothing can bring back goes.
  return rows_.Insert(key, place, top_.retracts ? rows_.size() : limit_ - 1, batch, row);
}

Status TopOperator::Remove(const StateKey& key, std::string_view row) {
  RETURN_IF_ERROR(rows_.Load(key));
  const size_t place = rows_.Find(row);
  // A row that has outlived its time to live.
  if (place == rows_.size()) return {};
  if (place < limit_) TellRemoved(place);
  return rows_.Remove(key, place);
}

// Tells that a row comes before the one at `place`.
void TopOperator::TellInserted(size_t place, const RecordBatch& batch, int32_t row) {
  const size_t shown = std::min(rows_.size(), limit_);
  const bool is_full = shown == limit_;
  if (!top_.with_rank) {
    if (!is_full) return EmitCame(batch, row, 0, RowKind::kInsert);
    if (limit_ == 1) {
      if (top_.tells_old) EmitKept(0, 0, RowKind::kUpdateBefore);
      return EmitCame(batch, row, 0, RowKind::kUpdateAfter);
    }
    EmitKept(limit_ - 1, 0, RowKind::kDelete);
    return EmitCame(batch, row, 0, RowKind::kInsert);
  }
  for (size_t i = place; i < shown; ++i) {
    if (top_.tells_old) EmitKept(i, i + 1, RowKind::kUpdateBefore);
    if (i == place) {
      EmitCame(batch, row, i + 1, RowKind::kUpdateAfter);
    } else {
      EmitKept(i - 1, i + 1, RowKind::kUpdateAfter);
    }
  }
  if (is_full) return;
  if (place == shown) {
    EmitCame(batch, row, shown + 1, RowKind::kInsert);
  } else {
    EmitKept(shown - 1, shown + 1, RowKind::kInsert);
  }
}

// Tells that the row at `place` goes; the first one behind the limit comes in.
void TopOperator::TellRemoved(size_t place) {
  const bool comes_in = rows_.size() > limit_;
  if (!top_.with_rank) {
    if (limit_ == 1 && comes_in) {
      if (top_.tells_old) EmitKept(0, 0, RowKind::kUpdateBefore);
      return EmitKept(1, 0, RowKind::kUpdateAfter);
    }
    EmitKept(place, 0, RowKind::kDelete);
    if (comes_in) EmitKept(limit_, 0, RowKind::kInsert);
    return;
  }
  const size_t shown = std::min(rows_.size(), limit_);
  for (size_t i = place; i < shown; ++i) {
    if (i + 1 == rows_.size()) {
      EmitKept(i, i + 1, RowKind::kDelete);
      return;
    }
    if (top_.tells_old) EmitKept(i, i + 1, RowKind::kUpdateBefore);
    EmitKept(i + 1, i + 1, RowKind::kUpdateAfter);
  }
}

void TopOperator::EmitKept(size_t place, size_t rank, RowKind kind) {
  if (result_ == nullptr) return;
  rows_.WriteKept(rows_[place], result_->batch(), result_->row());
  Push(rank, kind);
}

void TopOperator::EmitCame(const RecordBatch& batch, int32_t row, size_t rank, RowKind kind) {
  if (result_ == nullptr) return;
  rows_.WriteCame(batch, row, result_->batch(), result_->row());
  Push(rank, kind);
}

void TopOperator::Push(size_t rank, RowKind kind) {
  RecordBatch& to = result_->batch();
  size_t column = top_.columns.size();
  for (const int64_t value : window_columns_) to.Values<int64_t>(column++)[result_->row()] = value;
  if (top_.with_rank) to.Values<int64_t>(column)[result_->row()] = static_cast<int64_t>(rank);
  result_->Push(kind);
  ++*rows_out_;
}

}  // namespace flinkc
