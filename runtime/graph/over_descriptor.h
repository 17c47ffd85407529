// Results over the rows before each row of a key, as the plan has it (`over`): the native operator
// puts the rows in order and keeps those of the frame; it gives steps, which a generated loop
// behind it executes on the key's accumulators (docs/adr/0010).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/data/schema.h"

namespace flinkc {

// Which rows count for a row, itself among them: those of its key in their order, as far back as
// `preceding` says.
struct OverFrame {
  enum class Unit : uint8_t {
    kRows,   // so many rows before it
    kRange,  // rows whose time is at most so much before its own, microseconds; all of equal time
  };
  Unit unit = Unit::kRange;
  std::optional<int64_t> preceding;  // nothing: all

  bool operator==(const OverFrame&) const = default;
};

// The order of the rows. Without one: as they come, and their time is the clock's.
struct OverTime {
  uint32_t time_column = 0;
  uint32_t watermark_column = 0;

  bool operator==(const OverTime&) const = default;
};

struct OverDescriptor {
  std::vector<uint32_t> keys;
  OverFrame frame;
  std::optional<OverTime> time;
  // Columns of the input that the aggregates read of the rows of a bounded frame.
  std::vector<uint32_t> arguments;
  // Rows cannot be taken back from the accumulators: they are cleared, and all rows of the frame
  // are added anew for each row.
  bool recomputes = false;
  // A key is forgotten when all its rows have left the frame.
  bool forgets = false;
  // Output 1 has the late rows.
  bool routes_late = false;
  // How long the frame of a key without a row is kept, in processing time; 0: for ever.
  int64_t ttl_micros = 0;

  bool is_bounded() const { return frame.preceding.has_value(); }
  // Keys that may have to be forgotten are looked for once in so much time.
  int64_t cleanup_micros() const {
    constexpr int64_t kLeast = 1000;
    constexpr int64_t kShare = 8;
    return std::max(*frame.preceding / kShare, kLeast);
  }
  bool operator==(const OverDescriptor&) const = default;
};

// What is to be done with a step, bit by bit, in this order.
enum class OverStep : int8_t {
  kForget = 1,   // the key is gone; nothing else
  kNew = 2,      // the key has no rows: what its accumulators hold is of before
  kClear = 4,    // no row is in the frame
  kRemove = 8,   // take back the row that has left
  kReadd = 16,   // add a row of the frame again: where the one that has left would stand
  kAdd = 32,     // add the row
  kOutput = 64,  // give the row with the results
};

// The rows that the native part gives: those of `input`, with a bounded frame the arguments of the
// row that has left (or is added again), and which steps are to be done.
Schema StepSchema(const Schema& input, const OverDescriptor& over);
// Where the arguments of the row that has left stand in it; the steps stand behind all.
inline uint32_t FirstLeftColumn(const Schema& input) { return static_cast<uint32_t>(input.size()); }
inline uint32_t StepColumn(const Schema& input, const OverDescriptor& over) {
  return FirstLeftColumn(input) +
         (over.is_bounded() ? static_cast<uint32_t>(over.arguments.size()) : 0);
}

}  // namespace flinkc
