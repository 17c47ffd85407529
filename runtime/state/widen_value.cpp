#include "runtime/state/widen_value.h"

#include <cstdint>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/state/field_access.h"

namespace flinkc {

namespace {

int64_t LoadInteger(PhysicalType type, const char* from) {
  switch (type) {
    case PhysicalType::kI8:
      return LoadField<int8_t>(from);
    case PhysicalType::kI16:
      return LoadField<int16_t>(from);
    case PhysicalType::kI32:
      return LoadField<int32_t>(from);
    default:
      return LoadField<int64_t>(from);
  }
}

}  // namespace

void WidenValue(PhysicalType from_type, const char* from, PhysicalType to_type, char* to) {
  if (from_type == to_type) {
    std::memcpy(to, from, ByteWidth(to_type));
    return;
  }
  switch (to_type) {
    case PhysicalType::kI16:
      return StoreField(to, static_cast<int16_t>(LoadInteger(from_type, from)));
    case PhysicalType::kI32:
      return StoreField(to, static_cast<int32_t>(LoadInteger(from_type, from)));
    case PhysicalType::kI64:
      return StoreField(to, LoadInteger(from_type, from));
    case PhysicalType::kI128:
      return StoreField(to, static_cast<__int128>(LoadInteger(from_type, from)));
    case PhysicalType::kF64:
      return StoreField(to, static_cast<double>(LoadField<float>(from)));
    default:
      CHECK(false);
  }
}

}  // namespace flinkc
