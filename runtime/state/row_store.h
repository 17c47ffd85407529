// Where the rows of a subtask's tables are kept that its memory does not hold: bytes by ordered
// bytes (stored_row.h). Implemented over RocksDB (rocks_store.h), in tests over a map.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace flinkc {

struct StoredEntry {
  std::string_view key;
  std::string_view value;
};

// Entries of a range by key, as they were when it was made. One thread.
class RowCursor {
 public:
  virtual ~RowCursor() = default;
  // Whether there is an entry; `entry` is good until the next call. An Error: the store cannot be
  // read.
  virtual Result<bool> Next(StoredEntry* entry) = 0;
};

// A file of a store, which does not change any more.
struct StoreFile {
  std::string name;  // within the store: "000012.sst"
  std::string path;
  // The file holds the same bytes as long as the store lives; else it is the cut's own.
  bool immutable = false;
};

// A store as it was at one moment. Any thread.
class StoreCut {
 public:
  virtual ~StoreCut() = default;
  virtual std::unique_ptr<RowCursor> Scan(std::string_view begin, std::string_view end) = 0;
  // The files that another store can be opened from; only if they were asked for. They live as long
  // as the cut.
  virtual const std::vector<StoreFile>& files() const = 0;
};

// Get, GetAll and Scan: any thread. All else: one thread at a time. After an Error of a write
// nothing is known of it, and the store is to be given up.
class RowStore {
 public:
  virtual ~RowStore() = default;

  // Whether `key` is there, and its value.
  virtual Result<bool> Get(std::string_view key, std::string* value) = 0;
  // The same for sorted keys: `found` gets the index and the value of each that is there.
  using Found = std::function<void(size_t index, std::string_view value)>;
  virtual Status GetAll(std::span<const std::string_view> sorted, const Found& found) = 0;
  // Keys in [begin, end), which both share a prefix.
  virtual std::unique_ptr<RowCursor> Scan(std::string_view begin, std::string_view end) = 0;
  // About how many bytes a range takes.
  virtual uint64_t EstimateBytes(std::string_view begin, std::string_view end) = 0;

  // Adds or replaces entries, sorted by key.
  virtual Status Write(std::span<const StoredEntry> sorted) = 0;
  virtual Status Delete(std::string_view key) = 0;
  virtual Status DeleteRange(std::string_view begin, std::string_view end) = 0;
  // The store as it is now, with its files or to be scanned.
  virtual Result<std::shared_ptr<StoreCut>> Cut(bool with_files) = 0;
};

}  // namespace flinkc
