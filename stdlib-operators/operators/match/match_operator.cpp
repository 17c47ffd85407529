#include "stdlib-operators/operators/match/match_operator.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "runtime/graph/kept_columns.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

// Of the last watermark, and of timers that wait for it.
constexpr int64_t kEnd = INT64_MAX;

std::vector<OrderColumn> FullOrder(const MatchDescriptor& match) {
  std::vector<OrderColumn> order = {{match.time_column.value_or(UINT32_MAX), false, false}};
  order.insert(order.end(), match.order.begin(), match.order.end());
  return order;
}

std::vector<uint32_t> AllColumns(const Schema& schema) {
  std::vector<uint32_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), 0);
  return columns;
}

uint64_t* LateCounter(const OperatorContext& context, const MatchDescriptor& match) {
  if (!match.time_column) return nullptr;
  return context.counter((match.route_late ? "late_routed:" : "late_dropped:") +
                         context.layout->name);
}

}  // namespace

MatchOperator::MatchOperator(OperatorContext context)
    : context_(std::move(context)),
      match_(std::get<MatchDescriptor>(context_.layout->descriptor)),
      kept_columns_(KeptColumns(context_.layout->inputs[0], match_)),
      values_(context_, match_),
      order_(FullOrder(match_), kept_columns_, KeptSchema(context_.layout->inputs[0], match_)),
      to_late_(context_.layout->inputs[0], AllColumns(context_.layout->inputs[0]),
               context_.layout->inputs[0], AllColumns(context_.layout->inputs[0])),
      result_(context_.outputs[0]),
      late_(match_.route_late ? context_.outputs[1] : nullptr),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)),
      late_rows_(LateCounter(context_, match_)),
      partial_codec_(context_.states[1]->layout().schema.rows),
      key_(context_.layout->inputs[0], match_.keys,
           KeySchema(context_.layout->inputs[0], match_.keys, /*not_null=*/false)),
      kept_rows_(context_.states[0]->table()),
      kept_partial_(context_.states[1]->table()),
      timers_(context_.states[2]->table()),
      conditions_(context_, match_, &values_),
      search_(match_) {
  result_plan_ = values_.MakePlan(match_.results, static_cast<uint32_t>(match_.keys.size()));
  values_.AddFirstRow(match_.keys, &result_plan_);
}

// ---- rows come ----

Result<int32_t> MatchOperator::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  const uint64_t* hashes = batch.layout().key_hashes;
  int32_t row = from_row;
  for (; row < batch.row_count() && *context_.blocked == 0; ++row) {
    if (hashes != nullptr) kept_rows_.Prefetch(hashes, row, batch.row_count());
    RETURN_IF_ERROR(has_event_time() ? ProcessByEventTime(batch, row) : ProcessByClock(batch, row));
  }
  return row;
}

Status MatchOperator::ProcessByEventTime(const RecordBatch& batch, int32_t row) {
  const auto index = static_cast<size_t>(row);
  const int64_t time = batch.Values<int64_t>(*match_.time_column)[index];
  // Its own split had passed it; or, of a row that another operator held back, all had.
  const int64_t watermark = batch.Values<int64_t>(match_.watermark_column)[index];
  if (time < std::max(watermark, watermark_)) {
    EmitLate(batch, row);
    return {};
  }
  encoded_.clear();
  values_.codec().Append(batch, kept_columns_, row, &encoded_);
  const StateKey key = key_.Read(batch, row);
  RETURN_IF_ERROR(kept_rows_.Append(key, encoded_, *context_.now_micros));
  return timers_.Set(time + 1, key);
}

Status MatchOperator::ProcessByClock(const RecordBatch& batch, int32_t row) {
  clock_ = std::max(clock_, *context_.now_micros);
  encoded_.clear();
  values_.codec().Append(batch, kept_columns_, row, &encoded_);
  values_.codec().WriteFirst(clock_, &encoded_);
  const StateKey key = key_.Read(batch, row);
  RETURN_IF_ERROR(kept_rows_.Append(key, encoded_, *context_.now_micros));
  return Advance(key, clock_, clock_);
}

void MatchOperator::EmitLate(const RecordBatch& batch, int32_t row) {
  ++*late_rows_;
  if (late_ == nullptr) return;
  to_late_.Move(batch, row, late_->batch(), late_->row());
  const int64_t watermark =
      batch.Values<int64_t>(match_.watermark_column)[static_cast<size_t>(row)];
  late_->Push(RowKind::kInsert, watermark);
}

// ---- time goes on ----

Result<bool> MatchOperator::OnWatermark(int64_t watermark) {
  watermark_ = std::max(watermark_, watermark);
  // By the clock there is still the end of the input.
  if (!has_event_time() && watermark_ != kEnd) return true;
  return AdvanceAll(watermark_);
}

int64_t MatchOperator::next_time() { return has_event_time() ? kEnd : timers_.next_time(); }

Result<bool> MatchOperator::OnTime(int64_t now_micros) {
  if (has_event_time()) return true;
  clock_ = std::max(clock_, now_micros);
  return AdvanceAll(clock_);
}

Result<bool> MatchOperator::AdvanceAll(int64_t until) {
  Status advanced;
  while (*context_.blocked == 0) {
    const bool fired = timers_.FireNext(
        until, [&](int64_t timer, const StateKey& key) { advanced = Advance(key, until, timer); });
    RETURN_IF_ERROR(advanced);
    if (!fired) return true;
  }
  return false;
}

Status MatchOperator::Advance(const StateKey& key, int64_t until, int64_t timer) {
  ASSIGN_OR_RETURN(const size_t due, Load(key, until));
  if (has_event_time()) CancelTimers(key, before_ + search_.rows(), due);
  conditions_.Start(std::span(rows_).first(due));
  size_t first = before_;
  bool goes_on = search_.is_open();
  while (first < due && *context_.blocked == 0) {
    if (!goes_on) search_.Begin();
    goes_on = false;
    RETURN_IF_ERROR(Search(first, due, until));
    if (search_.is_open()) {
      if (!IsOver(first, due, until)) break;
      search_.Close();
    }
    const RowVariables* found = search_.found();
    if (found == nullptr) {
      ++first;
      continue;
    }
    RETURN_IF_ERROR(Emit(first, due, *found));
    ASSIGN_OR_RETURN(first, NextFirst(first, *found));
  }
  // One that has taken no row begins anew.
  const bool waits = search_.is_open() && first + search_.rows() < due;
  if (search_.is_open() && search_.rows() == 0) search_.Close();
  RETURN_IF_ERROR(Store(key, first));
  // The next row of the key has a timer of its own.
  if (waits) return timers_.Set(kEnd, key);
  if (search_.is_open()) {
    const bool ends = match_.within_micros > 0;
    return timers_.Set(ends ? rows_[first].time + match_.within_micros + 1 : kEnd, key);
  }
  return first < due ? timers_.Set(timer, key) : Status();
}

// Of rows that are gone on with now.
void MatchOperator::CancelTimers(const StateKey& key, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    const bool is_same = i > begin && rows_[i].time == rows_[i - 1].time;
    if (!is_same) timers_.Cancel(rows_[i].time + 1, key);
  }
}

Status MatchOperator::Search(size_t first, size_t due, int64_t until) {
  while (search_.is_open() && first + search_.rows() < due) {
    const size_t row = first + search_.rows();
    if (match_.within_micros > 0 && rows_[row].time - rows_[first].time > match_.within_micros) {
      search_.Close();
      return {};
    }
    if (until != kEnd && row + match_.rows_after >= due) return {};
    RETURN_IF_ERROR(search_.Take(
        [&](std::span<PatternTrial> trials) { return conditions_.Test(first, row, trials); }));
  }
  return {};
}

bool MatchOperator::IsOver(size_t first, size_t due, int64_t until) const {
  if (until == kEnd) return true;
  if (first + search_.rows() < due) return false;
  return match_.within_micros > 0 && until > rows_[first].time + match_.within_micros;
}

Result<size_t> MatchOperator::NextFirst(size_t first, const RowVariables& found) const {
  if (match_.after == AfterMatch::kPastLastRow) return first + found.size();
  if (match_.after == AfterMatch::kToNextRow) return first + 1;
  const auto is_wanted = [this](char variable) {
    return match_.Includes(match_.after_variable, static_cast<uint8_t>(variable));
  };
  const std::string& name = match_.NameOf(match_.after_variable);
  if (std::ranges::none_of(found, is_wanted)) {
    return MakeError(ErrorCode::kInvalidData,
                     fmt::format("`after_match` skips to `{}`, of which a match has no row", name));
  }
  const auto is_first = match_.after == AfterMatch::kToFirst;
  const auto at = static_cast<size_t>(
      is_first ? std::ranges::find_if(found, is_wanted) - found.begin()
               : found.rend() - std::find_if(found.rbegin(), found.rend(), is_wanted) - 1);
  if (at == 0) {
    return MakeError(
        ErrorCode::kInvalidData,
        fmt::format("`after_match` skips to `{}`, with which a match begins: it would be found for "
                    "ever; skip to the next row",
                    name));
  }
  return first + at;
}

Status MatchOperator::Emit(size_t first, size_t due, const RowVariables& found) {
  if (result_ == nullptr) return {};
  const auto copy = [this](std::string_view value) { return context_.arena->Copy(value); };
  const MatchedRows matched{&rows_[first], found, std::nullopt, first, due - first - found.size()};
  switch (values_.Read(result_plan_, matched, copy, &result_->batch(), result_->row())) {
    case ReadValues::kDone:
      result_->Push(RowKind::kInsert);
      ++*rows_out_;
      return {};
    case ReadValues::kRowFailed:
      return {};
    case ReadValues::kJobFails:
      break;
  }
  return MakeError(ErrorCode::kInternal, "an aggregate of `" + context_.layout->name + "` failed");
}

// ---- what is kept ----

Result<size_t> MatchOperator::Load(const StateKey& key, int64_t until) {
  rows_.clear();
  waiting_.clear();
  are_rows_changed_ = false;
  RETURN_IF_ERROR(LoadPartial(key));
  ASSIGN_OR_RETURN(const RowsOfKey kept, kept_rows_.Read(key, *context_.now_micros));
  KeyedRow row;
  for (uint32_t at = 0; kept.Next(&at, &row);) {
    const MatchRow read{values_.codec().ReadFirst(row.bytes), row.bytes};
    if (!has_event_time() || read.time < until || until == kEnd) {
      are_rows_changed_ = are_rows_changed_ || !waiting_.empty();
      rows_.push_back(read);
    } else {
      waiting_.push_back(read);
    }
  }
  if (before_ > rows_.size()) before_ = 0;
  if (before_ + search_.rows() > rows_.size()) search_.Restore();
  const size_t due = rows_.size();
  // By the clock they come in order.
  if (has_event_time()) SortFrom(before_ + search_.rows());
  rows_.insert(rows_.end(), waiting_.begin(), waiting_.end());
  return due;
}

void MatchOperator::SortFrom(size_t begin) {
  const auto is_before = [this](const MatchRow& a, const MatchRow& b) {
    const int order = order_.Compare(a.bytes, b.bytes);
    // Rows that are equal stand in the list as they came.
    return order != 0 ? order < 0 : a.bytes.data() < b.bytes.data();
  };
  const auto first = rows_.begin() + static_cast<ptrdiff_t>(begin);
  if (std::is_sorted(first, rows_.end(), is_before)) return;
  std::sort(first, rows_.end(), is_before);
  are_rows_changed_ = true;
}

// What does not fit to the pattern or the rows is looked for anew.
Status MatchOperator::LoadPartial(const StateKey& key) {
  search_.Restore();
  before_ = 0;
  ASSIGN_OR_RETURN(const RowsOfKey kept, kept_partial_.Read(key, *context_.now_micros));
  has_kept_partial_ = !kept.empty();
  KeyedRow row;
  bool fits = true;
  for (uint32_t at = 0; fits && kept.Next(&at, &row);) {
    const std::vector<RowCodec::Cell> cells = partial_codec_.Cells(row.bytes);
    int32_t step = 0;
    std::memcpy(&step, cells[0].bytes.data(), sizeof(step));
    if (step < 0) {
      before_ = static_cast<size_t>(-int64_t{step});
      continue;
    }
    fits = search_.AddKept(step, cells[1].bytes);
  }
  if (!fits || !search_.is_open()) search_.Restore();
  return {};
}

Status MatchOperator::Store(const StateKey& key, size_t first) {
  const size_t before = std::min<size_t>(first, match_.rows_before);
  if (first > before || are_rows_changed_) {
    stored_.clear();
    for (size_t i = first - before; i < rows_.size(); ++i) stored_.push_back(rows_[i].bytes);
    RETURN_IF_ERROR(kept_rows_.Assign(key, stored_, *context_.now_micros));
  }
  stored_.clear();
  stored_partial_.clear();
  const auto add = [this](int32_t step, std::string_view rows) {
    const std::string_view step_bytes(reinterpret_cast<const char*>(&step), sizeof(step));
    std::string& bytes = stored_partial_.emplace_back();
    partial_codec_.AppendCells({{false, step_bytes}, {false, rows}}, &bytes);
  };
  if (before > 0) add(-static_cast<int32_t>(before), {});
  if (search_.is_open()) {
    search_.ForEachKept(
        [&](uint32_t step, std::string_view rows) { add(static_cast<int32_t>(step), rows); });
  }
  stored_.assign(stored_partial_.begin(), stored_partial_.end());
  if (stored_.empty() && !has_kept_partial_) return {};
  return kept_partial_.Assign(key, stored_, *context_.now_micros);
}

}  // namespace flinkc
