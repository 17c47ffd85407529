// A value of a narrower type as one of a wider (IsWidening, accumulator_translation.h).
#pragma once

#include "runtime/data/data_type.h"

namespace flinkc {

// Neither is aligned. `from` and `to`: ByteWidth of their types; the same types are copied.
void WidenValue(PhysicalType from_type, const char* from, PhysicalType to_type, char* to);

}  // namespace flinkc
