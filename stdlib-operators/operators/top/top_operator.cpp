#include "stdlib-operators/operators/top/top_operator.h"

#include <algorithm>
#include <utility>

#include "runtime/graph/key_layout.h"

namespace flinkc {

TopOperator::TopOperator(OperatorContext context)
    : context_(std::move(context)),
      top_(std::get<TopDescriptor>(context_.layout->descriptor)),
      limit_(static_cast<size_t>(top_.limit)),
      kept_columns_(KeptColumns(context_.layout->inputs[0], top_)),
      codec_(context_.states[0]->layout().schema.rows),
      order_(top_.order, kept_columns_, context_.states[0]->layout().schema.rows),
      result_(context_.outputs[0]),
      rows_out_(context_.counter("rows_out:" + context_.layout->name)),
      key_(context_.layout->inputs[0], top_.keys,
           KeySchema(context_.layout->inputs[0], top_.keys, /*not_null=*/false)),
      rows_(context_.states[0]->table()) {
  for (const uint32_t column : kept_columns_) {
    const auto at = std::ranges::find(top_.columns, column);
    kept_to_result_.push_back(at == top_.columns.end()
                                  ? RowCodec::kNowhere
                                  : static_cast<uint32_t>(at - top_.columns.begin()));
  }
}

Result<int32_t> TopOperator::Process(uint32_t, const RecordBatch& batch, int32_t from_row) {
  const uint64_t* hashes = batch.layout().key_hashes;
  int32_t row = from_row;
  for (; row < batch.row_count() && *context_.blocked == 0; ++row) {
    if (hashes != nullptr) rows_.Prefetch(hashes, row, batch.row_count());
    encoded_.clear();
    codec_.Append(batch, kept_columns_, row, &encoded_);
    const StateKey key = key_.Read(batch, row);
    const RowKind kind = batch.kind(row);
    const bool removes = kind == RowKind::kUpdateBefore || kind == RowKind::kDelete;
    RETURN_IF_ERROR(removes ? Remove(key, encoded_) : Insert(key, encoded_));
  }
  return row;
}

Status TopOperator::Load(const StateKey& key) {
  kept_.clear();
  ASSIGN_OR_RETURN(const RowsOfKey rows, rows_.Read(key, *context_.now_micros));
  end_ = 0;
  KeyedRow row;
  for (uint32_t at = 0; rows.Next(&at, &row); end_ = at) kept_.push_back({row.bytes, end_});
  return {};
}

size_t TopOperator::PlaceOf(std::string_view row) const {
  // A kept row stays before one with which it is equal by the order, or gives way to it.
  const int equal_stays = top_.newest_first ? -1 : 0;
  const auto stays = [&](const Kept& kept) {
    return order_.Compare(kept.bytes, row) <= equal_stays;
  };
  // Most rows come behind all.
  if (kept_.empty() || stays(kept_.back())) return kept_.size();
  return static_cast<size_t>(std::ranges::partition_point(kept_, stays) - kept_.begin());
}

Status TopOperator::Insert(const StateKey& key, std::string_view row) {
  RETURN_IF_ERROR(Load(key));
  const size_t place = PlaceOf(row);
  const bool is_full = kept_.size() >= limit_;
  if (place >= limit_ && !top_.retracts) return {};
  if (place < limit_) TellInserted(place, row);
  const uint32_t at = place == kept_.size() ? end_ : kept_[place].at;
  const int64_t now = *context_.now_micros;
  // What nothing can bring back goes.
  if (is_full && !top_.retracts) RETURN_IF_ERROR(rows_.RemoveAt(key, kept_.back().at, now));
  return rows_.InsertAt(key, at, row, now);
}

Status TopOperator::Remove(const StateKey& key, std::string_view row) {
  RETURN_IF_ERROR(Load(key));
  const auto found = std::ranges::find(kept_, row, &Kept::bytes);
  // A row that has outlived its time to live.
  if (found == kept_.end()) return {};
  const auto place = static_cast<size_t>(found - kept_.begin());
  if (place < limit_) TellRemoved(place);
  return rows_.RemoveAt(key, found->at, *context_.now_micros);
}

// Tells that `row` comes before kept_[place].
void TopOperator::TellInserted(size_t place, std::string_view row) {
  const size_t shown = std::min(kept_.size(), limit_);
  const bool is_full = shown == limit_;
  if (!top_.with_rank) {
    if (!is_full) return Emit(row, 0, RowKind::kInsert);
    if (limit_ == 1) {
      if (top_.tells_old) Emit(kept_[0].bytes, 0, RowKind::kUpdateBefore);
      return Emit(row, 0, RowKind::kUpdateAfter);
    }
    Emit(kept_[limit_ - 1].bytes, 0, RowKind::kDelete);
    return Emit(row, 0, RowKind::kInsert);
  }
  for (size_t i = place; i < shown; ++i) {
    if (top_.tells_old) Emit(kept_[i].bytes, i + 1, RowKind::kUpdateBefore);
    Emit(i == place ? row : kept_[i - 1].bytes, i + 1, RowKind::kUpdateAfter);
  }
  if (!is_full) {
    Emit(place == shown ? row : kept_[shown - 1].bytes, shown + 1, RowKind::kInsert);
  }
}

// Tells that kept_[place] goes; the first one behind the limit comes in.
void TopOperator::TellRemoved(size_t place) {
  const bool comes_in = kept_.size() > limit_;
  if (!top_.with_rank) {
    if (limit_ == 1 && comes_in) {
      if (top_.tells_old) Emit(kept_[0].bytes, 0, RowKind::kUpdateBefore);
      return Emit(kept_[1].bytes, 0, RowKind::kUpdateAfter);
    }
    Emit(kept_[place].bytes, 0, RowKind::kDelete);
    if (comes_in) Emit(kept_[limit_].bytes, 0, RowKind::kInsert);
    return;
  }
  const size_t shown = std::min(kept_.size(), limit_);
  for (size_t i = place; i < shown; ++i) {
    if (i + 1 == kept_.size()) {
      Emit(kept_[i].bytes, i + 1, RowKind::kDelete);
      return;
    }
    if (top_.tells_old) Emit(kept_[i].bytes, i + 1, RowKind::kUpdateBefore);
    Emit(kept_[i + 1].bytes, i + 1, RowKind::kUpdateAfter);
  }
}

void TopOperator::Emit(std::string_view row, size_t rank, RowKind kind) {
  if (result_ == nullptr) return;
  RecordBatch& to = result_->batch();
  const int32_t to_row = result_->row();
  codec_.Read(
      row, kept_to_result_, [this](std::string_view value) { return context_.arena->Copy(value); },
      &to, to_row);
  if (top_.with_rank) {
    to.Values<int64_t>(top_.columns.size())[to_row] = static_cast<int64_t>(rank);
  }
  result_->Push(kind);
  ++*rows_out_;
}

}  // namespace flinkc
