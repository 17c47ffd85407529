#include "stdlib-operators/operators/join/join_side.h"

#include <algorithm>
#include <numeric>

#include "runtime/graph/kept_columns.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

// Also of what is not in the batch: a flag, or a number of matches.
std::vector<uint32_t> StoredColumns(const Schema& schema, const JoinDescriptor& join, size_t side) {
  std::vector<uint32_t> columns = KeptColumns(schema, join, side);
  if (join.HasFlag(side) || join.CountsMatches(side)) columns.push_back(RowCodec::kNowhere);
  return columns;
}

uint32_t FirstOfResult(const JoinDescriptor& join, size_t side) {
  return side == 0 ? 0 : static_cast<uint32_t>(join.columns[0].size());
}

// first, first + 1, …
std::vector<uint32_t> Consecutive(uint32_t first, size_t count) {
  std::vector<uint32_t> columns(count);
  std::iota(columns.begin(), columns.end(), first);
  return columns;
}

std::vector<uint32_t> PlacesInResult(const std::vector<uint32_t>& stored,
                                     const JoinDescriptor& join, size_t side) {
  std::vector<uint32_t> places;
  for (const uint32_t column : stored) {
    const auto at = std::ranges::find(join.columns[side], column);
    const auto place = static_cast<uint32_t>(at - join.columns[side].begin());
    places.push_back(at == join.columns[side].end() ? RowCodec::kNowhere
                                                    : FirstOfResult(join, side) + place);
  }
  return places;
}

// Where the condition has them.
std::vector<uint32_t> PlacesInCondition(const std::vector<uint32_t>& columns,
                                        const JoinShape& shape, size_t side) {
  const std::vector<uint32_t>& read = shape.condition_columns[side];
  const size_t first = side == 0 ? 0 : shape.condition_columns[0].size();
  std::vector<uint32_t> places;
  for (const uint32_t column : columns) {
    const auto at = std::ranges::find(read, column);
    const auto place = static_cast<size_t>(at - read.begin());
    places.push_back(at == read.end() ? RowCodec::kNowhere : static_cast<uint32_t>(first + place));
  }
  return places;
}

// Rows of a side with a state came by the hash of their key.
RowHashes HashesOf(const OperatorContext& context) {
  return context.states.empty() ? RowHashes::kOfOthers : RowHashes::kOfKey;
}

}  // namespace

JoinSide::JoinSide(const OperatorContext& context, const JoinShape& shape, size_t side)
    : schema_(shape.sides[side]),
      stored_(StoredColumns(schema_, shape.join, side)),
      codec_(KeptSchema(schema_, shape.join, side)),
      kept_to_result_(KeptSchema(schema_, shape.join, side),
                      PlacesInResult(stored_, shape.join, side)),
      kept_to_condition_(KeptSchema(schema_, shape.join, side),
                         PlacesInCondition(stored_, shape, side)),
      kept_to_own_(KeptSchema(schema_, shape.join, side), stored_),
      came_to_result_(
          schema_, shape.join.columns[side], shape.result,
          Consecutive(FirstOfResult(shape.join, side), shape.join.columns[side].size())),
      came_to_condition_(schema_, shape.condition_columns[side], shape.condition,
                         PlacesInCondition(shape.condition_columns[side], shape, side)),
      came_to_own_(schema_, KeptColumns(schema_, shape.join, side), schema_,
                   KeptColumns(schema_, shape.join, side)),
      key_(schema_, shape.join.keys[side], KeptKey(shape.sides[0], shape.join), HashesOf(context)) {
  if (side < context.states.size()) rows_.emplace(context.states[side]->table());
}

}  // namespace flinkc
