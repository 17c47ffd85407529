// What a join pairs: the columns of its sides, and those of what it makes of them. The second side
// may be a table, which is no input of the operator.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "runtime/graph/chain_layout.h"

namespace flinkc {

struct JoinShape {
  explicit JoinShape(const NativeLayout& layout);

  const JoinDescriptor& join;
  std::array<Schema, 2> sides;
  // What the condition reads of a pair, those of the left first, by side.
  std::array<std::vector<uint32_t>, 2> condition_columns;
  Schema condition;
  Schema result;  // what the join gives of both, without windows and the hidden column
};

// The hidden column of a side by whose rows time goes on, which it has.
uint32_t WatermarkColumnOf(const Schema& side);

}  // namespace flinkc
