// Rows of one table on their way to a RowStore, sorted: a store takes sorted entries several times
// faster than unsorted ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/chain_layout.h"
#include "runtime/state/row_store.h"

namespace flinkc {

// One thread.
class EntryBatch {
 public:
  // `layout` must outlive the batch; `prefix`: of the table's keys (stored_row.h).
  EntryBatch(const StateLayout& layout, std::string_view prefix)
      : layout_(layout), prefix_(prefix) {}

  void Add(const char* row);
  // Everything added since the last Clear, sorted; good until something is added.
  std::span<const StoredEntry> Sorted();
  void Clear();

  bool is_empty() const { return places_.empty(); }
  size_t size_bytes() const { return bytes_.size(); }

 private:
  struct Place {
    uint64_t hash;
    size_t key;
    size_t value;
    size_t end;
  };

  // Constant after construction.
  const StateLayout& layout_;
  const std::string prefix_;
  std::string bytes_;
  std::vector<Place> places_;
  std::vector<StoredEntry> entries_;
};

}  // namespace flinkc
