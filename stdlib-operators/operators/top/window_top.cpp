#include "stdlib-operators/operators/top/window_top.h"

#include <algorithm>
#include <utility>

#include "runtime/graph/kept_columns.h"
#include "runtime/graph/window_time.h"

namespace flinkc {

namespace {

constexpr int64_t kMillisecond = 1000;

}  // namespace

WindowTop::WindowTop(OperatorContext context)
    : context_(std::move(context)),
      top_(std::get<TopDescriptor>(context_.layout->descriptor)),
      window_(*top_.window),
      limit_(static_cast<size_t>(top_.limit)),
      key_bytes_(context_.states[0]->layout().key_bytes),
      has_short_key_(context_.states[0]->layout().key_view_offsets.empty()),
      result_(context_.outputs[0]),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)),
      late_dropped_(context_.counter("late_dropped:" + context_.layout->name)),
      key_(context_.layout->inputs[0], top_.keys, KeptKey(context_.layout->inputs[0], top_)),
      rows_(context_, top_),
      timers_(context_.states[1]->table()) {}

Result<int32_t> WindowTop::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  const int64_t* times = batch.Values<int64_t>(window_.time_column);
  const int64_t* watermarks = batch.Values<int64_t>(window_.watermark_column);
  for (int32_t row = from_row; row < batch.row_count(); ++row) {
    const int64_t window = WindowTimeOf(window_.size_micros, window_.offset_micros, times[row]);
    // Its own split had closed the window; or, of a row that another operator held back, all had.
    if (watermarks[row] >= window || watermark_ >= window) {
      ++*late_dropped_;
      continue;
    }
    const RowKind kind = batch.kind(row);
    const bool removes = kind == RowKind::kUpdateBefore || kind == RowKind::kDelete;
    RETURN_IF_ERROR(removes         ? Remove(batch, row, window)
                    : top_.retracts ? Keep(batch, row, window)
                                    : Insert(batch, row, window));
  }
  return batch.row_count();
}

bool WindowTop::IsBehindBar(const RecordBatch& batch, int32_t row, const StateKey& key,
                            int64_t window) const {
  if (!bar_.is_known || bar_.window != window || bar_.hash != key.hash) return false;
  if (std::string_view(key.bytes, key_bytes_) != bar_.key) return false;
  const int order = rows_.Compare(batch, row, bar_.row);
  return top_.with_ties ? order > 0 : order >= 0;
}

Status WindowTop::Insert(const RecordBatch& batch, int32_t row, int64_t window) {
  const StateKey key = key_.Read(batch, row, window);
  if (IsBehindBar(batch, row, key, window)) return {};
  RETURN_IF_ERROR(rows_.Load(key));
  const size_t place = rows_.PlaceOf(batch, row, /*equal_gives_way=*/false);
  const bool is_full = Among() >= limit_;
  const bool ties = top_.with_ties && is_full && rows_.Compare(batch, row, rows_[limit_ - 1]) == 0;
  if (place >= limit_ && is_full && !ties) {
    RaiseBar(key, window);
    return {};
  }
  if (rows_.size() == 0) RETURN_IF_ERROR(timers_.Set(window, key));
  RETURN_IF_ERROR(rows_.Insert(key, place, rows_.size(), batch, row));
  RETURN_IF_ERROR(rows_.Load(key));
  // What is not among the first any more goes.
  RETURN_IF_ERROR(rows_.Truncate(key, Among()));
  RaiseBar(key, window);
  return {};
}

Status WindowTop::Keep(const RecordBatch& batch, int32_t row, int64_t window) {
  const StateKey key = key_.Read(batch, row, window);
  RETURN_IF_ERROR(rows_.Load(key));
  if (rows_.size() == 0) RETURN_IF_ERROR(timers_.Set(window, key));
  return rows_.Insert(key, rows_.PlaceOf(batch, row, /*equal_gives_way=*/false), rows_.size(),
                      batch, row);
}

Status WindowTop::Remove(const RecordBatch& batch, int32_t row, int64_t window) {
  const StateKey key = key_.Read(batch, row, window);
  RETURN_IF_ERROR(rows_.Load(key));
  const size_t place = rows_.Find(rows_.Encode(batch, row));
  return place == rows_.size() ? Status() : rows_.Remove(key, place);
}

size_t WindowTop::Among() const {
  const size_t size = rows_.size();
  if (size <= limit_ || !top_.with_ties) return std::min(size, limit_);
  size_t among = limit_;
  while (among < size && rows_.Compare(rows_[limit_ - 1], rows_[among]) == 0) ++among;
  return among;
}

void WindowTop::RaiseBar(const StateKey& key, int64_t window) {
  bar_.is_known = has_short_key_ && rows_.size() >= limit_;
  if (!bar_.is_known) return;
  bar_.window = window;
  bar_.hash = key.hash;
  bar_.key.assign(key.bytes, key_bytes_);
  bar_.row.assign(rows_[limit_ - 1]);
}

Result<bool> WindowTop::OnWatermark(int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  bar_.is_known = false;
  Status emitted;
  while (*context_.blocked == 0) {
    const bool fired = timers_.FireNext(
        watermark_, [&](int64_t window, const StateKey& key) { emitted = EmitGroup(window, key); });
    RETURN_IF_ERROR(emitted);
    if (!fired) return true;
  }
  return false;
}

Status WindowTop::EmitGroup(int64_t window, const StateKey& key) {
  RETURN_IF_ERROR(rows_.Load(key));
  if (rows_.size() == 0) return {};
  size_t rank = 0;
  const size_t among = result_ == nullptr ? 0 : Among();
  for (size_t i = 0; i < among; ++i) {
    const bool is_tie = top_.with_ties && i > 0 && rows_.Compare(rows_[i - 1], rows_[i]) == 0;
    if (!is_tie) rank = i + 1;
    RecordBatch& to = result_->batch();
    const int32_t row = result_->row();
    rows_.WriteKept(rows_[i], to, row);
    size_t column = top_.columns.size();
    if (window_.size_micros > 0) {
      const int64_t end = window + kMillisecond;
      to.Values<int64_t>(column++)[row] = end - window_.size_micros;
      to.Values<int64_t>(column++)[row] = end;
      to.Values<int64_t>(column++)[row] = window;
    }
    if (top_.with_rank) to.Values<int64_t>(column)[row] = static_cast<int64_t>(rank);
    result_->Push(RowKind::kInsert);
    ++*rows_out_;
  }
  return rows_.Clear(key);
}

}  // namespace flinkc
