#include "stdlib-operators/operators/over/over_operator.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "runtime/base/round_up.h"
#include "runtime/graph/kept_columns.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

constexpr int8_t Bits(OverStep step) { return static_cast<int8_t>(step); }

std::vector<uint32_t> WaitingColumnsOf(const OperatorContext& context, const OverDescriptor& over) {
  if (!over.time) return {};
  return WaitingColumns(context.layout->inputs[0], *over.time);
}

std::vector<uint32_t> AllColumns(const Schema& schema) {
  std::vector<uint32_t> columns(schema.size());
  std::iota(columns.begin(), columns.end(), 0);
  return columns;
}

uint64_t* LateCounter(const OperatorContext& context, const OverDescriptor& over) {
  if (!over.time) return nullptr;
  const char* const kind = over.routes_late ? "late_routed:" : "late_dropped:";
  return context.counter(kind + context.layout->name);
}

// Times of all that a TIMESTAMP can show may be added up, but a damaged one may be any.
int64_t AddOrMax(int64_t time, int64_t micros) {
  return time > INT64_MAX - micros ? INT64_MAX : time + micros;
}

}  // namespace

OverOperator::OverOperator(OperatorContext context)
    : context_(std::move(context)),
      over_(std::get<OverDescriptor>(context_.layout->descriptor)),
      waiting_columns_(WaitingColumnsOf(context_, over_)),
      waiting_codec_(Restrict(context_.layout->inputs[0], waiting_columns_)),
      pass_(context_.layout->inputs[0], AllColumns(context_.layout->inputs[0]),
            context_.layout->inputs[0], AllColumns(context_.layout->inputs[0])),
      late_(over_.routes_late ? context_.outputs[1] : nullptr),
      late_counter_(LateCounter(context_, over_)),
      steps_(context_),
      key_(context_.layout->inputs[0], over_.keys,
           KeySchema(context_.layout->inputs[0], over_.keys, /*not_null=*/false)) {
  size_t state = 0;
  if (over_.time) waiting_.emplace(context_.states[state++]->table());
  if (over_.is_bounded()) frame_.emplace(context_.states[state++]->table());
  if (over_.time || over_.forgets) timers_.emplace(context_.states[state++]->table());
}

Result<int32_t> OverOperator::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  const uint64_t* hashes = batch.layout().key_hashes;
  int32_t row = from_row;
  for (; row < batch.row_count() && *context_.blocked == 0; ++row) {
    if (over_.time) {
      const int64_t watermark = batch.Values<int64_t>(over_.time->watermark_column)[row];
      if (IsLate(batch, row, watermark)) {
        TellLate(batch, row, watermark);
      } else if (steps_.is_read()) {
        if (hashes != nullptr) waiting_->Prefetch(hashes, row, batch.row_count());
        RETURN_IF_ERROR(Wait(batch, row, batch.Values<int64_t>(over_.time->time_column)[row]));
      }
      continue;
    }
    if (!steps_.is_read()) continue;
    turn_ = {{&batch, row, {}, now()}};
    if (!over_.is_bounded()) {
      TakeTurn(turn_);
      continue;
    }
    if (hashes != nullptr) frame_->Prefetch(hashes, row, batch.row_count());
    const StateKey key = key_.Read(batch, row);
    RETURN_IF_ERROR(LoadFrame(key));
    TakeTurn(turn_);
    RETURN_IF_ERROR(StoreFrame(key));
    if (over_.forgets) RETURN_IF_ERROR(ForgetOrLater(key, now()));
  }
  return row;
}

// Its own split was behind it; or, of a row that another operator held back, all were.
bool OverOperator::IsLate(const RecordBatch& batch, int32_t row, int64_t watermark) const {
  const uint32_t column = over_.time->time_column;
  if (batch.IsNull(column, row)) return true;  // at no time
  const int64_t time = batch.Values<int64_t>(column)[row];
  return time < watermark || time < watermark_;
}

void OverOperator::TellLate(const RecordBatch& batch, int32_t row, int64_t watermark) {
  ++*late_counter_;
  if (late_ == nullptr) return;
  pass_.Move(batch, row, late_->batch(), late_->row());
  late_->Push(RowKind::kInsert, watermark);
}

Status OverOperator::Wait(const RecordBatch& batch, int32_t row, int64_t time) {
  const StateKey key = key_.Read(batch, row);
  ASSIGN_OR_RETURN(const RowsOfKey rows, waiting_->Read(key, now()));
  uint32_t at = 0;
  KeyedRow first;
  // One that came before has a timer that is early enough for this one, too.
  if (!rows.Next(&at, &first) || time < waiting_codec_.ReadFirst(first.bytes)) {
    RETURN_IF_ERROR(timers_->Set(time, key));
  }
  return waiting_->AppendWritten(
      key, waiting_codec_.SizeOf(batch, waiting_columns_, row), now(),
      [&](char* to) { waiting_codec_.Write(batch, waiting_columns_, row, to); });
}

Result<bool> OverOperator::OnWatermark(int64_t watermark) {
  if (!over_.time) return true;
  watermark_ = std::max(watermark_, watermark);
  if (watermark_ == INT64_MIN) return true;
  // A row of the watermark's own time may come still; behind the last one there is none.
  const int64_t until = watermark_ == INT64_MAX ? watermark_ : watermark_ - 1;
  Status fired;
  while (*context_.blocked == 0) {
    const bool found =
        timers_->FireNext(until, [&](int64_t, const StateKey& key) { fired = Fire(key, until); });
    RETURN_IF_ERROR(fired);
    if (!found) return true;
  }
  return false;
}

int64_t OverOperator::next_time() {
  return over_.time || !over_.forgets ? INT64_MAX : timers_->next_time();
}

Result<bool> OverOperator::OnTime(int64_t now_micros) {
  if (next_time() == INT64_MAX) return true;
  Status forgotten;
  while (*context_.blocked == 0) {
    const bool found = timers_->FireNext(now_micros, [&](int64_t, const StateKey& key) {
      forgotten = LoadFrame(key);
      if (forgotten) forgotten = ForgetOrLater(key, now_micros);
    });
    RETURN_IF_ERROR(forgotten);
    if (!found) return true;
  }
  return false;
}

Status OverOperator::Fire(const StateKey& key, int64_t until) {
  ASSIGN_OR_RETURN(std::optional<int64_t> next, FindDue(key, until));
  RETURN_IF_ERROR(LoadFrame(key));
  size_t done = 0;
  while (done < due_.size() && *context_.blocked == 0) {
    turn_.clear();
    const int64_t time = due_[done].time;
    do {
      const DueRow& due = due_[done++];
      turn_.push_back({nullptr, 0, std::string_view(due_bytes_).substr(due.begin, due.size), time});
    } while (is_range() && done < due_.size() && due_[done].time == time);
    TakeTurn(turn_);
  }
  RETURN_IF_ERROR(StoreFrame(key));
  if (done < due_.size()) next = due_[done].time;
  RETURN_IF_ERROR(StopWaiting(key, done, next.has_value()));
  if (next) return timers_->Set(*next, key);
  return over_.forgets ? ForgetOrLater(key, until) : Status();
}

Result<std::optional<int64_t>> OverOperator::FindDue(const StateKey& key, int64_t until) {
  due_.clear();
  due_bytes_.clear();
  std::optional<int64_t> next;
  ASSIGN_OR_RETURN(const RowsOfKey rows, waiting_->Read(key, now()));
  uint32_t at = 0;
  size_t place = 0;
  for (KeyedRow row; rows.Next(&at, &row); ++place) {
    const int64_t time = waiting_codec_.ReadFirst(row.bytes);
    if (time > until) {
      next = std::min(next.value_or(INT64_MAX), time);
      continue;
    }
    due_.push_back({time, place, due_bytes_.size(), row.bytes.size()});
    due_bytes_.append(row.bytes);
  }
  std::ranges::sort(due_, {}, [](const DueRow& due) { return std::pair(due.time, due.place); });
  return next;
}

Status OverOperator::StopWaiting(const StateKey& key, size_t count, bool others_wait) {
  if (count == 0) return {};
  if (!others_wait) return waiting_->Clear(key);
  std::vector<bool> is_done;
  for (size_t i = 0; i < count; ++i) {
    is_done.resize(std::max(is_done.size(), due_[i].place + 1));
    is_done[due_[i].place] = true;
  }
  size_t place = 0;
  return waiting_->RemoveIf(key, now(), [&](const char*, uint32_t) {
    const bool is_removed = place < is_done.size() && is_done[place];
    ++place;
    return is_removed;
  });
}

Status OverOperator::LoadFrame(const StateKey& key) {
  rows_.clear();
  fresh_.clear();
  frame_begin_ = 0;
  stored_ = 0;
  if (!frame_) return {};
  ASSIGN_OR_RETURN(const RowsOfKey rows, frame_->Read(key, now()));
  uint32_t at = 0;
  for (KeyedRow row; rows.Next(&at, &row);) rows_.push_back(row.bytes);
  stored_ = rows_.size();
  return {};
}

int8_t OverOperator::MoveFrame(int64_t time) {
  left_.clear();
  if (!over_.is_bounded()) return 0;
  // A key that was there has at least the row that had its turn last.
  if (rows_.empty()) return Bits(OverStep::kNew);
  const size_t begin = frame_begin_;
  if (is_range()) {
    while (frame_begin_ < rows_.size() &&
           AddOrMax(steps_.TimeOf(rows_[frame_begin_]), *over_.frame.preceding) < time) {
      ++frame_begin_;
    }
  } else if (rows_.size() - begin > static_cast<size_t>(*over_.frame.preceding)) {
    ++frame_begin_;
  }
  if (over_.recomputes) {
    left_.assign(rows_.begin() + static_cast<ptrdiff_t>(frame_begin_), rows_.end());
    return Bits(OverStep::kClear);
  }
  if (frame_begin_ == rows_.size()) return Bits(OverStep::kClear);
  left_.assign(rows_.begin() + static_cast<ptrdiff_t>(begin),
               rows_.begin() + static_cast<ptrdiff_t>(frame_begin_));
  return 0;
}

void OverOperator::TakeTurn(const std::vector<RowInTurn>& rows) {
  const int64_t time = rows[0].time;
  int8_t first = MoveFrame(time);
  const int8_t with_left = Bits(over_.recomputes ? OverStep::kReadd : OverStep::kRemove);
  const bool is_alone = rows.size() == 1;
  // Rows come and go pairwise. The row alone comes last, so that its step gives its results; what
  // is added again must stand before it.
  const size_t alone_from = left_.empty() ? 0 : left_.size() - 1;
  const size_t adds_from = over_.recomputes || is_alone ? alone_from : 0;
  const size_t count = std::max(left_.size(), adds_from + rows.size());
  for (size_t i = 0; i < count; ++i) {
    const bool adds = i >= adds_from && i < adds_from + rows.size();
    steps_.Begin(rows[adds ? i - adds_from : 0]);
    int8_t bits = std::exchange(first, 0);
    if (i < left_.size()) bits |= with_left;
    if (adds) {
      bits |= Bits(OverStep::kAdd);
      if (is_alone) bits |= Bits(OverStep::kOutput);
      if (over_.is_bounded()) steps_.EncodeFrameRow(time, &fresh_.emplace_back());
    }
    steps_.Finish(bits, i < left_.size() ? left_[i] : std::string_view());
  }
  for (size_t i = 0; i < rows.size() && !is_alone; ++i) {
    steps_.Begin(rows[i]);
    steps_.Finish(Bits(OverStep::kOutput), {});
  }
  const size_t added = over_.is_bounded() ? rows.size() : 0;
  for (size_t i = fresh_.size() - added; i < fresh_.size(); ++i) rows_.push_back(fresh_[i]);
}

Status OverOperator::StoreFrame(const StateKey& key) {
  if (!frame_ || (fresh_.empty() && frame_begin_ == 0)) return {};
  const size_t gone = std::min(frame_begin_, stored_);
  for (size_t i = std::max(frame_begin_, stored_); i < rows_.size(); ++i) {
    RETURN_IF_ERROR(frame_->Append(key, rows_[i], now()));
  }
  return gone == 0 ? Status() : frame_->RemoveFirst(key, gone, now());
}

Status OverOperator::ForgetOrLater(const StateKey& key, int64_t until) {
  if (rows_.empty()) return {};
  const int64_t leaves =
      AddOrMax(steps_.TimeOf(fresh_.empty() ? rows_.back() : std::string_view(fresh_.back())),
               *over_.frame.preceding);
  if (leaves < until) {
    steps_.BeginForKey(key);
    steps_.Finish(Bits(OverStep::kForget), {});
    return frame_->Clear(key);
  }
  if (leaves > INT64_MAX - over_.cleanup_micros()) return {};
  return timers_->Set(RoundUp(leaves + 1, over_.cleanup_micros()), key);
}

}  // namespace flinkc
