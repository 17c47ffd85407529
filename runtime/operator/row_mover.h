// Copies columns of rows from one batch to another. Views keep showing what they showed.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"

namespace flinkc {

// Immutable.
class RowMover {
 public:
  // Column columns[i] of rows of `from` goes to column targets[i] of rows of `to`.
  RowMover(const Schema& from, const std::vector<uint32_t>& columns, const Schema& to,
           const std::vector<uint32_t>& targets) {
    for (size_t i = 0; i < columns.size(); ++i) {
      moves_.push_back({columns[i], targets[i], ByteWidth(from[columns[i]].type.physical()),
                        to[targets[i]].type.nullable()});
    }
  }

  void Move(const RecordBatch& from, int32_t from_row, RecordBatch& to, int32_t to_row) const {
    for (const ColumnMove& move : moves_) {
      if (move.nullable) {
        if (from.IsNull(move.from, from_row)) {
          to.SetNull(move.to, to_row);
          continue;
        }
        to.SetValid(move.to, to_row);
      }
      const char* source =
          from.Values<char>(move.from) + size_t{move.width} * static_cast<size_t>(from_row);
      char* target = to.Values<char>(move.to) + size_t{move.width} * static_cast<size_t>(to_row);
      switch (move.width) {
        case 8:
          std::memcpy(target, source, 8);
          break;
        case 16:
          std::memcpy(target, source, 16);
          break;
        default:
          std::memcpy(target, source, move.width);
      }
    }
  }

  // The same of the rows `from_rows`, to rows from `to_row` on.
  void Move(const RecordBatch& from, std::span<const int32_t> from_rows, RecordBatch& to,
            int32_t to_row) const {
    for (const ColumnMove& move : moves_) {
      if (move.nullable) {
        int32_t target = to_row;
        for (const int32_t row : from_rows) {
          if (from.IsNull(move.from, row)) {
            to.SetNull(move.to, target++);
          } else {
            to.SetValid(move.to, target++);
          }
        }
      }
      const char* source = from.Values<char>(move.from);
      char* target = to.Values<char>(move.to) + size_t{move.width} * static_cast<size_t>(to_row);
      switch (move.width) {
        case 8:
          MoveValues<8>(source, from_rows, target);
          break;
        case 16:
          MoveValues<16>(source, from_rows, target);
          break;
        case 4:
          MoveValues<4>(source, from_rows, target);
          break;
        case 2:
          MoveValues<2>(source, from_rows, target);
          break;
        default:
          MoveValues<1>(source, from_rows, target);
      }
    }
  }

  // NULL in all of the columns, which must be nullable.
  void SetNull(RecordBatch& to, int32_t to_row) const {
    for (const ColumnMove& move : moves_) to.SetNull(move.to, to_row);
  }

 private:
  struct ColumnMove {
    uint32_t from = 0;
    uint32_t to = 0;
    uint32_t width = 0;
    bool nullable = false;  // `to`
  };

  template <size_t kWidth>
  static void MoveValues(const char* source, std::span<const int32_t> rows, char* target) {
    for (const int32_t row : rows) {
      std::memcpy(target, source + kWidth * static_cast<size_t>(row), kWidth);
      target += kWidth;
    }
  }

  std::vector<ColumnMove> moves_;
};

}  // namespace flinkc
