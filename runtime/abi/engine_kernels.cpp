#include "runtime/abi/engine_kernels.h"

#include "runtime/abi/hash.h"
#include "runtime/abi/nested_value.h"

using flinkc::KeyedTable;
using flinkc::NestedReader;
using flinkc::StringValue;

extern "C" {

int32_t flinkc_table_probe(KeyedTable* table, uint64_t hash, const char* key, uint32_t key_bytes,
                           char** row) {
  return static_cast<int32_t>(flinkc::FindOrInsert(table, hash, key, key_bytes, row));
}

int32_t flinkc_table_probe_fixed(KeyedTable* table, uint64_t hash, const char* key,
                                 uint32_t key_bytes, char** row) {
  return static_cast<int32_t>(flinkc::FindOrInsert<false>(table, hash, key, key_bytes, row));
}

int32_t flinkc_table_renew(KeyedTable* table, char* row, int32_t probed, uint32_t updated_at_offset,
                           int64_t now, int64_t ttl) {
  return static_cast<int32_t>(flinkc::RenewRow(table, row, static_cast<flinkc::ProbeResult>(probed),
                                               updated_at_offset, now, ttl));
}

void flinkc_table_prefetch(const KeyedTable* table, const uint64_t* hashes, int64_t row,
                           int64_t rows) {
  flinkc::PrefetchRows(table, hashes, row, rows);
}

char* flinkc_table_row(const KeyedTable* table, int64_t row) {
  return table->Row(static_cast<uint64_t>(row));
}

int64_t flinkc_fold_find(const flinkc::FoldSlots* fold, const char* group) {
  return flinkc::FindFoldedRow(fold, group);
}

void flinkc_fold_note(flinkc::FoldSlots* fold, const char* group, int64_t row) {
  flinkc::NoteFoldedRow(fold, group, row);
}

void flinkc_fold_drop(flinkc::FoldSlots* fold, flinkc::BatchLayout* batch, const char* group,
                      int64_t row, bool sends_old) {
  flinkc::DropFoldedRow(fold, batch, group, row, sends_old);
}

bool flinkc_local_begin(flinkc::LocalSlots* local, int64_t rows) {
  return flinkc::BeginLocal(local, rows);
}

int64_t flinkc_local_find(flinkc::LocalSlots* local, uint64_t hash, int64_t slice,
                          uint32_t channel) {
  return flinkc::FindLocalRow(local, hash, slice, channel);
}

void flinkc_local_note(flinkc::LocalSlots* local, uint64_t hash, int64_t slice, uint32_t channel,
                       int64_t row) {
  flinkc::NoteLocalRow(local, hash, slice, channel, row);
}

char* flinkc_local_block(flinkc::KernelContext* context, int64_t bytes, StringValue* out) {
  constexpr uint64_t kAlignment = 8;
  char* memory = flinkc::AllocateBytes(context, static_cast<uint32_t>(bytes + kAlignment));
  const uint64_t misaligned = reinterpret_cast<uint64_t>(memory) % kAlignment;
  char* block = memory + (misaligned == 0 ? 0 : kAlignment - misaligned);
  *out = {.size = static_cast<uint32_t>(bytes), .inlined = {}, .pointer = block};
  return block;
}

int64_t flinkc_slice_begin(int64_t time, int64_t offset, int64_t slice) {
  const int64_t rest = (time - offset) % slice;
  return time - rest - (rest < 0 ? slice : 0);
}

uint64_t flinkc_hash_integer(int64_t value) { return flinkc::HashInteger(value); }

uint64_t flinkc_hash_double(double value) { return flinkc::HashDouble(value); }

uint64_t flinkc_hash_view(const StringValue* value) { return flinkc::HashView(*value); }

uint64_t flinkc_hash_decimal(const __int128* value) {
  // Through char*, since the value may stand at an 8-byte boundary.
  __int128 unscaled;
  __builtin_memcpy(&unscaled, reinterpret_cast<const char*>(value), sizeof(unscaled));
  const int64_t low = static_cast<int64_t>(unscaled);
  if (low == unscaled) return flinkc::HashInteger(low);
  return flinkc::HashBytes(reinterpret_cast<const char*>(&unscaled), sizeof(unscaled));
}

uint64_t flinkc_hash_combine(uint64_t hash, uint64_t column_hash) {
  return flinkc::CombineHash(hash, column_hash);
}

double flinkc_canonical_double(double value) {
  if (value != value) return __builtin_nan("");
  return value == 0.0 ? 0.0 : value;
}

float flinkc_canonical_float(float value) {
  if (value != value) return __builtin_nanf("");
  return value == 0.0f ? 0.0f : value;
}

uint32_t flinkc_channel_of(uint64_t hash, uint32_t max_parallelism, uint32_t channel_count) {
  const uint64_t key_group = (hash >> 32) * max_parallelism >> 32;
  return static_cast<uint32_t>(key_group * channel_count / max_parallelism);
}

bool flinkc_is_valid(const uint64_t* validity, int64_t row) {
  return (validity[row >> 6] >> (row & 63) & 1) != 0;
}

void flinkc_set_validity(uint64_t* validity, int64_t row, bool valid) {
  uint64_t& word = validity[row >> 6];
  const uint64_t bit = uint64_t{1} << (row & 63);
  word = valid ? word | bit : word & ~bit;
}

void flinkc_copy_view(flinkc::KernelContext* context, const StringValue* value, StringValue* out) {
  if (value->size <= StringValue::kInlineBytes) {
    *out = *value;
    return;
  }
  char* bytes = flinkc::AllocateBytes(context, value->size);
  __builtin_memcpy(bytes, value->pointer, value->size);
  *out = flinkc::MakeStringValue(bytes, value->size);
}

const char* flinkc_view_data(const StringValue* value) { return value->data(); }

void flinkc_make_view(const char* data, int64_t bytes, StringValue* out) {
  *out = flinkc::MakeStringValue(data, static_cast<uint32_t>(bytes));
}

bool flinkc_same_view(const StringValue* a, const StringValue* b) { return *a == *b; }

bool flinkc_same_decimal(const __int128* a, const __int128* b) {
  // Through char*, since the values may stand at 8-byte boundaries.
  return __builtin_memcmp(reinterpret_cast<const char*>(a), reinterpret_cast<const char*>(b),
                          sizeof(*a)) == 0;
}

int64_t flinkc_nested_count(const StringValue* value) {
  return value->size == 0 ? 0 : NestedReader::Open(*value).header.count;
}

// An array of up to 12 bytes lies inside the view itself: slots are addressed from the caller's
// view, never from a copy of it.
const char* flinkc_nested_slot(const StringValue* value, int64_t slot) {
  const char* bytes = value->data();
  flinkc::NestedHeader header;
  __builtin_memcpy(&header, bytes, sizeof(header));
  return bytes + sizeof(header) + flinkc::NestedValidityBytes(header.count) +
         static_cast<uint64_t>(slot) * header.slot_bytes;
}

bool flinkc_nested_is_valid(const StringValue* value, int64_t slot) {
  const char* validity = value->data() + sizeof(flinkc::NestedHeader);
  return (validity[slot >> 3] >> (slot & 7) & 1) != 0;
}

void flinkc_nested_view(const StringValue* value, int64_t slot, StringValue* out) {
  uint32_t range[2];
  __builtin_memcpy(range, flinkc_nested_slot(value, slot), sizeof(range));
  *out = flinkc::MakeStringValue(value->data() + range[0], range[1]);
}

}  // extern "C"
