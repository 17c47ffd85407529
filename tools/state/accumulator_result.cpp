#include "tools/state/accumulator_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "runtime/abi/kernel_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/abi/state_heap.h"
#include "runtime/base/arena.h"
#include "runtime/data/text_writer.h"
#include "stdlib-operators/kernels/aggregate_choice.h"
#include "stdlib-operators/kernels/sketch.h"

namespace flinkc {

namespace {

using Accumulator = StateSchema::Accumulator;

template <typename T>
T Load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

// A byte that is no bool is not to be read as one.
bool IsBool(const char* byte) { return static_cast<uint8_t>(*byte) <= 1; }

// A value of the type that the aggregate gives.
bool IsValue(const Accumulator& accumulator, const char* value) {
  return accumulator.result_type.kind() != TypeKind::kBoolean || IsBool(value);
}

bool IsAny(const Accumulator&, const char*) { return true; }

bool IsAverage(const Accumulator& accumulator, const char* state) {
  return Load<int64_t>(state + accumulator.bytes - sizeof(int64_t)) >= 0;
}

// {T value, bool seen}
bool IsExtreme(const Accumulator& accumulator, const char* state) {
  const uint32_t seen = accumulator.bytes == 24 ? 16 : accumulator.bytes / 2;
  return IsBool(state + seen) && IsValue(accumulator, state);
}

bool IsFirst(const Accumulator& accumulator, const char* state) {
  return IsBool(state + offsetof(FirstState, seen)) &&
         IsValue(accumulator, state + offsetof(FirstState, value));
}

bool IsChoice(const Accumulator& accumulator, const char* state) {
  return IsBool(state + offsetof(ChoiceState, seen)) &&
         IsBool(state + offsetof(ChoiceState, value_valid)) &&
         IsValue(accumulator, state + offsetof(ChoiceState, value));
}

bool IsVariance(const Accumulator&, const char* state) {
  return Load<int64_t>(state + offsetof(VarianceState, count)) >= 0;
}

bool IsTruth(const Accumulator&, const char* state) {
  return IsBool(state + offsetof(TruthState, seen)) && IsBool(state + offsetof(TruthState, value));
}

bool IsSketch(const Accumulator&, const char* state) {
  if (!IsBool(state + offsetof(SketchState, dense))) return false;
  const auto sketch = Load<StateBlob>(state + offsetof(SketchState, sketch));
  if (state[offsetof(SketchState, dense)] == 0) return sketch.size % sizeof(uint64_t) == 0;
  return sketch.size == kSketchRegisters &&
         std::ranges::all_of(std::string_view(sketch.data, sketch.size), [](char rank) {
           return static_cast<uint8_t>(rank) <= kSketchRankMax;
         });
}

bool IsList(const Accumulator&, const char* state) {
  return IsBool(state + offsetof(ListState, seen)) &&
         Load<uint32_t>(state + offsetof(ListState, first_separator)) <=
             Load<StateBlob>(state + offsetof(ListState, text)).size;
}

struct Known {
  std::string_view name;
  bool (*is_sound)(const Accumulator& accumulator, const char* state);
};
constexpr Known kKnown[] = {{"count", IsAny},
                            {"sum", IsAny},
                            {"avg", IsAverage},
                            {"min", IsExtreme},
                            {"max", IsExtreme},
                            {"first_value", IsFirst},
                            {"last_value", IsFirst},
                            {"min_by", IsChoice},
                            {"max_by", IsChoice},
                            {"stddev", IsVariance},
                            {"stddev_pop", IsVariance},
                            {"stddev_samp", IsVariance},
                            {"variance", IsVariance},
                            {"var_pop", IsVariance},
                            {"var_samp", IsVariance},
                            {"bool_and", IsTruth},
                            {"bool_or", IsTruth},
                            {"every", IsTruth},
                            {"approx_count_distinct", IsSketch},
                            {"listagg", IsList}};

std::string_view NameOf(std::string_view call) { return call.substr(0, call.find('(')); }

// "flinkc_avg_decimal/4": the kernel and what it is given beside the values.
std::string_view KernelOf(std::string_view kind) { return kind.substr(0, kind.find('/')); }

}  // namespace

AccumulatorResult::AccumulatorResult(const FunctionRegistry& registry,
                                     const std::vector<NativeSymbol>& kernels,
                                     const StateSchema::Accumulator& accumulator)
    : accumulator_(accumulator) {
  const std::string_view name = NameOf(accumulator.call);
  const AggregateRecord* record = registry.FindAggregate(name);
  const auto* known = std::ranges::find(kKnown, name, &Known::name);
  if (record == nullptr || known == std::end(kKnown) || accumulator.result_type.is_nested()) return;
  std::vector<ArgumentInfo> arguments;
  for (const DataType& type : accumulator.argument_types) arguments.push_back({type});
  for (const AggregateOverload& overload : record->overloads) {
    const std::optional<AggregateResolution> resolution = overload.resolve(arguments);
    if (!resolution || accumulator.offset % resolution->state_align != 0 ||
        resolution->accumulate != KernelOf(accumulator.kind) ||
        resolution->state_bytes != accumulator.bytes ||
        !resolution->result.SameKindAs(accumulator.result_type)) {
      continue;
    }
    std::vector<uint32_t> blobs = accumulator.blob_offsets;
    if (accumulator.distinct_offset) std::erase(blobs, *accumulator.distinct_offset);
    for (uint32_t& blob : blobs) blob -= accumulator.offset;
    if (blobs != resolution->blob_offsets) continue;
    const auto kernel = std::ranges::find(kernels, resolution->result_kernel, &NativeSymbol::name);
    if (kernel == kernels.end() || kernel->parameters.size() != 3 + resolution->immediates.size()) {
      continue;
    }
    kernel_ = *kernel;
    immediates_ = resolution->immediates;
    is_sound_ = known->is_sound;
    return;
  }
}

std::string AccumulatorResult::Opaque(const char* row) const {
  uint64_t bytes = accumulator_.bytes;
  for (const uint32_t offset : accumulator_.blob_offsets) {
    StateBlob blob;
    std::memcpy(&blob, row + offset, sizeof(blob));
    bytes += blob.size;
  }
  std::string json = "{\"kind\":";
  AppendJsonString(json, accumulator_.kind);
  return json + fmt::format(",\"bytes\":{}}}", bytes);
}

std::string AccumulatorResult::Json(const char* row) const {
  if (kernel_.thunk == nullptr) return Opaque(row);
  const char* state = row + accumulator_.offset;
  if (!is_sound_(accumulator_, state)) return Opaque(row);
  Arena arena(nullptr);
  KernelContext context{};
  context.arena = &arena;
  alignas(16) std::array<char, 16> out{};
  std::vector<ValueSlot> slots = {reinterpret_cast<ValueSlot>(&context),
                                  reinterpret_cast<ValueSlot>(state)};
  for (const int64_t immediate : immediates_) slots.push_back(static_cast<ValueSlot>(immediate));
  slots.push_back(reinterpret_cast<ValueSlot>(out.data()));
  ValueSlot status = 0;
  kernel_.thunk(slots.data(), &status);
  switch (static_cast<RowStatus>(static_cast<int32_t>(status))) {
    case RowStatus::kOk:
      break;
    case RowStatus::kNull:
      return "null";
    default: {
      std::string json = "{\"error\":";
      AppendJsonString(json, RowErrorCode(static_cast<RowStatus>(static_cast<int32_t>(status))));
      return json + "}";
    }
  }
  std::string json;
  AppendJson(json, accumulator_.result_type, out.data());
  return json;
}

}  // namespace flinkc
