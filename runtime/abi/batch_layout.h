// How generated code sees the columns of a RecordBatch (runtime/data). Plain memory, freestanding.
#pragma once

#include <cstdint>

namespace flinkc {

enum class RowKind : uint8_t { kInsert = 0, kUpdateBefore = 1, kUpdateAfter = 2, kDelete = 3 };

// One column: `values` holds one element of the column's physical type for each row (undefined
// where NULL), `validity` one bit a row, lowest bit first, set where not NULL; nullptr exactly if
// the column's type is NOT NULL.
struct ColumnBuffer {
  void* values;
  uint64_t* validity;
};

struct BatchLayout {
  ColumnBuffer* columns;
  uint64_t* key_hashes;  // one a row, or nullptr
  uint8_t* row_kinds;    // RowKind, one a row, or nullptr: all kInsert
  int32_t row_count;
  int32_t capacity;      // rows that fit
};

}  // namespace flinkc
