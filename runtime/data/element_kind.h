// What a value of a type is as an element of an ARRAY (runtime/abi/element.h).
#pragma once

#include "runtime/abi/element.h"
#include "runtime/data/data_type.h"

namespace flinkc {

// Any type but that of the literal NULL.
ElementKind ElementKindOf(const DataType& type);

}  // namespace flinkc
