// Rows of a batch as bytes, as lists and multisets of a state keep them.
//
//   a bit a column, set where it is NULL, in whole bytes | the other columns one after the other
//
// A value takes its width, little-endian; a view its size as u32 and its bytes. Equal rows have
// equal bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/string_value.h"
#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"

namespace flinkc {

// Immutable.
class RowCodec {
 public:
  explicit RowCodec(const Schema& schema);

  // A column of a batch that there is not.
  static constexpr uint32_t kNowhere = UINT32_MAX;

  // Appends row `row`; `columns`: of the batch, in the order of the schema; kNowhere: zero bytes.
  void Append(const RecordBatch& batch, const std::vector<uint32_t>& columns, int32_t row,
              std::string* out) const {
    const size_t start = out->size();
    const size_t end = start + SizeOf(batch, columns, row);
    // Not by the size that it is given: libstdc++ 12 gives a larger one where it grows.
    out->resize_and_overwrite(end, [end](char*, size_t) { return end; });
    Write(batch, columns, row, out->data() + start);
  }
  // The same in two steps: how many bytes, and the bytes to where there is room for them.
  size_t SizeOf(const RecordBatch& batch, const std::vector<uint32_t>& columns, int32_t row) const;
  void Write(const RecordBatch& batch, const std::vector<uint32_t>& columns, int32_t row,
             char* to) const;
  // Writes a row into row `row` of `batch`, to the columns `columns`; kNowhere: that value is not
  // wanted, nor are those behind the last of `columns`. `copy` makes a StringValue of the bytes of
  // a view that is to outlive `bytes`, which IsValid.
  template <typename CopyView>
  void Read(std::string_view bytes, const std::vector<uint32_t>& columns, CopyView copy,
            RecordBatch* batch, int32_t row) const {
    const char* at = bytes.data() + null_bytes();
    for (size_t i = 0; i < columns.size(); ++i) {
      const Column& column = columns_[i];
      const uint32_t to = columns[i];
      if ((bytes[i / 8] >> i % 8 & 1) != 0) {
        if (to != kNowhere) batch->SetNull(to, row);
        continue;
      }
      if (to != kNowhere) batch->SetValid(to, row);
      if (!column.is_view) {
        if (to != kNowhere) {
          CopyValue(batch->Values<char>(to) + size_t{column.width} * static_cast<size_t>(row), at,
                    column.width);
        }
        at += column.width;
        continue;
      }
      uint32_t size;
      std::memcpy(&size, at, sizeof(size));
      at += sizeof(size);
      if (to != kNowhere) batch->Values<StringValue>(to)[row] = copy(std::string_view(at, size));
      at += size;
    }
  }
  // The value of the first column, which is an i64 and not NULL.
  int64_t ReadFirst(std::string_view bytes) const {
    int64_t value;
    std::memcpy(&value, bytes.data() + null_bytes(), sizeof(value));
    return value;
  }
  // Sets it, of a row that Append has made.
  void WriteFirst(int64_t value, std::string* row) const {
    std::memcpy(row->data() + null_bytes(), &value, sizeof(value));
  }
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

  // Copies the first and the last bytes of a text, which may overlap.
  template <size_t kBytes>
  static void CopyEnds(char* to, const char* from, uint32_t size) {
    char first[kBytes], last[kBytes];
    std::memcpy(first, from, kBytes);
    std::memcpy(last, from + size - kBytes, kBytes);
    std::memcpy(to, first, kBytes);
    std::memcpy(to + size - kBytes, last, kBytes);
  }
  // Copies a short text without a call.
  static void CopyBytes(char* to, const char* from, uint32_t size) {
    if (size > 64) {
      std::memcpy(to, from, size);
    } else if (size >= 32) {
      CopyEnds<32>(to, from, size);
    } else if (size >= 16) {
      CopyEnds<16>(to, from, size);
    } else if (size >= 8) {
      CopyEnds<8>(to, from, size);
    } else if (size >= 4) {
      CopyEnds<4>(to, from, size);
    } else {
      for (uint32_t i = 0; i < size; ++i) to[i] = from[i];
    }
  }
  // Copies a value of a fixed width.
  static void CopyValue(char* to, const char* from, uint32_t width) {
    switch (width) {
      case 8:
        std::memcpy(to, from, 8);
        break;
      case 4:
        std::memcpy(to, from, 4);
        break;
      case 1:
        *to = *from;
        break;
      default:
        std::memcpy(to, from, width);
    }
  }

  size_t null_bytes() const { return (columns_.size() + 7) / 8; }

  std::vector<Column> columns_;
  size_t fixed_bytes_ = 0;  // of a row without NULLs whose texts are empty
};

}  // namespace flinkc
