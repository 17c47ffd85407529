// Several rows for a key: a list, which keeps their order, or a multiset, which counts equal ones.
// A native operator's view of a state of kind kList or kMultiset; the table does the rest
// (checkpoints, the store behind it, the budget). A row is a RowCodec's bytes.
//
// The rows of a key stand in one StateBlob, each behind its size as u32 (in a multiset, its count
// as u32 next to it): small lists are scanned, and a snapshot copies them as they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/data/schema.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

// The layout of such a state, by name and type of its key. `ttl_micros` 0: for ever.
StateLayout RowsLayout(std::string state_id, StateKind kind, const Schema& key, const Schema& rows,
                       int64_t ttl_micros = 0);

// Whether `blob` holds just whole rows of a state of this kind.
bool AreRowsValid(const StateSchema& schema, std::string_view blob);

// A key as it stands in a row of the table, and its hash (runtime/abi/hash.h).
struct StateKey {
  uint64_t hash = 0;
  const char* bytes = nullptr;  // layout.key_bytes
};

// One worker only. All Errors are kMemoryLimit, or what the store behind the table says. `now` is
// processing time in microseconds; rows of a key that has outlived its time to live are gone.
class KeyedRows {
 public:
  // `table`: of a layout made by RowsLayout; must outlive this.
  explicit KeyedRows(MemoryTable* table) : table_(*table), schema_(table->layout().schema) {}

  // List: adds a row behind the others of its key.
  Status Append(const StateKey& key, std::string_view row, int64_t now);
  // Multiset: changes how often a row is there by `delta`; what it then is. Below zero: 0, and the
  // row is not there.
  Result<int64_t> Change(const StateKey& key, std::string_view row, int64_t delta, int64_t now);
  // Removes all rows of a key.
  Status Clear(const StateKey& key);

  // Calls visit(row bytes, count) for each row of a key, in order; count is 1 in a list. Valid
  // until the next call.
  template <typename Visit>
  Status ForEach(const StateKey& key, int64_t now, Visit visit) {
    char* found = nullptr;
    RETURN_IF_ERROR(Find(key, now, &found));
    if (found == nullptr) return {};
    const StateBlob blob = *BlobOf(found);
    for (uint32_t at = 0; at < blob.size;) {
      const Entry entry = EntryAt(blob, at);
      visit(entry.row, int64_t{entry.count});
      at += entry.bytes;
    }
    return {};
  }

 private:
  struct Entry {
    std::string_view row;
    uint32_t count = 1;
    uint32_t bytes = 0;  // of the whole entry
  };

  bool is_counted() const { return schema_.kind == StateKind::kMultiset; }
  uint32_t header_bytes() const { return is_counted() ? 8 : 4; }
  StateBlob* BlobOf(char* row) const {
    return reinterpret_cast<StateBlob*>(row + schema_.rows_offset);
  }
  Entry EntryAt(const StateBlob& blob, uint32_t at) const;
  // The state row of a key, ready to be written to; nullptr: it has none.
  Status Find(const StateKey& key, int64_t now, char** row);
  Status FindOrMake(const StateKey& key, int64_t now, char** row);
  Status AppendEntry(StateBlob* blob, std::string_view row, uint32_t count);
  std::unexpected<Error> NoRoom() const;

  MemoryTable& table_;
  const StateSchema& schema_;
};

}  // namespace flinkc
