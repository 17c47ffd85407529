// Rows of a batch as bytes, as lists and multisets of a state keep them.
//
//   a bit a column, set where it is NULL, in whole bytes | the other columns one after the other
//
// A value takes its width, little-endian; a view its size as u32 and its bytes. Equal rows have
// equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"

namespace flinkc {

// Immutable.
class RowCodec {
 public:
  explicit RowCodec(const Schema& schema);

  // Appends row `row`; `columns`: of the batch, in the order of the schema.
  void Append(const RecordBatch& batch, const std::vector<uint32_t>& columns, int32_t row,
              std::string* out) const;
  // Writes a row into row `row` of `batch`, to the columns `columns`; long values are copied to
  // `arena`, which the batch has to keep alive. `bytes` IsValid.
  void Read(std::string_view bytes, const std::vector<uint32_t>& columns, Arena* arena,
            RecordBatch* batch, int32_t row) const;
  // Whether `bytes` are just one row of this schema.
  bool IsValid(std::string_view bytes) const;

  // The places of a row's values; a NULL has no bytes.
  struct Cell {
    bool is_null = false;
    std::string_view bytes;  // of a view: what it shows
  };
  // `bytes` IsValid.
  std::vector<Cell> Cells(std::string_view bytes) const;
  // What Append gives, of cells in the order of the schema.
  void AppendCells(const std::vector<Cell>& cells, std::string* out) const;

 private:
  struct Column {
    uint32_t width = 0;
    bool nullable = false;
    bool is_view = false;
  };

  size_t null_bytes() const { return (columns_.size() + 7) / 8; }

  std::vector<Column> columns_;
};

}  // namespace flinkc
