// Keys of a state as they stand in its rows, made from the columns of a batch: what generated code
// makes row by row, for those who want to know ahead of it what it will look for.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"
#include "runtime/graph/state_schema.h"

namespace flinkc {

// Immutable.
class KeyColumns {
 public:
  // The columns of `batch` with the names and types of the state's keys; nothing: it lacks one.
  // That they are what the key is made of is likely and no more: whoever uses them must do without.
  static std::optional<KeyColumns> Find(const StateSchema& state, const Schema& batch);

  // Writes the key of a row to `key`, which has room for StateSchema::key_bytes.
  void Write(const RecordBatch& batch, int32_t row, char* key) const;

 private:
  struct Column {
    size_t column = 0;  // of the batch
    uint32_t width = 0;
    uint32_t offset = 0;  // in the key
    std::optional<uint32_t> null_offset;
  };

  uint32_t key_bytes_ = 0;
  std::vector<Column> columns_;
};

}  // namespace flinkc
