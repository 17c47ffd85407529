#include "stdlib-operators/operators/top/window_top.h"

#include <algorithm>
#include <utility>

#include "runtime/graph/key_layout.h"
#include "stdlib-operators/operators/top/top_window.h"

namespace flinkc {

namespace {

constexpr int64_t kMillisecond = 1000;

Schema WindowKey(const NativeLayout& layout, const TopDescriptor& top) {
  Schema key = KeySchema(layout.inputs[0], top.keys, /*not_null=*/false);
  key.Add({"window", DataType(TypeKind::kBigint, false)});
  return key;
}

}  // namespace

WindowTop::WindowTop(OperatorContext context)
    : context_(std::move(context)),
      top_(std::get<TopDescriptor>(context_.layout->descriptor)),
      window_(*top_.window),
      limit_(static_cast<size_t>(top_.limit)),
      kept_columns_(KeptColumns(context_.layout->inputs[0], top_)),
      codec_(context_.states[0]->layout().schema.rows),
      order_(top_.order, kept_columns_, context_.states[0]->layout().schema.rows),
      key_bytes_(context_.states[0]->layout().key_bytes),
      has_short_key_(context_.states[0]->layout().key_view_offsets.empty()),
      result_(context_.outputs[0]),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)),
      late_dropped_(context_.counter("late_dropped:" + context_.layout->name)),
      key_(context_.layout->inputs[0], top_.keys, WindowKey(*context_.layout, top_)),
      rows_(context_.states[0]->table()),
      timers_(context_.states[1]->table()) {
  for (const uint32_t column : kept_columns_) {
    const auto at = std::ranges::find(top_.columns, column);
    kept_to_result_.push_back(at == top_.columns.end()
                                  ? RowCodec::kNowhere
                                  : static_cast<uint32_t>(at - top_.columns.begin()));
  }
}

Result<int32_t> WindowTop::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  const int64_t* times = batch.Values<int64_t>(window_.time_column);
  const int64_t* watermarks = batch.Values<int64_t>(window_.watermark_column);
  for (int32_t row = from_row; row < batch.row_count(); ++row) {
    const int64_t window = WindowTimeOf(window_, times[row]);
    // Its own split had closed the window; or, of a row that another operator held back, all had.
    if (watermarks[row] >= window || watermark_ >= window) {
      ++*late_dropped_;
      continue;
    }
    RETURN_IF_ERROR(Insert(batch, row, window));
  }
  return batch.row_count();
}

bool WindowTop::IsBehindBar(const RecordBatch& batch, int32_t row, const StateKey& key,
                            int64_t window) const {
  if (!bar_.is_known || bar_.window != window || bar_.hash != key.hash) return false;
  if (std::string_view(key.bytes, key_bytes_) != bar_.key) return false;
  const int order = order_.Compare(batch, row, bar_.row);
  return top_.with_ties ? order > 0 : order >= 0;
}

Status WindowTop::Insert(const RecordBatch& batch, int32_t row, int64_t window) {
  const StateKey key = key_.Read(batch, row, window);
  if (IsBehindBar(batch, row, key, window)) return {};
  encoded_.clear();
  codec_.Append(batch, kept_columns_, row, &encoded_);
  RETURN_IF_ERROR(Load(key));
  const int64_t now = *context_.now_micros;
  // It stands behind rows that are equal by the order.
  const auto place = std::ranges::partition_point(
      kept_, [&](const Kept& kept) { return order_.Compare(kept.bytes, encoded_) <= 0; });
  const bool is_full = Among() >= limit_;
  const bool ties =
      top_.with_ties && is_full && order_.Compare(kept_[limit_ - 1].bytes, encoded_) == 0;
  if (static_cast<size_t>(place - kept_.begin()) >= limit_ && is_full && !ties) {
    RaiseBar(key, window);
    return {};
  }
  if (kept_.empty()) RETURN_IF_ERROR(timers_.Set(window, key));
  RETURN_IF_ERROR(rows_.InsertAt(key, place == kept_.end() ? end_ : place->at, encoded_, now));
  RETURN_IF_ERROR(Load(key));
  // What is not among the first any more goes.
  const size_t among = Among();
  for (size_t i = kept_.size(); i > among; --i) {
    RETURN_IF_ERROR(rows_.RemoveAt(key, kept_[i - 1].at, now));
  }
  if (among < kept_.size()) RETURN_IF_ERROR(Load(key));
  RaiseBar(key, window);
  return {};
}

Status WindowTop::Load(const StateKey& key) {
  kept_.clear();
  ASSIGN_OR_RETURN(const RowsOfKey rows, rows_.Read(key, *context_.now_micros));
  end_ = 0;
  KeyedRow row;
  for (uint32_t at = 0; rows.Next(&at, &row); end_ = at) kept_.push_back({row.bytes, end_});
  return {};
}

size_t WindowTop::Among() const {
  if (kept_.size() <= limit_ || !top_.with_ties) return std::min(kept_.size(), limit_);
  size_t among = limit_;
  while (among < kept_.size() && order_.Compare(kept_[limit_ - 1].bytes, kept_[among].bytes) == 0) {
    ++among;
  }
  return among;
}

void WindowTop::RaiseBar(const StateKey& key, int64_t window) {
  bar_.is_known = has_short_key_ && kept_.size() >= limit_;
  if (!bar_.is_known) return;
  bar_.window = window;
  bar_.hash = key.hash;
  bar_.key.assign(key.bytes, key_bytes_);
  bar_.row.assign(kept_[limit_ - 1].bytes);
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
  RETURN_IF_ERROR(Load(key));
  if (kept_.empty()) return {};
  size_t rank = 0;
  for (size_t i = 0; i < kept_.size() && result_ != nullptr; ++i) {
    const bool is_tie =
        top_.with_ties && i > 0 && order_.Compare(kept_[i - 1].bytes, kept_[i].bytes) == 0;
    if (!is_tie) rank = i + 1;
    RecordBatch& to = result_->batch();
    const int32_t row = result_->row();
    codec_.Read(
        kept_[i].bytes, kept_to_result_,
        [this](std::string_view value) { return context_.arena->Copy(value); }, &to, row);
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
