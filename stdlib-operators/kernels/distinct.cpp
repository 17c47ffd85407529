#include "stdlib-operators/kernels/distinct.h"

#include "stdlib-operators/kernels/value_set.h"

namespace flinkc {
namespace {

bool IsIdle(const uint64_t* words, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (words[i] != 0) return false;
  }
  return true;
}

// Only what reads the set calls this: the kernels that change it take a StateBlob*.
ValueSet Reading(const StateBlob* set, uint32_t words) {
  return ValueSet(const_cast<StateBlob*>(set), words);
}

void CompactWhereItPays(ValueSet& values, int64_t words) {
  if (!values.WastesSpace()) return;
  values.Compact([words](const uint64_t* of) { return !IsIdle(of, words); });
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_distinct_insert(StateHeap* heap, StateBlob* set, const char* value, int64_t bytes) {
  const auto size = static_cast<uint32_t>(bytes);
  const uint32_t hash = ValueSet::HashOf(value, size);
  ValueSet values(set, 0);
  if (values.Find(value, size, hash) != ValueSet::kNone) return 0;
  const bool added = values.Insert(heap, value, size, hash) != ValueSet::kNone;
  return added ? 1 : Failure(RowStatus::kMemoryLimit);
}

bool flinkc_distinct_next(const StateBlob* set, int64_t* cursor, const char** value,
                          int64_t* bytes) {
  const ValueSet values = Reading(set, 0);
  const uint32_t offset = values.From(static_cast<uint32_t>(*cursor));
  if (offset == ValueSet::kNone) return false;
  *value = values.BytesAt(offset);
  *bytes = values.ValueAt(offset).bytes;
  *cursor = values.Behind(offset);
  return true;
}

int64_t flinkc_distinct_count(const StateBlob* set) { return Reading(set, 0).count(); }

char* flinkc_distinct_words(StateHeap* heap, StateBlob* set, const char* value, int64_t bytes,
                            int64_t words) {
  const auto size = static_cast<uint32_t>(bytes);
  const uint32_t hash = ValueSet::HashOf(value, size);
  ValueSet values(set, static_cast<uint32_t>(words));
  uint32_t offset = values.Find(value, size, hash);
  if (offset != ValueSet::kNone) {
    if (IsIdle(values.Words(offset), words)) --values.idle();
    return reinterpret_cast<char*>(values.Words(offset));
  }
  CompactWhereItPays(values, words);
  offset = values.Insert(heap, value, size, hash);
  if (offset == ValueSet::kNone) return nullptr;
  return reinterpret_cast<char*>(values.Words(offset));
}

char* flinkc_distinct_find(StateBlob* set, const char* value, int64_t bytes, int64_t words) {
  const auto size = static_cast<uint32_t>(bytes);
  const ValueSet values(set, static_cast<uint32_t>(words));
  const uint32_t offset = values.Find(value, size, ValueSet::HashOf(value, size));
  if (offset == ValueSet::kNone || IsIdle(values.Words(offset), words)) return nullptr;
  return reinterpret_cast<char*>(values.Words(offset));
}

void flinkc_distinct_release(StateBlob* set, char* value_words, int64_t words) {
  if (!IsIdle(reinterpret_cast<const uint64_t*>(value_words), words)) return;
  ValueSet values(set, static_cast<uint32_t>(words));
  ++values.idle();
  CompactWhereItPays(values, words);
}

char* flinkc_distinct_next_words(const StateBlob* set, int64_t* cursor, const char** value,
                                 int64_t* bytes, int64_t words) {
  const ValueSet values = Reading(set, static_cast<uint32_t>(words));
  for (uint32_t offset = values.From(static_cast<uint32_t>(*cursor)); offset != ValueSet::kNone;
       offset = values.From(values.Behind(offset))) {
    if (IsIdle(values.Words(offset), words)) continue;
    *value = values.BytesAt(offset);
    *bytes = values.ValueAt(offset).bytes;
    *cursor = values.Behind(offset);
    return reinterpret_cast<char*>(values.Words(offset));
  }
  return nullptr;
}

}  // extern "C"
