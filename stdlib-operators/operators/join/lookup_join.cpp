#include "stdlib-operators/operators/join/lookup_join.h"

#include <utility>

namespace flinkc {

LookupJoin::LookupJoin(OperatorContext context)
    : JoinOperator(std::move(context)),
      lookup_(std::get<LookupDescriptor>(context_.layout->descriptor)),
      table_layout_(TableLayout(shape_, context_.layout->name)),
      watermark_column_(shape_.sides[0].IndexOf(kWatermarkColumn)),
      refreshes_(context_.counter("refreshes:" + context_.layout->name)),
      failed_refreshes_(context_.counter("failed_refreshes:" + context_.layout->name)) {}

Result<std::unique_ptr<NativeOperator>> LookupJoin::Make(OperatorContext context) {
  std::unique_ptr<LookupJoin> made(new LookupJoin(std::move(context)));
  ASSIGN_OR_RETURN(made->load_, LookupTableLoad::Begin(made->context_, made->table_layout_));
  while (made->load_ != nullptr) RETURN_IF_ERROR(made->AdvanceLoad());
  return made;
}

Result<int32_t> LookupJoin::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  int32_t row = from_row;
  while (row < batch.row_count() && !is_blocked()) {
    ASSIGN_OR_RETURN(const int32_t end, CollectPairs(batch, row));
    if (condition_.exists() && !condition_.Evaluate()) return ConditionFailed();
    EmitPairs(batch, row, end);
    row = end;
  }
  return row;
}

Result<int32_t> LookupJoin::CollectPairs(const RecordBatch& batch, int32_t row) {
  pairs_.clear();
  condition_.Clear();
  for (; row < batch.row_count(); ++row) {
    if (pairs_.size() == PairCondition::kPairsMax) return row;
    if (sides_[0].HasNullKey(batch, row)) continue;
    ASSIGN_OR_RETURN(const RowsOfKey rows, table_->Find(sides_[0].KeyOf(batch, row)));
    KeyedRow kept;
    while (pairs_.size() < PairCondition::kPairsMax && rows.Next(&next_kept_, &kept)) {
      pairs_.push_back({row, kept.bytes});
      if (condition_.exists()) condition_.Add(sides_, 0, batch, row, kept.bytes);
    }
    uint32_t rest = next_kept_;
    if (rows.Next(&rest, &kept)) return row;
    next_kept_ = 0;
  }
  return row;
}

void LookupJoin::EmitPairs(const RecordBatch& batch, int32_t first, int32_t end) {
  size_t pair = 0;
  for (int32_t row = first; row < end || pair < pairs_.size(); ++row) {
    // The row only passes.
    const int64_t watermark =
        watermark_column_ ? batch.Values<int64_t>(*watermark_column_)[row] : INT64_MIN;
    for (; pair < pairs_.size() && pairs_[pair].row == row; ++pair) {
      if (condition_.exists() && !condition_.Holds(pair)) continue;
      EmitPair(0, batch, row, pairs_[pair].kept, RowKind::kInsert, watermark);
      has_match_ = true;
    }
    if (row >= end) return;
    if (!has_match_ && join_.kind == JoinKind::kLeft) {
      EmitCameAlone(0, batch, row, RowKind::kInsert, watermark);
    }
    has_match_ = false;
  }
}

int64_t LookupJoin::next_time() {
  return load_ != nullptr ? advanced_at_micros_ + 1 : refresh_at_micros_;
}

Result<bool> LookupJoin::OnTime(int64_t now_micros) {
  if (now_micros < next_time()) return true;
  Status advanced;
  if (load_ != nullptr) {
    advanced = AdvanceLoad();
  } else if (Result<std::unique_ptr<LookupTableLoad>> load =
                 LookupTableLoad::Begin(context_, table_layout_)) {
    load_ = *std::move(load);
    advanced_at_micros_ = now_micros;
  } else {
    advanced = std::unexpected(std::move(load).error());
  }
  if (!advanced) RefreshFailed(advanced.error());
  return true;
}

Status LookupJoin::AdvanceLoad() {
  advanced_at_micros_ = now();
  ASSIGN_OR_RETURN(const bool is_done, load_->Advance(sides_[1]));
  if (!is_done) return {};
  const bool is_first = table_ == nullptr;
  table_ = load_->Take();
  load_.reset();
  if (lookup_.refresh_micros > 0) refresh_at_micros_ = now() + lookup_.refresh_micros;
  if (is_first) return {};
  ++*refreshes_;
  if (!told_.empty()) context_.log("source `" + lookup_.table.name + "` could be read again");
  told_.clear();
  return {};
}

void LookupJoin::RefreshFailed(const Error& error) {
  load_.reset();
  refresh_at_micros_ = now() + lookup_.refresh_micros;
  ++*failed_refreshes_;
  // Once, not each time.
  if (error.message == told_) return;
  told_ = error.message;
  context_.log("`" + context_.layout->name + "` goes on with the table as it was: " + told_);
}

}  // namespace flinkc
