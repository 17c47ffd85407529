// A row of a table as an entry of a RowStore.
//
//   key:   prefix | hash, big-endian | key as in the row, long views without pointer | their bytes
//   value: accumulators as in the row, blobs without pointer | bytes of the blobs
//   prefix: u16 state | with a window: slice end, level, as i64 with the sign flipped; big-endian
//
// Hashes are in the order of key groups, so the rows of a range of key groups stand one after the
// other behind a prefix. All other numbers are little-endian, as in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/slab_heap.h"
#include "runtime/state/slice_key.h"

namespace flinkc {

// The prefix of the rows of a table; `windowed`: the state has a window.
std::string StoredPrefix(uint16_t state_number, bool windowed, const SliceKey& slice);
// The first key behind all that begin with `prefix`; "": there is none.
std::string PrefixEnd(std::string_view prefix);
// The first key with this hash or a higher one.
std::string StoredHashBegin(std::string_view prefix, uint64_t hash);

// `key`: as it stands in a row of `layout`.
void AppendStoredKey(const StateLayout& layout, uint64_t hash, const char* key, std::string* out);
void AppendStoredValue(const StateLayout& layout, const char* row, std::string* out);

// Fills the accumulators of `row`, a new row of a table, from a value; blobs are allocated from
// `heap`. kCorrupt; kMemoryLimit.
Status LoadStoredValue(const StateLayout& layout, std::string_view value, StateHeap* heap,
                       char* row);
// Makes `row` (layout.row_bytes) show the entry: its views and blobs point into the bytes of `key`
// (without the prefix) and `value`. kCorrupt.
Status ReadStoredRow(const StateLayout& layout, std::string_view key, std::string_view value,
                     char* row);

}  // namespace flinkc
