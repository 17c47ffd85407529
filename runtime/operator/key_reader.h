// The key of a row, as it stands in the rows of a state's table, and its hash.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"
#include "runtime/state/keyed_rows.h"

namespace flinkc {

// Whether the hashes that come with rows are those of the key.
enum class RowHashes : uint8_t { kOfKey, kOfOthers };

// One worker only.
class KeyReader {
 public:
  // `columns` of rows of `input` make the key of a state with the key columns `key` (KeyLayout):
  // the same types, but that a column of `key` may be NOT NULL where NULLs are not read. `key` may
  // have a BIGINT NOT NULL behind them: a number that is not in the row.
  KeyReader(const Schema& input, std::vector<uint32_t> columns, const Schema& key,
            RowHashes hashes = RowHashes::kOfKey);

  // Whether a column of the key is NULL.
  bool HasNull(const RecordBatch& batch, int32_t row) const {
    for (const uint32_t column : nullable_) {
      if (batch.IsNull(column, row)) return true;
    }
    return false;
  }
  // The hash that came with the row, if that is of these columns, or one that is made of them.
  uint64_t Hash(const RecordBatch& batch, int32_t row) const {
    const uint64_t* hashes = batch.layout().key_hashes;
    const bool came = hashes != nullptr && hashes_ == RowHashes::kOfKey;
    return came ? hashes[row] : ComputeHash(batch, row);
  }
  // The hash of a key with a number, of which the hash of the row alone decides the key group.
  static uint64_t WithNumber(uint64_t hash, int64_t number) {
    return hash ^ (HashInteger(number) & 0xFFFFFFFFull);
  }
  // Valid until the next call; its views show what the batch's do.
  StateKey Read(const RecordBatch& batch, int32_t row, int64_t number = 0);

 private:
  struct Column {
    uint32_t column = 0;
    DataType type;
    uint32_t offset = 0;  // in the key
    std::optional<uint32_t> null_offset;
  };

  uint64_t ComputeHash(const RecordBatch& batch, int32_t row) const;

  const RowHashes hashes_;
  std::vector<Column> columns_;
  std::vector<uint32_t> nullable_;
  std::optional<uint32_t> number_offset_;
  std::vector<uint64_t> bytes_;  // of the key, aligned
};

}  // namespace flinkc
