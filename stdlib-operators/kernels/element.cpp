#include "stdlib-operators/kernels/element.h"

#include "runtime/abi/element.h"

namespace flinkc {
namespace {

int32_t GiveSlot(const NestedReader& reader, uint32_t slot, int64_t kind, void* out) {
  if (reader.IsNull(slot)) return kKernelNull;
  GiveElement(reader, slot, static_cast<ElementKind>(kind), out);
  return kKernelOk;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_array_size(const StringValue* array) {
  // The payload of a NULL is an empty view, which has no header.
  if (array->size < sizeof(NestedHeader)) return 0;
  return static_cast<int32_t>(NestedReader::Open(*array).header.count);
}

int32_t flinkc_array_get(const StringValue* array, int64_t index, int64_t kind, void* out) {
  const NestedReader reader = NestedReader::Open(*array);
  if (index < 1 || index > reader.header.count) return kKernelNull;
  return GiveSlot(reader, static_cast<uint32_t>(index - 1), kind, out);
}

int32_t flinkc_row_get(const StringValue* row, int64_t index, int64_t kind, void* out) {
  const NestedReader reader = NestedReader::Open(*row);
  return GiveSlot(reader, static_cast<uint32_t>(index), kind, out);
}

int32_t flinkc_array_element(const StringValue* array, int64_t kind, void* out) {
  const NestedReader reader = NestedReader::Open(*array);
  if (reader.header.count > 1) return Failure(RowStatus::kInvalidArgument);
  return reader.header.count == 0 ? kKernelNull : GiveSlot(reader, 0, kind, out);
}

}  // extern "C"
