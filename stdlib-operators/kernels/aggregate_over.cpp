#include "stdlib-operators/kernels/aggregate_over.h"

#include "stdlib-operators/kernels/value_bytes.h"

namespace flinkc {
namespace {

constexpr uint32_t kNullSize = UINT32_MAX;

struct LagHeader {
  uint32_t oldest;  // offset
  uint32_t count;
};

uint32_t EntryBytes(uint32_t size) {
  return static_cast<uint32_t>(sizeof(uint32_t)) + (size == kNullSize ? 0 : size);
}

// Appends the value as an entry; kMemoryLimit leaves the block as it was.
template <typename A>
int32_t AppendEntry(StateHeap* heap, StateBlob* blob, A a, bool valid) {
  ArgumentBytes<A> bytes(a);
  bytes.value = a;  // also -0.0
  const uint32_t size = valid ? bytes.size() : kNullSize;
  if (!GrowTo(heap, blob, uint64_t{blob->size} + EntryBytes(size))) {
    return Failure(RowStatus::kMemoryLimit);
  }
  __builtin_memcpy(blob->data + blob->size, &size, sizeof(size));
  if (valid && size != 0) {
    __builtin_memcpy(blob->data + blob->size + sizeof(size), bytes.data(), size);
  }
  blob->size += EntryBytes(size);
  return kKernelOk;
}

// The value is NULL, or its bytes are given.
template <typename T>
int32_t GiveEntry(KernelContext* context, const char* entry, T* out) {
  const auto size = LoadBytes<uint32_t>(entry);
  if (size == kNullSize) return kKernelNull;
  return GiveBytes(context, entry + sizeof(size), size, out);
}

// Keeps the last rows + 1 values.
template <typename A>
int32_t AddLag(StateHeap* heap, LagState* state, A a, bool valid, int64_t rows) {
  StateBlob* values = &state->values;
  LagHeader header{sizeof(LagHeader), 0};
  if (values->size == 0) {
    if (!GrowTo(heap, values, sizeof(LagHeader))) return Failure(RowStatus::kMemoryLimit);
    values->size = sizeof(LagHeader);
  } else {
    header = LoadBytes<LagHeader>(values->data);
  }
  const int32_t status = AppendEntry(heap, values, a, valid);
  if (status == kKernelOk) ++header.count;
  if (header.count > rows + 1) {
    header.oldest += EntryBytes(LoadBytes<uint32_t>(values->data + header.oldest));
    --header.count;
  }
  // What nobody asks for any more goes when it is half of all.
  const uint32_t live = values->size - header.oldest;
  if (header.oldest - sizeof(LagHeader) > live) {
    __builtin_memmove(values->data + sizeof(LagHeader), values->data + header.oldest, live);
    header.oldest = sizeof(LagHeader);
    values->size = header.oldest + live;
  }
  __builtin_memcpy(values->data, &header, sizeof(header));
  return status;
}

template <typename T>
int32_t GiveLag(KernelContext* context, const LagState* state, int64_t rows, T* out) {
  if (state->values.size != 0) {
    const auto header = LoadBytes<LagHeader>(state->values.data);
    if (header.count > rows) return GiveEntry(context, state->values.data + header.oldest, out);
  }
  if (state->otherwise.size == 0) return kKernelNull;
  return GiveEntry(context, state->otherwise.data, out);
}

// The place of a row of another time than the one before is `place`.
int32_t AddToRank(RankState* state, int64_t time, int64_t place) {
  if (state->rows == 0 || state->time != time) state->place = place;
  ++state->rows;
  state->time = time;
  return kKernelOk;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_row_number(KernelContext* context, StateHeap* heap, CountState* state) {
  ++state->count;
  return kKernelOk;
}

int32_t flinkc_rank(KernelContext* context, StateHeap* heap, RankState* state, int64_t time) {
  return AddToRank(state, time, state->rows + 1);
}

int32_t flinkc_dense_rank(KernelContext* context, StateHeap* heap, RankState* state, int64_t time) {
  return AddToRank(state, time, state->place + 1);
}

int32_t flinkc_rank_result(KernelContext* context, const RankState* state, int64_t* out) {
  *out = state->place;
  return kKernelOk;
}

#define FLINKC_DEFINE_LAG(K, A, T, t)                                                        \
  int32_t flinkc_lag_##t(KernelContext* context, StateHeap* heap, LagState* state, A a,      \
                         bool valid, int64_t rows) {                                         \
    return AddLag(heap, state, a, valid, rows);                                              \
  }                                                                                          \
  int32_t flinkc_lag_by_##t(KernelContext* context, StateHeap* heap, LagState* state, A a,   \
                            bool valid, int64_t by, bool by_valid, int64_t rows) {           \
    return AddLag(heap, state, a, valid, rows);                                              \
  }                                                                                          \
  int32_t flinkc_lag_or_##t(KernelContext* context, StateHeap* heap, LagState* state, A a,   \
                            bool valid, int64_t by, bool by_valid, A otherwise,              \
                            bool otherwise_valid, int64_t rows) {                            \
    state->otherwise.size = 0;                                                               \
    const int32_t status = AppendEntry(heap, &state->otherwise, otherwise, otherwise_valid); \
    return status == kKernelOk ? AddLag(heap, state, a, valid, rows) : status;               \
  }                                                                                          \
  int32_t flinkc_lag_result_##t(KernelContext* context, const LagState* state, int64_t rows, \
                                T* out) {                                                    \
    return GiveLag(context, state, rows, out);                                               \
  }
FLINKC_EACH_VALUE_TYPE(FLINKC_DEFINE_LAG, )
}
