#include "stdlib-operators/operators/top/top_filter.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "runtime/graph/window_time.h"

namespace flinkc {

namespace {

constexpr int64_t kMillisecond = 1000;

std::vector<uint32_t> OrderColumns(const TopDescriptor& top) {
  std::vector<uint32_t> columns;
  for (const OrderColumn& order : top.order) {
    const bool is_new = std::ranges::find(columns, order.column) == columns.end();
    if (is_new) columns.push_back(order.column);
  }
  return columns;
}

// Of rows that only pass, hidden columns too.
std::vector<uint32_t> AllColumns(const Schema& schema) {
  std::vector<uint32_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), 0);
  return columns;
}

}  // namespace

TopFilter::TopFilter(OperatorContext context)
    : context_(std::move(context)),
      top_(std::get<TopDescriptor>(context_.layout->descriptor)),
      limit_(static_cast<size_t>(top_.limit)),
      kept_columns_(OrderColumns(top_)),
      codec_(Restrict(context_.layout->inputs[0], kept_columns_)),
      order_(top_.order, kept_columns_, Restrict(context_.layout->inputs[0], kept_columns_)),
      move_(context_.layout->inputs[0], AllColumns(context_.layout->inputs[0]),
            context_.layout->inputs[0], AllColumns(context_.layout->inputs[0])),
      result_(context_.outputs[0]),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)) {}

Result<int32_t> TopFilter::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  const int64_t* times = batch.Values<int64_t>(top_.window->time_column);
  const int64_t* watermarks = batch.Values<int64_t>(top_.window->watermark_column);
  std::vector<std::string>* first = nullptr;  // of the window from begin to end
  int64_t begin = 0, end = 0;
  int32_t row = from_row;
  for (; row < batch.row_count() && *context_.blocked == 0; ++row) {
    const int64_t time = times[row];
    if (time < begin || time >= end) {
      const int64_t size = top_.window->size_micros;
      const int64_t last = WindowTimeOf(size, top_.window->offset_micros, time);
      begin = size == 0 ? time : last + kMillisecond - size;
      end = size == 0 ? time + 1 : last + kMillisecond;
      first = &first_[last];
    }
    // Whoever is behind this looks at late rows, which say nothing of the others.
    const int64_t last = top_.window->size_micros == 0 ? time : end - kMillisecond;
    const bool is_late = watermarks[row] >= last || watermark_ >= last;
    if (!is_late && !Passes(batch, row, first) && !Reaches(time, last)) continue;
    if (result_ == nullptr) continue;
    const int32_t to_row = result_->row();
    RecordBatch& to = result_->batch();
    move_.Move(batch, row, to, to_row);
    result_->Push(RowKind::kInsert, watermarks[row]);
    ++*rows_out_;
  }
  return row;
}

// Whether a row with this time, in the window that ends with `last`, is in reach of another one.
bool TopFilter::Reaches(int64_t time, int64_t last) const {
  if (!top_.reach) return false;
  const int64_t size = top_.window->size_micros;
  return last - size - time >= top_.reach->lower_micros ||
         last + size - time <= top_.reach->upper_micros;
}

bool TopFilter::Passes(const RecordBatch& batch, int32_t row, std::vector<std::string>* first) {
  const bool is_full = first->size() >= limit_;
  if (is_full) {
    const int order = order_.Compare(batch, row, first->back());
    // Ties of the last one pass, but are not counted.
    if (order > 0) return false;
    if (order == 0) return top_.with_ties;
  }
  encoded_.clear();
  codec_.Append(batch, kept_columns_, row, &encoded_);
  const auto place = std::ranges::partition_point(
      *first, [&](const std::string& kept) { return order_.Compare(kept, encoded_) <= 0; });
  first->insert(place, encoded_);
  if (first->size() > limit_) first->pop_back();
  return true;
}

Result<bool> TopFilter::OnWatermark(int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  first_.erase(first_.begin(), first_.upper_bound(watermark));
  return true;
}

}  // namespace flinkc
