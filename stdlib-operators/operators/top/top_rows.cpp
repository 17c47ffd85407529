#include "stdlib-operators/operators/top/top_rows.h"

#include <algorithm>
#include <numeric>

#include "runtime/graph/kept_columns.h"

namespace flinkc {

namespace {

std::vector<uint32_t> PlacesInResult(const std::vector<uint32_t>& kept, const TopDescriptor& top) {
  std::vector<uint32_t> places;
  for (const uint32_t column : kept) {
    const auto at = std::ranges::find(top.columns, column);
    places.push_back(at == top.columns.end() ? RowCodec::kNowhere
                                             : static_cast<uint32_t>(at - top.columns.begin()));
  }
  return places;
}

RowMover MoverToResult(const Schema& input, const TopDescriptor& top) {
  std::vector<uint32_t> targets(top.columns.size());
  std::iota(targets.begin(), targets.end(), 0);
  return {input, top.columns, Restrict(input, top.columns), targets};
}

}  // namespace

TopRows::TopRows(const OperatorContext& context, const TopDescriptor& top)
    : kept_columns_(KeptColumns(context.layout->inputs[0], top)),
      codec_(context.states[0]->layout().schema.rows),
      order_(top.order, kept_columns_, context.states[0]->layout().schema.rows),
      kept_to_result_(context.states[0]->layout().schema.rows, PlacesInResult(kept_columns_, top)),
      came_to_result_(MoverToResult(context.layout->inputs[0], top)),
      now_micros_(*context.now_micros),
      arena_(*context.arena),
      rows_(context.states[0]->table()) {}

Status TopRows::Load(const StateKey& key) {
  kept_.clear();
  ASSIGN_OR_RETURN(const RowsOfKey rows, rows_.Read(key, now()));
  end_ = 0;
  KeyedRow row;
  for (uint32_t at = 0; rows.Next(&at, &row); end_ = at) kept_.push_back({row.bytes, end_});
  return {};
}

size_t TopRows::PlaceOf(const RecordBatch& batch, int32_t row, bool equal_gives_way) const {
  const int least = equal_gives_way ? 1 : 0;
  const auto stays = [&](const Kept& kept) {
    return order_.Compare(batch, row, kept.bytes) >= least;
  };
  // Most rows come behind all.
  if (kept_.empty() || stays(kept_.back())) return kept_.size();
  return static_cast<size_t>(std::ranges::partition_point(kept_, stays) - kept_.begin());
}

size_t TopRows::Find(std::string_view row) const {
  return static_cast<size_t>(std::ranges::find(kept_, row, &Kept::bytes) - kept_.begin());
}

Status TopRows::Insert(const StateKey& key, size_t place, size_t keep, const RecordBatch& batch,
                       int32_t row) {
  return rows_.InsertWritten(key, BeginOf(place), BeginOf(std::min(keep, kept_.size())),
                             codec_.SizeOf(batch, kept_columns_, row), now(),
                             [&](char* to) { codec_.Write(batch, kept_columns_, row, to); });
}

Status TopRows::Remove(const StateKey& key, size_t place) {
  return rows_.RemoveAt(key, kept_[place].at, now());
}

Status TopRows::Truncate(const StateKey& key, size_t size) {
  for (; kept_.size() > size; kept_.pop_back()) {
    end_ = kept_.back().at;
    RETURN_IF_ERROR(rows_.RemoveAt(key, end_, now()));
  }
  return {};
}

}  // namespace flinkc
