// What the tables of one subtask share when they stand before a RowStore: the store, the memory
// that they may use together, and the rule that nothing newer than a barrier reaches the store
// before the barrier's cut is taken (docs/adr/0005-rocksdb-backend.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/state/frozen_state.h"
#include "runtime/state/prefetched_rows.h"
#include "runtime/state/row_store.h"
#include "runtime/state/store_snapshot.h"

namespace flinkc {

class MemoryTable;

// One worker only. The tables must go before it.
class StateStore {
 public:
  struct Statistics {
    uint64_t lookups = 0;      // keys that were not in memory
    uint64_t loaded = 0;       // of them, those that the store had
    uint64_t evicted = 0;      // rows that left the memory
    uint64_t stall_nanos = 0;  // of the worker: on cuts that had to be taken first
  };

  // `cache_bytes`: of all tables together. `clock` must outlive the store.
  StateStore(std::shared_ptr<RowStore> rows, size_t cache_bytes, const Clock* clock);
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  // After an Error of any function: why the store is unfit, and the subtask with it.
  const std::optional<Error>& error() const { return error_; }
  std::unexpected<Error> Fail(Error error);

  Result<bool> Get(std::string_view key, std::string* value);
  // All that `rows` asks for; their lookups are counted when they are.
  Status Fetch(PrefetchedRows* rows);
  void CountLookup(bool loaded);
  std::unique_ptr<RowCursor> Scan(std::string_view begin, std::string_view end);
  uint64_t EstimateBytes(std::string_view begin, std::string_view end);
  // Sorted by key; takes the cut of a running snapshot first.
  Status Write(std::span<const StoredEntry> sorted);
  // To be done before the next write: nothing waits for it.
  void DeleteLater(std::string key);
  void DeleteRangeLater(std::string begin, std::string end);
  bool is_deleted(std::string_view key) const {
    return !deleted_keys_.empty() && deleted_keys_.contains(key);
  }
  // Takes the cut of a running snapshot, if nobody has yet.
  Status Seal();

  // Of the tables.
  void Add(MemoryTable* table);
  void Remove(MemoryTable* table);
  // Whether the tables use more than they may; some more is theirs while a cut is due.
  bool is_over_limit();
  // Between batches, when nobody holds a row: evicts until the tables use what they may.
  Status Trim();
  // One tick of the clock by which the age of chunks is told.
  void Tick();
  void CountEvicted(uint64_t rows) { statistics_.evicted += rows; }

  // At a barrier, with the tables frozen.
  Result<std::shared_ptr<StoreSnapshot>> Freeze(std::vector<FrozenState> states, bool with_files);

  const Statistics& statistics() const { return statistics_; }
  size_t cache_bytes() const { return cache_bytes_; }
  RowStore& rows() { return *rows_; }

 private:
  struct Range {
    std::string begin;
    std::string end;
  };

  size_t used_bytes() const;
  bool has_unsealed();
  Status ApplyDeletes();

  // Constant after construction.
  const std::shared_ptr<RowStore> rows_;
  const size_t cache_bytes_;
  const Clock& clock_;
  // Worker only.
  std::vector<MemoryTable*> tables_;
  std::set<std::string, std::less<>> deleted_keys_;
  std::vector<Range> deleted_ranges_;
  std::shared_ptr<StoreSnapshot> unsealed_;
  std::optional<Error> error_;
  Statistics statistics_;
};

}  // namespace flinkc
