#include "stdlib-operators/operators/join/join_side.h"

#include <algorithm>
#include <numeric>

#include "runtime/graph/kept_columns.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

// Also of what is not in the batch: whether it has had a match.
std::vector<uint32_t> StoredColumns(const Schema& schema, const JoinDescriptor& join, size_t side) {
  std::vector<uint32_t> columns = KeptColumns(schema, join, side);
  if (join.NotesMatches(side)) columns.push_back(RowCodec::kNowhere);
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

std::vector<uint32_t> PlacesInPair(const std::vector<uint32_t>& stored, const NativeLayout& layout,
                                   size_t side) {
  std::vector<uint32_t> places;
  const auto first = side == 0 ? 0u : static_cast<uint32_t>(layout.inputs[0].size());
  for (const uint32_t column : stored) {
    places.push_back(column == RowCodec::kNowhere ? column : first + column);
  }
  return places;
}

}  // namespace

JoinSide::JoinSide(const OperatorContext& context, const JoinDescriptor& join, size_t side,
                   const Schema& result)
    : schema_(context.layout->inputs[side]),
      stored_(StoredColumns(schema_, join, side)),
      codec_(context.states[side]->layout().schema.rows),
      kept_to_result_(PlacesInResult(stored_, join, side)),
      kept_to_pair_(PlacesInPair(stored_, *context.layout, side)),
      came_to_result_(schema_, join.columns[side], result,
                      Consecutive(FirstOfResult(join, side), join.columns[side].size())),
      came_to_pair_(schema_, KeptColumns(schema_, join, side), PairSchema(*context.layout),
                    PlacesInPair(KeptColumns(schema_, join, side), *context.layout, side)),
      came_to_own_(schema_, KeptColumns(schema_, join, side), schema_,
                   KeptColumns(schema_, join, side)),
      key_(schema_, join.keys[side],
           KeySchema(context.layout->inputs[0], join.keys[0], /*not_null=*/true)),
      rows_(context.states[side]->table()) {}

Schema PairSchema(const NativeLayout& layout) {
  Schema both = layout.inputs[0];
  for (const Field& field : layout.inputs[1]) both.Add(field);
  return both;
}

}  // namespace flinkc
