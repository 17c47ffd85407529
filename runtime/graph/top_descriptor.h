// The first rows of each group by an order, as the plan has it: `top`, and `dedupe`, which keeps
// one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace flinkc {

struct OrderColumn {
  uint32_t column = 0;
  bool descending = false;
  bool nulls_first = false;

  bool operator==(const OrderColumn&) const = default;
};

// Groups are those of each window, which leave when it is over. With a size: tumbling windows of
// the rows' event time; else the windows that the rows are already in, by their time.
struct TopWindow {
  int64_t size_micros = 0;  // 0: rows of one window have one time
  int64_t offset_micros = 0;
  uint32_t time_column = 0;
  uint32_t watermark_column = 0;

  bool operator==(const TopWindow&) const = default;
};

// How far the last millisecond of a window may lie from the time of a row for the row to matter to
// it, in microseconds.
struct TopReach {
  int64_t lower_micros = 0;
  int64_t upper_micros = 0;

  bool operator==(const TopReach&) const = default;
};

struct TopDescriptor {
  std::vector<uint32_t> keys;  // of a group; none: all rows are one
  // Rows that are equal by all of these stand in the order in which they came, or the other way
  // round.
  std::vector<OrderColumn> order;
  bool newest_first = false;
  int64_t limit = 1;
  // Rows that are equal by the order to the last one within the limit are kept, too; their place is
  // the same. Only with a window.
  bool with_ties = false;
  std::optional<TopWindow> window;
  // With a window: what is among the first is told as it changes, and not when the window is over.
  bool window_updates = false;
  // Keeps nothing: drops rows that a top of the same kind behind it would drop, as far as can be
  // told from the rows of this subtask.
  bool is_filter = false;
  // Of a filter: rows within reach of another window than their own pass.
  std::optional<TopReach> reach;
  // The result has the rows' place in the order, from 1, as its last column (BIGINT NOT NULL). With
  // a window of its own, window_start, window_end and window_time stand before it.
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
