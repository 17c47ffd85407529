#include "stdlib-operators/kernels/distinct.h"

#include "runtime/abi/hash.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

struct SetHeader {
  uint32_t count;
  uint32_t index_slots;  // a power of two, or 0
  uint32_t values_bytes;
  uint32_t reserved;
};

struct ValueHeader {
  uint32_t bytes;
  uint32_t hash;
};

constexpr uint32_t kScannedMax = 8;
constexpr uint32_t kIndexSlotsMin = 32;

SetHeader* HeaderOf(const StateBlob& set) { return reinterpret_cast<SetHeader*>(set.data); }
uint32_t* IndexOf(const StateBlob& set) {
  return reinterpret_cast<uint32_t*>(set.data + sizeof(SetHeader));
}
char* ValuesOf(const StateBlob& set) {
  return set.data + sizeof(SetHeader) + HeaderOf(set)->index_slots * sizeof(uint32_t);
}

uint64_t EntryBytes(uint64_t value_bytes) {
  return sizeof(ValueHeader) + (value_bytes + 7) / 8 * 8;
}

bool IsValue(const char* entry, uint32_t hash, const char* value, uint32_t bytes) {
  ValueHeader header;
  __builtin_memcpy(&header, entry, sizeof(header));
  return header.bytes == bytes && header.hash == hash &&
         __builtin_memcmp(entry + sizeof(header), value, bytes) == 0;
}

bool Scan(const StateBlob& set, uint32_t hash, const char* value, uint32_t bytes) {
  const char* values = ValuesOf(set);
  for (uint32_t offset = 0; offset < HeaderOf(set)->values_bytes;) {
    if (IsValue(values + offset, hash, value, bytes)) return true;
    ValueHeader header;
    __builtin_memcpy(&header, values + offset, sizeof(header));
    offset += static_cast<uint32_t>(EntryBytes(header.bytes));
  }
  return false;
}

// The slot of the value, or the empty one where it belongs.
uint32_t* FindSlot(const StateBlob& set, uint32_t hash, const char* value, uint32_t bytes) {
  const uint32_t mask = HeaderOf(set)->index_slots - 1;
  const char* values = ValuesOf(set);
  uint32_t* index = IndexOf(set);
  for (uint32_t slot = hash & mask;; slot = (slot + 1) & mask) {
    if (index[slot] == 0) return &index[slot];
    if (IsValue(values + (index[slot] - 1) * uint64_t{8}, hash, value, bytes)) return &index[slot];
  }
}

// Moves the values and makes an index of `slots` slots before them.
bool Reindex(StateHeap* heap, StateBlob* set, uint32_t slots) {
  const uint32_t old_slots = HeaderOf(*set)->index_slots;
  const uint64_t size = set->size + (uint64_t{slots} - old_slots) * sizeof(uint32_t);
  if (!GrowTo(heap, set, size)) return false;
  SetHeader* header = HeaderOf(*set);
  char* old_values = ValuesOf(*set);
  header->index_slots = slots;
  __builtin_memmove(ValuesOf(*set), old_values, header->values_bytes);
  set->size = static_cast<uint32_t>(size);
  uint32_t* index = IndexOf(*set);
  __builtin_memset(index, 0, slots * sizeof(uint32_t));
  const char* values = ValuesOf(*set);
  for (uint32_t offset = 0; offset < header->values_bytes;) {
    ValueHeader value;
    __builtin_memcpy(&value, values + offset, sizeof(value));
    uint32_t slot = value.hash & (slots - 1);
    while (index[slot] != 0) slot = (slot + 1) & (slots - 1);
    index[slot] = offset / 8 + 1;
    offset += static_cast<uint32_t>(EntryBytes(value.bytes));
  }
  return true;
}

// Room for one more value of `entry` bytes, with an index where one is due. False: no memory.
bool MakeRoom(StateHeap* heap, StateBlob* set, uint64_t entry) {
  if (set->size == 0) {
    if (!GrowTo(heap, set, sizeof(SetHeader) + entry)) return false;
    __builtin_memset(set->data, 0, sizeof(SetHeader));
    set->size = sizeof(SetHeader);
  }
  const uint32_t count = HeaderOf(*set)->count, slots = HeaderOf(*set)->index_slots;
  if (count >= kScannedMax && slots == 0) {
    if (!Reindex(heap, set, kIndexSlotsMin)) return false;
  } else if (slots != 0 && count >= slots / 2) {
    if (slots > UINT32_MAX / 8 || !Reindex(heap, set, slots * 2)) return false;
  }
  return GrowTo(heap, set, set->size + entry);
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_distinct_insert(StateHeap* heap, StateBlob* set, const char* value, int64_t bytes) {
  const auto size = static_cast<uint32_t>(bytes);
  const auto hash = static_cast<uint32_t>(HashBytes(value, size));
  if (set->size != 0) {
    const bool indexed = HeaderOf(*set)->index_slots != 0;
    if (indexed ? *FindSlot(*set, hash, value, size) != 0 : Scan(*set, hash, value, size)) return 0;
  }
  const uint64_t entry = EntryBytes(size);
  if (!MakeRoom(heap, set, entry)) return Failure(RowStatus::kMemoryLimit);
  SetHeader* header = HeaderOf(*set);
  const uint32_t offset = header->values_bytes;
  if (header->index_slots != 0) *FindSlot(*set, hash, value, size) = offset / 8 + 1;
  char* to = ValuesOf(*set) + offset;
  const ValueHeader value_header{size, hash};
  __builtin_memset(to, 0, entry);
  __builtin_memcpy(to, &value_header, sizeof(value_header));
  __builtin_memcpy(to + sizeof(value_header), value, size);
  header->values_bytes += static_cast<uint32_t>(entry);
  ++header->count;
  set->size += static_cast<uint32_t>(entry);
  return 1;
}

bool flinkc_distinct_next(const StateBlob* set, int64_t* cursor, const char** value,
                          int64_t* bytes) {
  if (set->size == 0 || *cursor >= HeaderOf(*set)->values_bytes) return false;
  const char* entry = ValuesOf(*set) + *cursor;
  ValueHeader header;
  __builtin_memcpy(&header, entry, sizeof(header));
  *value = entry + sizeof(header);
  *bytes = header.bytes;
  *cursor += static_cast<int64_t>(EntryBytes(header.bytes));
  return true;
}

int64_t flinkc_distinct_count(const StateBlob* set) {
  return set->size == 0 ? 0 : HeaderOf(*set)->count;
}

}  // extern "C"
