#include "runtime/data/element_kind.h"

#include "runtime/base/check.h"

namespace flinkc {

ElementKind ElementKindOf(const DataType& type) {
  CHECK(type.kind() != TypeKind::kNull);
  if (type.kind() == TypeKind::kBoolean) return ElementKind::kBoolean;
  const bool decimal = type.kind() == TypeKind::kDecimal;
  switch (type.physical()) {
    case PhysicalType::kI8:
      return ElementKind::kI8;
    case PhysicalType::kI16:
      return ElementKind::kI16;
    case PhysicalType::kI32:
      return ElementKind::kI32;
    case PhysicalType::kI64:
      return decimal ? ElementKind::kDecimal64 : ElementKind::kI64;
    case PhysicalType::kF32:
      return ElementKind::kF32;
    case PhysicalType::kF64:
      return ElementKind::kF64;
    case PhysicalType::kI128:
      return ElementKind::kDecimal128;
    case PhysicalType::kView:
      return type.is_nested() ? ElementKind::kNested : ElementKind::kText;
  }
  CHECK(false);
}

}  // namespace flinkc
