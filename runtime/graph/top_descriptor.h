// The first rows of each group by an order, as the plan has it: `top`, and `dedupe`, which keeps
// one.
#pragma once

#include <cstdint>
#include <vector>

namespace flinkc {

struct OrderColumn {
  uint32_t column = 0;
  bool descending = false;
  bool nulls_first = false;

  bool operator==(const OrderColumn&) const = default;
};

struct TopDescriptor {
  std::vector<uint32_t> keys;  // of a group; none: all rows are one
  // Rows that are equal by all of these stand in the order in which they came, or the other way
  // round.
  std::vector<OrderColumn> order;
  bool newest_first = false;
  int64_t limit = 1;
  // The result has the rows' place in the order, from 1, as its last column (BIGINT NOT NULL).
  bool with_rank = false;
  // Rows of the input are also taken back.
  bool retracts = false;
  // The old rows are told as well (-U), not only the new ones.
  bool tells_old = false;
  // Columns of the input that the result has, in this order.
  std::vector<uint32_t> columns;
  // How long a group without a change is kept, in processing time; 0: for ever.
  int64_t ttl_micros = 0;

  bool operator==(const TopDescriptor&) const = default;
};

}  // namespace flinkc
