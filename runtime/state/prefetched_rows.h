// What a store has for keys that will soon be asked for, fetched all at once: sorted keys cost a
// store much less than one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/state/row_store.h"

namespace flinkc {

// One thread. What was fetched is good until somebody writes to the key.
class PrefetchedRows {
 public:
  // A key to be fetched, and the hash of the row.
  void Add(uint64_t hash, std::string_view key);
  // All keys that were added since the last Clear.
  Status Fetch(RowStore& store);
  // Whether `key` was fetched, and then whether the store has it, and its value; once.
  bool Take(uint64_t hash, std::string_view key, bool* found, std::string* value);
  void Clear();

  size_t size() const { return rows_.size(); }

 private:
  struct Row {
    uint64_t hash = 0;
    size_t key = 0;  // in keys_
    size_t key_bytes = 0;
    size_t value = 0;  // in values_
    size_t value_bytes = 0;
    bool found = false;
    bool taken = false;
  };

  std::string_view KeyOf(const Row& row) const { return {keys_.data() + row.key, row.key_bytes}; }

  std::vector<Row> rows_;
  std::string keys_;
  std::string values_;
  std::vector<std::string_view> sorted_;
  // By hash: 0, or the number of a row + 1; collisions stand in the next slots.
  std::vector<uint32_t> slots_;
};

}  // namespace flinkc
