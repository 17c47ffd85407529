// Several rows for a key: a list, which keeps their order, or a multiset, which counts equal ones.
// A native operator's view of a state of kind kList or kMultiset; the table does the rest
// (checkpoints, the store behind it, the budget). A row is a RowCodec's bytes.
//
// The rows of a key stand in one StateBlob, each behind its size as u32 (in a multiset, its count
// as u32 next to it): small lists are scanned, and a snapshot copies them as they are.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/data/schema.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/graph/key_layout.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

// Whether `blob` holds just whole rows of a state of this kind.
bool AreRowsValid(const StateSchema& schema, std::string_view blob);

// A key as it stands in a row of the table, and its hash (runtime/abi/hash.h).
struct StateKey {
  uint64_t hash = 0;
  const char* bytes = nullptr;  // layout.key_bytes
};

// A row of a key, and how often it is there; 1 in a list.
struct KeyedRow {
  std::string_view bytes;
  uint32_t count = 1;
};

// The rows of one key, in order. Valid until the next call of the KeyedRows that gave it, but for
// calls for other keys as long as all is in memory.
class RowsOfKey {
 public:
  RowsOfKey() = default;
  RowsOfKey(std::string_view blob, uint32_t header_bytes)
      : blob_(blob), header_bytes_(header_bytes) {}

  bool empty() const { return blob_.empty(); }
  // Reads the row at `*at`, which begins as 0, and moves it on to the next. False: there is none.
  bool Next(uint32_t* at, KeyedRow* row) const {
    if (*at >= blob_.size()) return false;
    uint32_t header[2] = {0, 1};
    std::memcpy(header, blob_.data() + *at, header_bytes_);
    row->bytes = blob_.substr(*at + header_bytes_, header[0]);
    row->count = header[1];
    *at += header_bytes_ + header[0];
    return true;
  }

 private:
  std::string_view blob_;
  uint32_t header_bytes_ = 4;
};
// The rows in the StateBlob of a state's row; AreRowsValid.
inline RowsOfKey RowsIn(const StateSchema& schema, std::string_view blob) {
  return {blob, schema.kind == StateKind::kMultiset ? 8U : 4U};
}

// One worker only. All Errors are kMemoryLimit, or what the store behind the table says. `now` is
// processing time in microseconds; rows of a key that has outlived its time to live are gone.
class KeyedRows {
 public:
  // `table`: of a layout made by RowsLayout; must outlive this.
  explicit KeyedRows(MemoryTable* table) : table_(*table), schema_(table->layout().schema) {}

  // List: adds a row behind the others of its key.
  Status Append(const StateKey& key, std::string_view row, int64_t now) {
    return AppendWritten(key, row.size(), now,
                         [row](char* to) { std::memcpy(to, row.data(), row.size()); });
  }
  // The same of a row of `bytes` bytes, which `write` writes to the char* that it is given.
  template <typename Write>
  Status AppendWritten(const StateKey& key, size_t bytes, int64_t now, Write write) {
    char* found = nullptr;
    RETURN_IF_ERROR(FindOrMake(key, now, &found));
    char* to = nullptr;
    RETURN_IF_ERROR(AppendEntry(BlobOf(found), bytes, 1, &to));
    write(to);
    return {};
  }
  // Multiset: changes how often a row is there by `delta`; what it then is. Below zero: 0, and the
  // row is not there. The last `note_bytes` of a row are a note: they are not compared, and those
  // of a row that is there stay.
  Result<int64_t> Change(const StateKey& key, std::string_view row, int64_t delta, int64_t now,
                         uint32_t note_bytes = 0);
  // List: adds a row before the one at `at` (RowsOfKey::Next), or behind all.
  Status InsertAt(const StateKey& key, uint32_t at, std::string_view row, int64_t now) {
    return InsertWritten(key, at, UINT32_MAX, row.size(), now,
                         [row](char* to) { std::memcpy(to, row.data(), row.size()); });
  }
  // The same of a row of `bytes` bytes, which `write` writes to the char* that it is given; the
  // rows from the one at `end` on go.
  template <typename Write>
  Status InsertWritten(const StateKey& key, uint32_t at, uint32_t end, size_t bytes, int64_t now,
                       Write write) {
    char* found = nullptr;
    RETURN_IF_ERROR(FindOrMake(key, now, &found));
    char* to = nullptr;
    RETURN_IF_ERROR(OpenEntry(BlobOf(found), at, end, bytes, &to));
    write(to);
    return {};
  }
  // List: puts a row in the place of the one at `at`, which is there.
  Status ReplaceAt(const StateKey& key, uint32_t at, std::string_view row, int64_t now);
  // List: removes the row at `at`, which is there.
  Status RemoveAt(const StateKey& key, uint32_t at, int64_t now);
  // List: removes the first `count` rows of a key; the last one takes the key with it.
  Status RemoveFirst(const StateKey& key, size_t count, int64_t now);
  // List: the rows of a key are these from now on, which may show those that it has; none: the key
  // is gone.
  Status Assign(const StateKey& key, std::span<const std::string_view> rows, int64_t now);
  // Removes all rows of a key.
  Status Clear(const StateKey& key);

  // Removes each row of a key for which `remove` is true; the last one takes the key with it.
  // `remove` is given the bytes of the row, which it may change but for their number.
  template <typename Remove>
  Status RemoveIf(const StateKey& key, int64_t now, Remove remove) {
    char* found = nullptr;
    RETURN_IF_ERROR(Find(key, now, &found));
    if (found == nullptr) return {};
    StateBlob* blob = BlobOf(found);
    uint32_t kept = 0;
    for (uint32_t at = 0; at < blob->size;) {
      const Entry entry = EntryAt(*blob, at);
      char* bytes = blob->data + at + header_bytes();
      if (!remove(bytes, static_cast<uint32_t>(entry.row.size()))) {
        if (kept != at) std::memmove(blob->data + kept, blob->data + at, entry.bytes);
        kept += entry.bytes;
      }
      at += entry.bytes;
    }
    blob->size = kept;
    return kept == 0 ? Clear(key) : Status();
  }

  // The rows of a key as they are, to be read only.
  Result<RowsOfKey> Read(const StateKey& key, int64_t now);
  // Asks the memory for what Read and Append will want of rows behind `row` of a batch.
  void Prefetch(const uint64_t* hashes, int64_t row, int64_t rows) const {
    if (table_.has_store()) return;
    PrefetchRows(&table_, hashes, row, rows);
    if (row + kBlobAhead < rows) PrefetchBlob(hashes[row + kBlobAhead]);
  }
  // The same of one key, step by step: its place in the index, some time later its row, and then
  // the rows that it names. Of a table without a store.
  void PrefetchSlot(uint64_t hash) const {
    __builtin_prefetch(&table_.index[hash & table_.index_mask]);
  }
  void PrefetchRow(uint64_t hash) const {
    const uint64_t slot = table_.index[hash & table_.index_mask];
    if (slot != 0) __builtin_prefetch(table_.Row((slot & 0xFFFFFFFFull) - 1), 1);
  }
  void PrefetchBlob(uint64_t hash) const {
    const uint64_t slot = table_.index[hash & table_.index_mask];
    if (slot == 0) return;
    StateBlob blob;
    std::memcpy(&blob, table_.Row((slot & 0xFFFFFFFFull) - 1) + schema_.rows_offset, sizeof(blob));
    if (blob.size == 0) return;
    // What is read first, and what is written behind.
    for (size_t at = 0; at < kLinesAhead * kLineBytes; at += kLineBytes) {
      if (at < blob.size) __builtin_prefetch(blob.data + at);
      if (blob.size + at < blob.capacity) __builtin_prefetch(blob.data + blob.size + at, 1);
    }
  }
  // Whether rows of a key stay where they are when other keys are asked for.
  bool is_in_memory() const { return !table_.has_store(); }

 private:
  // Rows of a batch ahead whose blobs are asked for, when their rows of the table are there.
  static constexpr int64_t kBlobAhead = 4;
  static constexpr size_t kLinesAhead = 3;
  static constexpr size_t kLineBytes = 64;

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
  bool HasExpired(const char* row, int64_t now) const;
  Entry EntryAt(const StateBlob& blob, uint32_t at) const;
  // The state row of a key, ready to be written to; nullptr: it has none.
  Status Find(const StateKey& key, int64_t now, char** row);
  Status FindOrMake(const StateKey& key, int64_t now, char** row);
  // Adds an entry for a row of `bytes` bytes, which go to `*to`.
  Status AppendEntry(StateBlob* blob, size_t bytes, uint32_t count, char** to);
  Status AppendEntry(StateBlob* blob, std::string_view row, uint32_t count);
  // Room for `bytes` more bytes.
  Status Reserve(StateBlob* blob, uint32_t bytes);
  // Makes place for a row of `bytes` bytes, which go to `*to`, at `at`; what is from `end` on goes.
  Status OpenEntry(StateBlob* blob, uint32_t at, uint32_t end, size_t bytes, char** to);
  std::unexpected<Error> NoRoom() const;

  MemoryTable& table_;
  const StateSchema& schema_;
  std::string assigned_;  // while they are put together
};

}  // namespace flinkc
