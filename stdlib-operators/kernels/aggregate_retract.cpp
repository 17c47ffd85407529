#include "stdlib-operators/kernels/aggregate_retract.h"

#include <algorithm>
#include <bit>

#include "stdlib-operators/kernels/value_bytes.h"
#include "stdlib-operators/kernels/value_list.h"
#include "stdlib-operators/kernels/value_set.h"

namespace flinkc {
namespace {

template <typename T>
struct BytesOrder {
  static int32_t Compare(const char* a, uint32_t, const char* b, uint32_t) {
    return flinkc::Compare<T>(LoadBytes<T>(a), LoadBytes<T>(b));
  }
};
template <>
struct BytesOrder<StringValue> {
  static int32_t Compare(const char* a, uint32_t a_size, const char* b, uint32_t b_size) {
    return CompareText(MakeStringValue(a, a_size), MakeStringValue(b, b_size));
  }
};

// The values and the heap of one min (sign -1: the least is at the top) or max (1).
template <typename T>
class CountedExtreme {
 public:
  CountedExtreme(CountedExtremeState* state, int32_t sign)
      : values_(&state->values, 1), heap_(&state->heap), sign_(sign) {}

  int32_t Add(StateHeap* heap, const char* value, uint32_t bytes, uint64_t rows) {
    const uint32_t hash = ValueSet::HashOf(value, bytes);
    uint32_t offset = values_.Find(value, bytes, hash);
    if (offset == ValueSet::kNone) {
      if (values_.WastesSpace()) Compact();
      if (!GrowTo(heap, heap_, heap_->size + sizeof(uint32_t))) {
        return Failure(RowStatus::kMemoryLimit);
      }
      offset = values_.Insert(heap, value, bytes, hash);
      if (offset == ValueSet::kNone) return Failure(RowStatus::kMemoryLimit);
    } else if (CountOf(offset) == 0) {
      // It is in the heap still, or there must be room for it.
      if (!IsInHeap(offset) && !GrowTo(heap, heap_, heap_->size + sizeof(uint32_t))) {
        return Failure(RowStatus::kMemoryLimit);
      }
      --values_.idle();
    }
    uint64_t& word = *values_.Words(offset);
    word += rows << 1;
    if ((word & 1) == 0) {
      word |= 1;
      Push(offset);
    }
    return kKernelOk;
  }

  void Retract(const char* value, uint32_t bytes) {
    const uint32_t offset = values_.Find(value, bytes, ValueSet::HashOf(value, bytes));
    if (offset == ValueSet::kNone || CountOf(offset) == 0) return;
    *values_.Words(offset) -= 2;
    if (CountOf(offset) != 0) return;
    ++values_.idle();
    while (size() != 0 && CountOf(At(0)) == 0) Pop();
    if (values_.WastesSpace()) Compact();
  }

  int32_t Merge(StateHeap* heap, const CountedExtremeState* from) {
    const ValueSet others(const_cast<StateBlob*>(&from->values), 1);
    for (uint32_t offset = others.From(0); offset != ValueSet::kNone;
         offset = others.From(others.Behind(offset))) {
      const uint64_t rows = *others.Words(offset) >> 1;
      if (rows == 0) continue;
      const int32_t status = Add(heap, others.BytesAt(offset), others.ValueAt(offset).bytes, rows);
      if (status != kKernelOk) return status;
    }
    return kKernelOk;
  }

  int32_t Give(KernelContext* context, T* out) const {
    if (size() == 0) return kKernelNull;
    const uint32_t top = At(0);
    return GiveBytes(context, values_.BytesAt(top), values_.ValueAt(top).bytes, out);
  }

 private:
  uint64_t CountOf(uint32_t offset) const { return *values_.Words(offset) >> 1; }
  bool IsInHeap(uint32_t offset) const { return (*values_.Words(offset) & 1) != 0; }

  uint32_t* places() const { return reinterpret_cast<uint32_t*>(heap_->data); }
  uint32_t size() const { return heap_->size / static_cast<uint32_t>(sizeof(uint32_t)); }
  uint32_t At(uint32_t i) const { return (places()[i] - 1) * 8; }

  bool Before(uint32_t a, uint32_t b) const {
    return BytesOrder<T>::Compare(values_.BytesAt(a), values_.ValueAt(a).bytes, values_.BytesAt(b),
                                  values_.ValueAt(b).bytes) == sign_;
  }

  // There is room for it.
  void Push(uint32_t offset) {
    heap_->size += static_cast<uint32_t>(sizeof(uint32_t));
    uint32_t i = size() - 1;
    while (i != 0 && Before(offset, At((i - 1) / 2))) {
      places()[i] = places()[(i - 1) / 2];
      i = (i - 1) / 2;
    }
    places()[i] = offset / 8 + 1;
  }

  void Pop() {
    *values_.Words(At(0)) = 0;
    const uint32_t last = At(size() - 1);
    heap_->size -= static_cast<uint32_t>(sizeof(uint32_t));
    if (size() != 0) Sink(0, last);
  }

  // Puts `offset` at `i` or below, where it belongs.
  void Sink(uint32_t i, uint32_t offset) {
    while (true) {
      uint32_t child = 2 * i + 1;
      if (child >= size()) break;
      if (child + 1 < size() && Before(At(child + 1), At(child))) ++child;
      if (!Before(At(child), offset)) break;
      places()[i] = places()[child];
      i = child;
    }
    places()[i] = offset / 8 + 1;
  }

  // Forgets what no row has; the heap, which was no smaller, is made again of what is left.
  void Compact() {
    values_.Compact([](const uint64_t* words) { return words[0] >> 1 != 0; });
    heap_->size = 0;
    for (uint32_t offset = values_.From(0); offset != ValueSet::kNone;
         offset = values_.From(values_.Behind(offset))) {
      places()[size()] = offset / 8 + 1;
      heap_->size += static_cast<uint32_t>(sizeof(uint32_t));
    }
    for (uint32_t i = size() / 2; i-- > 0;) Sink(i, At(i));
  }

  ValueSet values_;
  StateBlob* const heap_;
  const int32_t sign_;
};

template <typename T, typename A>
int32_t AddExtreme(StateHeap* heap, CountedExtremeState* state, A a, int32_t sign) {
  const ArgumentBytes<A> bytes(a);
  return CountedExtreme<T>(state, sign).Add(heap, bytes.data(), bytes.size(), 1);
}
template <typename T, typename A>
int32_t RetractExtreme(CountedExtremeState* state, A a, int32_t sign) {
  const ArgumentBytes<A> bytes(a);
  CountedExtreme<T>(state, sign).Retract(bytes.data(), bytes.size());
  return kKernelOk;
}

int32_t AddListed(StateHeap* heap, ListedState* state, ValueList::Bytes prefix,
                  ValueList::Bytes value) {
  return ValueList(&state->values).Add(heap, prefix, value) ? kKernelOk
                                                            : Failure(RowStatus::kMemoryLimit);
}
int32_t RetractListed(ListedState* state, ValueList::Bytes prefix, ValueList::Bytes value) {
  ValueList(&state->values).Remove(prefix, value);
  return kKernelOk;
}

ValueList Reading(const ListedState* state) {
  return ValueList(const_cast<StateBlob*>(&state->values));
}

template <typename T>
int32_t GiveListed(KernelContext* context, const ListedState* state, bool last, T* out) {
  const ValueList values = Reading(state);
  const uint32_t place = last ? values.last() : values.first();
  if (place == 0) return kKernelNull;
  const ValueList::Bytes value = values.ValueAt(place);
  return GiveBytes(context, value.data, value.size, out);
}

ValueList::Bytes BytesOf(const StringValue* text) { return {text->data(), text->size}; }
constexpr ValueList::Bytes kNoPrefix{nullptr, 0};
constexpr ValueList::Bytes kComma{",", 1};

// A sum that would not fit an index of the values is far over the memory limit.
int32_t AddCounted(StateHeap* heap, CountedValuesState* state, double a, uint64_t rows) {
  const double value = Canonical(a);
  const char* bytes = reinterpret_cast<const char*>(&value);
  const uint32_t hash = ValueSet::HashOf(bytes, sizeof(value));
  ValueSet values(&state->values, 1);
  uint32_t offset = values.Find(bytes, sizeof(value), hash);
  if (offset == ValueSet::kNone) {
    if (values.WastesSpace()) values.Compact([](const uint64_t* words) { return words[0] != 0; });
    offset = values.Insert(heap, bytes, sizeof(value), hash);
    if (offset == ValueSet::kNone) return Failure(RowStatus::kMemoryLimit);
  } else if (*values.Words(offset) == 0) {
    --values.idle();
  }
  *values.Words(offset) += rows;
  state->count += static_cast<int64_t>(rows);
  return kKernelOk;
}

struct CountedValue {
  double value;
  uint64_t rows;
};

// The value of the sorted rows at `rank`, from 0; `index` and `before` go on from call to call.
double ValueAtRank(const CountedValue* values, uint64_t rank, uint64_t* index, uint64_t* before) {
  while (*before + values[*index].rows <= rank) {
    *before += values[*index].rows;
    ++*index;
  }
  return values[*index].value;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

#define FLINKC_DEFINE_RETRACTED(K, A, T, t)                                                      \
  int32_t flinkc_min_counted_##t(KernelContext* context, StateHeap* heap,                        \
                                 CountedExtremeState* state, A a) {                              \
    return AddExtreme<T>(heap, state, a, -1);                                                    \
  }                                                                                              \
  int32_t flinkc_max_counted_##t(KernelContext* context, StateHeap* heap,                        \
                                 CountedExtremeState* state, A a) {                              \
    return AddExtreme<T>(heap, state, a, 1);                                                     \
  }                                                                                              \
  int32_t flinkc_min_counted_retract_##t(KernelContext* context, StateHeap* heap,                \
                                         CountedExtremeState* state, A a) {                      \
    return RetractExtreme<T>(state, a, -1);                                                      \
  }                                                                                              \
  int32_t flinkc_max_counted_retract_##t(KernelContext* context, StateHeap* heap,                \
                                         CountedExtremeState* state, A a) {                      \
    return RetractExtreme<T>(state, a, 1);                                                       \
  }                                                                                              \
  int32_t flinkc_min_counted_merge_##t(KernelContext* context, StateHeap* heap,                  \
                                       CountedExtremeState* into,                                \
                                       const CountedExtremeState* from) {                        \
    return CountedExtreme<T>(into, -1).Merge(heap, from);                                        \
  }                                                                                              \
  int32_t flinkc_max_counted_merge_##t(KernelContext* context, StateHeap* heap,                  \
                                       CountedExtremeState* into,                                \
                                       const CountedExtremeState* from) {                        \
    return CountedExtreme<T>(into, 1).Merge(heap, from);                                         \
  }                                                                                              \
  int32_t flinkc_counted_extreme_result_##t(KernelContext* context,                              \
                                            const CountedExtremeState* state, T* out) {          \
    return CountedExtreme<T>(const_cast<CountedExtremeState*>(state), 0).Give(context, out);     \
  }                                                                                              \
  int32_t flinkc_listed_##t(KernelContext* context, StateHeap* heap, ListedState* state, A a) {  \
    const ArgumentBytes<A> bytes(a);                                                             \
    return AddListed(heap, state, kNoPrefix, {bytes.data(), bytes.size()});                      \
  }                                                                                              \
  int32_t flinkc_listed_retract_##t(KernelContext* context, StateHeap* heap, ListedState* state, \
                                    A a) {                                                       \
    const ArgumentBytes<A> bytes(a);                                                             \
    return RetractListed(state, kNoPrefix, {bytes.data(), bytes.size()});                        \
  }                                                                                              \
  int32_t flinkc_listed_first_##t(KernelContext* context, const ListedState* state, T* out) {    \
    return GiveListed(context, state, false, out);                                               \
  }                                                                                              \
  int32_t flinkc_listed_last_##t(KernelContext* context, const ListedState* state, T* out) {     \
    return GiveListed(context, state, true, out);                                                \
  }
FLINKC_EACH_VALUE_TYPE(FLINKC_DEFINE_RETRACTED, )

int32_t flinkc_listed_merge(KernelContext* context, StateHeap* heap, ListedState* into,
                            const ListedState* from) {
  const ValueList others = Reading(from);
  for (uint32_t place = others.first(); place != 0; place = others.Behind(place)) {
    const int32_t status = AddListed(heap, into, others.PrefixAt(place), others.ValueAt(place));
    if (status != kKernelOk) return status;
  }
  return kKernelOk;
}

int32_t flinkc_listed_joined(KernelContext* context, StateHeap* heap, ListedState* state,
                             const StringValue* a) {
  return AddListed(heap, state, kComma, BytesOf(a));
}
int32_t flinkc_listed_joined_retract(KernelContext* context, StateHeap* heap, ListedState* state,
                                     const StringValue* a) {
  return RetractListed(state, kComma, BytesOf(a));
}
int32_t flinkc_listed_joined_separator(KernelContext* context, StateHeap* heap, ListedState* state,
                                       const StringValue* a, const StringValue* separator) {
  return AddListed(heap, state, BytesOf(separator), BytesOf(a));
}
int32_t flinkc_listed_joined_separator_retract(KernelContext* context, StateHeap* heap,
                                               ListedState* state, const StringValue* a,
                                               const StringValue* separator) {
  return RetractListed(state, BytesOf(separator), BytesOf(a));
}

int32_t flinkc_listed_joined_result(KernelContext* context, const ListedState* state,
                                    StringValue* out) {
  const ValueList values = Reading(state);
  const uint32_t first = values.first();
  if (first == 0) return kKernelNull;
  uint64_t size = values.ValueAt(first).size;
  for (uint32_t place = values.Behind(first); place != 0; place = values.Behind(place)) {
    size += values.PrefixAt(place).size + uint64_t{values.ValueAt(place).size};
  }
  if (size > UINT32_MAX) return Failure(RowStatus::kMemoryLimit);
  char* text = AllocateBytes(context, static_cast<uint32_t>(size));
  char* to = text;
  const auto append = [&to](ValueList::Bytes bytes) {
    if (bytes.size != 0) __builtin_memcpy(to, bytes.data, bytes.size);
    to += bytes.size;
  };
  append(values.ValueAt(first));
  for (uint32_t place = values.Behind(first); place != 0; place = values.Behind(place)) {
    append(values.PrefixAt(place));
    append(values.ValueAt(place));
  }
  *out = MakeStringValue(text, static_cast<uint32_t>(size));
  return kKernelOk;
}

int32_t flinkc_truth_counted(KernelContext* context, StateHeap* heap, TruthCountState* state,
                             bool a) {
  ++(a ? state->trues : state->falses);
  return kKernelOk;
}
int32_t flinkc_truth_counted_retract(KernelContext* context, StateHeap* heap,
                                     TruthCountState* state, bool a) {
  int64_t& rows = a ? state->trues : state->falses;
  if (rows > 0) --rows;
  return kKernelOk;
}
int32_t flinkc_truth_counted_merge(KernelContext* context, StateHeap* heap, TruthCountState* into,
                                   const TruthCountState* from) {
  into->trues += from->trues;
  into->falses += from->falses;
  return kKernelOk;
}
int32_t flinkc_bool_and_counted_result(KernelContext* context, const TruthCountState* state,
                                       bool* out) {
  if (state->trues == 0 && state->falses == 0) return kKernelNull;
  *out = state->falses == 0;
  return kKernelOk;
}
int32_t flinkc_bool_or_counted_result(KernelContext* context, const TruthCountState* state,
                                      bool* out) {
  if (state->trues == 0 && state->falses == 0) return kKernelNull;
  *out = state->trues != 0;
  return kKernelOk;
}

int32_t flinkc_percentile_counted(KernelContext* context, StateHeap* heap,
                                  CountedValuesState* state, double a, double p, int64_t share) {
  return AddCounted(heap, state, a, 1);
}
int32_t flinkc_percentile_counted_retract(KernelContext* context, StateHeap* heap,
                                          CountedValuesState* state, double a, double p,
                                          int64_t share) {
  const double value = Canonical(a);
  const char* bytes = reinterpret_cast<const char*>(&value);
  ValueSet values(&state->values, 1);
  const uint32_t offset = values.Find(bytes, sizeof(value), ValueSet::HashOf(bytes, sizeof(value)));
  if (offset == ValueSet::kNone || *values.Words(offset) == 0) return kKernelOk;
  --state->count;
  if (--*values.Words(offset) == 0) ++values.idle();
  return kKernelOk;
}
int32_t flinkc_percentile_counted_merge(KernelContext* context, StateHeap* heap,
                                        CountedValuesState* into, const CountedValuesState* from,
                                        int64_t share) {
  const ValueSet others(const_cast<StateBlob*>(&from->values), 1);
  for (uint32_t offset = others.From(0); offset != ValueSet::kNone;
       offset = others.From(others.Behind(offset))) {
    if (*others.Words(offset) == 0) continue;
    const int32_t status =
        AddCounted(heap, into, LoadBytes<double>(others.BytesAt(offset)), *others.Words(offset));
    if (status != kKernelOk) return status;
  }
  return kKernelOk;
}
int32_t flinkc_percentile_counted_result(KernelContext* context, const CountedValuesState* state,
                                         int64_t share, double* out) {
  if (state->count == 0) return kKernelNull;
  const ValueSet values(const_cast<StateBlob*>(&state->values), 1);
  // A copy to sort, at the end of the arena, which is given back at once.
  const uint64_t bytes = values.count() * sizeof(CountedValue) + alignof(CountedValue);
  if (bytes > UINT32_MAX) return Failure(RowStatus::kMemoryLimit);
  char* scratch = AllocateBytes(context, static_cast<uint32_t>(bytes));
  const uintptr_t aligned = (reinterpret_cast<uintptr_t>(scratch) + alignof(CountedValue) - 1) &
                            ~(alignof(CountedValue) - 1);
  auto* sorted = reinterpret_cast<CountedValue*>(aligned);
  uint64_t count = 0;
  for (uint32_t offset = values.From(0); offset != ValueSet::kNone;
       offset = values.From(values.Behind(offset))) {
    if (*values.Words(offset) == 0) continue;
    sorted[count++] = {LoadBytes<double>(values.BytesAt(offset)), *values.Words(offset)};
  }
  std::sort(sorted, sorted + count, [](const CountedValue& a, const CountedValue& b) {
    return Compare<double>(a.value, b.value) < 0;
  });
  const double position = static_cast<double>(state->count - 1) * std::bit_cast<double>(share);
  const auto lower = static_cast<uint64_t>(position);
  uint64_t index = 0, before = 0;
  double result = ValueAtRank(sorted, lower, &index, &before);
  if (static_cast<double>(lower) != position) {
    const double high = ValueAtRank(sorted, lower + 1, &index, &before);
    result = (static_cast<double>(lower + 1) - position) * result +
             (position - static_cast<double>(lower)) * high;
  }
  *out = CanonicalNan(result);
  context->arena_cursor = scratch;
  return kKernelOk;
}

}  // extern "C"
