#include "tools/state/accumulator_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/abi/kernel_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/abi/state_heap.h"
#include "runtime/base/arena.h"
#include "runtime/data/text_writer.h"

namespace flinkc {

namespace {

// Any bytes in their states do no harm, but for a count below 0 that is divided by.
constexpr std::string_view kKnown[] = {"count", "sum", "avg", "min", "max"};

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
  if (record == nullptr || std::ranges::find(kKnown, name) == std::end(kKnown)) return;
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
    divides_ = name == "avg";
    extreme_ = name == "min" || name == "max";
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
  if (divides_) {
    int64_t count;
    std::memcpy(&count, state + accumulator_.bytes - sizeof(count), sizeof(count));
    if (count < 0) return Opaque(row);
  }
  if (extreme_) {
    // {T value, bool seen}: a byte that is no bool is not to be read as one.
    const uint32_t seen = accumulator_.bytes == 24 ? 16 : accumulator_.bytes / 2;
    const bool is_bool = accumulator_.result_type.kind() == TypeKind::kBoolean;
    if (static_cast<uint8_t>(state[seen]) > 1 || (is_bool && static_cast<uint8_t>(state[0]) > 1)) {
      return Opaque(row);
    }
  }
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
