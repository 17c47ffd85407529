// Keyed rows in memory as generated code sees them: an open-addressing index over rows that never
// move. Row = [u64 hash][key, key_bytes][accumulators]; key fields stand at fixed offsets, unused
// bytes are zero, NULL is a set byte beside the field (compiler/lower decides the layout and says
// it in StateLayout). Freestanding: the probe is linked into generated code.
#pragma once

#include <cstdint>

#include "runtime/abi/state_heap.h"
#include "runtime/abi/string_value.h"

namespace flinkc {

struct KeyedTable {
  static constexpr uint32_t kRowsPerChunkLog2 = 10;
  static constexpr uint32_t kHashBytes = 8;

  // index_mask + 1 slots; a slot is 0 (empty) or (high half of the hash) << 32 | (row + 1).
  uint64_t* index;
  uint64_t index_mask;
  char** chunks;
  uint64_t row_count;
  // An insert at row_count == row_limit goes through flinkc_rt_insert_row.
  uint64_t row_limit;
  // The epoch of writes now, and by chunk the one in which all its rows may be written to: before a
  // write to a row of a chunk of another epoch, flinkc_rt_touch_row.
  uint32_t* chunk_epochs;
  uint32_t epoch;
  uint32_t row_bytes;
  uint32_t key_bytes;
  // Offsets, within the key, of StringValues longer than 12 bytes: compared by their bytes.
  const uint32_t* key_view_offsets;
  uint32_t key_view_count;
  StateHeap* heap;

  char* Row(uint64_t row) const {
    return chunks[row >> kRowsPerChunkLog2] +
           (row & ((1u << kRowsPerChunkLog2) - 1)) * static_cast<uint64_t>(row_bytes);
  }
  char* Key(uint64_t row) const { return Row(row) + kHashBytes; }
};

extern "C" {
// RuntimeCall: what FindOrInsert does for a key that is not in the index, when there is no room for
// one more row, or the row may have to be fetched from elsewhere first. A ProbeResult.
int32_t flinkc_rt_insert_row(KeyedTable* table, uint64_t hash, const char* key, char** row);
// RuntimeCall: keeps what a running snapshot needs of the row, which may then be written to.
void flinkc_rt_touch_row(KeyedTable* table, uint64_t row);
// RuntimeCall: empties a row of the table but for hash and key, as if it were new.
void flinkc_rt_reset_row(KeyedTable* table, char* row);
// RuntimeCall: takes a row out of the table, with what it points at; another row may have its place
// then, so the addresses of rows are void.
void flinkc_rt_remove_row(KeyedTable* table, char* row);
// RuntimeCall: copies the bytes of the views in the key of a new row into the heap.
bool flinkc_rt_own_key(KeyedTable* table, char* key);
}

// Asks the memory for what the rows behind `row` of a batch will probe: first a slot of the index,
// some rows later the row it names. A table larger than the caches then costs the memory's
// bandwidth and not its latency. `hashes` are the key hashes of the batch's `rows` rows.
inline void PrefetchRows(const KeyedTable* table, const uint64_t* hashes, int64_t row,
                         int64_t rows) {
  constexpr int64_t kIndexAhead = 16;
  constexpr int64_t kRowAhead = 8;
  constexpr uint64_t kLineBytes = 64;
  constexpr uint64_t kLinesMax = 4;  // key and the first accumulators
  if (row + kIndexAhead >= rows) return;
  __builtin_prefetch(&table->index[hashes[row + kIndexAhead] & table->index_mask]);
  const uint64_t slot = table->index[hashes[row + kRowAhead] & table->index_mask];
  if (slot == 0) return;
  const char* state_row = table->Row((slot & 0xFFFFFFFFull) - 1);
  for (uint64_t at = 0; at < table->row_bytes && at < kLinesMax * kLineBytes; at += kLineBytes) {
    __builtin_prefetch(state_row + at, 1);
  }
}

// The result of FindOrInsert, by its two lowest values; see RowStatus for the failure.
enum class ProbeResult : int32_t { kFound = 0, kInserted = 1, kMemoryLimit = 9 };

// KeysEqual of keys with views that differ in their bytes.
[[gnu::noinline]] inline bool ViewKeysEqual(const KeyedTable* table, const char* a, const char* b,
                                            uint32_t key_bytes) {
  uint32_t from = 0;
  for (uint32_t i = 0; i < table->key_view_count; ++i) {
    const uint32_t offset = table->key_view_offsets[i];
    if (__builtin_memcmp(a + from, b + from, offset - from) != 0) return false;
    StringValue view_a, view_b;
    __builtin_memcpy(&view_a, a + offset, sizeof(StringValue));
    __builtin_memcpy(&view_b, b + offset, sizeof(StringValue));
    if (!(view_a == view_b)) return false;
    from = offset + sizeof(StringValue);
  }
  return __builtin_memcmp(a + from, b + from, key_bytes - from) == 0;
}

// Equal keys, byte for byte but for the views, which are compared by what they point at. Short
// views are inline and zero-padded, so that most keys are told equal by their bytes: a few
// instructions where `key_bytes` is a constant.
inline bool KeysEqual(const KeyedTable* table, const char* a, const char* b, uint32_t key_bytes) {
  if (__builtin_memcmp(a, b, key_bytes) == 0) [[likely]]
    return true;
  return table->key_view_count != 0 && ViewKeysEqual(table, a, b, key_bytes);
}

// To be called before the row is written to.
inline void TouchRow(KeyedTable* table, uint64_t row) {
  if (table->chunk_epochs[row >> KeyedTable::kRowsPerChunkLog2] != table->epoch) [[unlikely]]
    flinkc_rt_touch_row(table, row);
}

// Adds a row for a key that is not there; there is room.
template <bool kMayHaveViews = true>
ProbeResult InsertRow(KeyedTable* table, uint64_t hash, const char* key, uint32_t key_bytes,
                      char** row) {
  uint64_t position = hash & table->index_mask;
  while (table->index[position] != 0) position = (position + 1) & table->index_mask;
  TouchRow(table, table->row_count);
  char* created = table->Row(table->row_count);
  __builtin_memcpy(created, &hash, sizeof(hash));
  __builtin_memcpy(created + KeyedTable::kHashBytes, key, key_bytes);
  if (kMayHaveViews && table->key_view_count != 0 &&
      !flinkc_rt_own_key(table, created + KeyedTable::kHashBytes)) [[unlikely]] {
    return ProbeResult::kMemoryLimit;
  }
  table->index[position] = (hash & 0xFFFFFFFF00000000ull) | (table->row_count + 1);
  ++table->row_count;
  *row = created;
  return ProbeResult::kInserted;
}

// The row of `key` in `*row`, ready to be written to; a new row is zero but for hash and key.
// `key_bytes` equals table->key_bytes and is a constant in generated code, so that the comparison
// inlines. A key without views (kMayHaveViews false) is compared and copied without a call.
template <bool kMayHaveViews = true>
ProbeResult FindOrInsert(KeyedTable* table, uint64_t hash, const char* key, uint32_t key_bytes,
                         char** row) {
  const uint64_t tag = hash & 0xFFFFFFFF00000000ull;
  uint64_t position = hash & table->index_mask;
  while (true) {
    const uint64_t slot = table->index[position];
    if (slot == 0) break;
    if ((slot & 0xFFFFFFFF00000000ull) == tag) {
      const uint64_t number = (slot & 0xFFFFFFFFull) - 1;
      char* candidate = table->Row(number);
      const char* candidate_key = candidate + KeyedTable::kHashBytes;
      if (kMayHaveViews ? KeysEqual(table, candidate_key, key, key_bytes)
                        : __builtin_memcmp(candidate_key, key, key_bytes) == 0) {
        TouchRow(table, number);
        *row = candidate;
        return ProbeResult::kFound;
      }
    }
    position = (position + 1) & table->index_mask;
  }
  if (table->row_count == table->row_limit) [[unlikely]] {
    return static_cast<ProbeResult>(flinkc_rt_insert_row(table, hash, key, row));
  }
  return InsertRow<kMayHaveViews>(table, hash, key, key_bytes, row);
}

// Whether a row of state with a time to live was last written too long ago; all times are
// microseconds since the epoch. 0 is a row of before the state had one: its time begins now.
inline bool IsExpired(int64_t updated_at, int64_t now, int64_t ttl) {
  return updated_at != 0 && now - updated_at >= ttl;
}

// What FindOrInsert found, `probed`, in a table whose rows have a time to live: a row that is
// written to at `now`. An expired one is as good as new.
inline ProbeResult RenewRow(KeyedTable* table, char* row, ProbeResult probed,
                            uint32_t updated_at_offset, int64_t now, int64_t ttl) {
  int64_t updated_at;
  __builtin_memcpy(&updated_at, row + updated_at_offset, sizeof(updated_at));
  if (probed == ProbeResult::kFound && IsExpired(updated_at, now, ttl)) {
    flinkc_rt_reset_row(table, row);
    probed = ProbeResult::kInserted;
  }
  __builtin_memcpy(row + updated_at_offset, &now, sizeof(now));
  return probed;
}

}  // namespace flinkc
