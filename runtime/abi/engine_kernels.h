// The engine's own kernels: table probes, hashes, validity bits, nested values. As all kernels they
// are compiled twice, natively and to bitcode that is linked into generated code.
#pragma once

#include "runtime/abi/batch_layout.h"
#include "runtime/abi/fold_slots.h"
#include "runtime/abi/kernel_context.h"
#include "runtime/abi/keyed_table.h"
#include "runtime/abi/local_slots.h"
#include "runtime/abi/string_value.h"

extern "C" {

// See FindOrInsert; a ProbeResult.
int32_t flinkc_table_probe(flinkc::KeyedTable* table, uint64_t hash, const char* key,
                           uint32_t key_bytes, char** row);
// The same for keys without views: no call is left of it but when the table grows.
int32_t flinkc_table_probe_fixed(flinkc::KeyedTable* table, uint64_t hash, const char* key,
                                 uint32_t key_bytes, char** row);
// See RenewRow.
int32_t flinkc_table_renew(flinkc::KeyedTable* table, char* row, int32_t probed,
                           uint32_t updated_at_offset, int64_t now, int64_t ttl);
// See PrefetchRows.
void flinkc_table_prefetch(const flinkc::KeyedTable* table, const uint64_t* hashes, int64_t row,
                           int64_t rows);
char* flinkc_table_row(const flinkc::KeyedTable* table, int64_t row);

// See FindFoldedRow, NoteFoldedRow and DropFoldedRow.
int64_t flinkc_fold_find(const flinkc::FoldSlots* fold, const char* group);
void flinkc_fold_note(flinkc::FoldSlots* fold, const char* group, int64_t row);
void flinkc_fold_drop(flinkc::FoldSlots* fold, flinkc::BatchLayout* batch, const char* group,
                      int64_t row, bool sends_old);

// See BeginLocal, FindLocalRow and NoteLocalRow.
bool flinkc_local_begin(flinkc::LocalSlots* local, int64_t rows);
int64_t flinkc_local_find(flinkc::LocalSlots* local, uint64_t hash, int64_t slice,
                          uint32_t channel);
void flinkc_local_note(flinkc::LocalSlots* local, uint64_t hash, int64_t slice, uint32_t channel,
                       int64_t row);
// `bytes` bytes, more than a view holds inline, at a multiple of 8 in the context's arena, and a
// view of them.
char* flinkc_local_block(flinkc::KernelContext* context, int64_t bytes, flinkc::StringValue* out);
// The largest multiple of `slice` from `offset` on at or below `time`.
int64_t flinkc_slice_begin(int64_t time, int64_t offset, int64_t slice);

uint64_t flinkc_hash_integer(int64_t value);
uint64_t flinkc_hash_double(double value);
uint64_t flinkc_hash_view(const flinkc::StringValue* value);
// The unscaled value of a DECIMAL: as an integer where it fits 64 bits, else its 16 bytes.
uint64_t flinkc_hash_decimal(const __int128* value);
uint64_t flinkc_hash_combine(uint64_t hash, uint64_t column_hash);
// Keys compare by their bytes: -0.0 becomes 0.0 and every NaN one NaN.
double flinkc_canonical_double(double value);
float flinkc_canonical_float(float value);
// The channel of a key's owner: key_group * channel_count / max_parallelism.
uint32_t flinkc_channel_of(uint64_t hash, uint32_t max_parallelism, uint32_t channel_count);

bool flinkc_is_valid(const uint64_t* validity, int64_t row);
void flinkc_set_validity(uint64_t* validity, int64_t row, bool valid);

// A view whose bytes live in the context's arena.
void flinkc_copy_view(flinkc::KernelContext* context, const flinkc::StringValue* value,
                      flinkc::StringValue* out);

// The bytes of a view, and a view of bytes that live as long.
const char* flinkc_view_data(const flinkc::StringValue* value);
void flinkc_make_view(const char* data, int64_t bytes, flinkc::StringValue* out);

// Whether two views show the same bytes; whether two values have the same bits.
bool flinkc_same_view(const flinkc::StringValue* a, const flinkc::StringValue* b);
bool flinkc_same_decimal(const __int128* a, const __int128* b);

// Elements of an ARRAY (nested_value.h).
int64_t flinkc_nested_count(const flinkc::StringValue* value);
bool flinkc_nested_is_valid(const flinkc::StringValue* value, int64_t slot);
const char* flinkc_nested_slot(const flinkc::StringValue* value, int64_t slot);
// The view in a slot; one of up to 12 bytes moves inline.
void flinkc_nested_view(const flinkc::StringValue* value, int64_t slot, flinkc::StringValue* out);

}  // extern "C"
