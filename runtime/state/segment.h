// A chunk of a table as bytes (docs/adr/0004-checkpoints.md): the header, the rows as they stand in
// memory, then what their views and blobs point at; each pointer is replaced by its offset there.
//
//   u32 rows | u32 row_bytes | u64 heap_bytes | rows * row_bytes | heap
//
// All numbers are little-endian.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

inline constexpr size_t kSegmentHeaderBytes = 16;

// Appends `row_count` rows that stand one after the other at `rows`. `layout`: the table's.
void AppendSegment(const StateLayout& layout, const char* rows, uint32_t row_count,
                   std::string* out);

// Whether the rows point at bytes outside them. If they do not, a segment can be made piece by
// piece:
bool HasHeap(const StateLayout& layout);
// Makes `out`, whatever it held, a segment of which only the rows are missing; row n belongs at
// kSegmentHeaderBytes + n * row_bytes.
void PrepareSegment(const StateLayout& layout, uint32_t row_count, std::string* out);

// The rows of a segment, their pointers made whole: views and blobs show the segment's own bytes.
class SegmentReader {
 public:
  // Checks everything about the bytes that `layout` can tell: sizes, that every view and blob lies
  // in the heap. `bytes` must outlive the reader.
  static Result<SegmentReader> Open(std::string_view bytes, const StateLayout& layout);

  uint32_t row_count() const { return row_count_; }
  const char* Row(uint32_t row) const { return rows_.data() + size_t{row} * row_bytes_; }
  uint64_t Hash(uint32_t row) const;

 private:
  std::string rows_;  // a copy, with pointers
  uint32_t row_count_ = 0;
  uint32_t row_bytes_ = 0;
};

}  // namespace flinkc
