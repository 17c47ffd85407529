// Whether bytes from outside are a nested value (runtime/abi/nested_value.h).
#pragma once

#include <string_view>

#include "runtime/data/data_type.h"

namespace flinkc {

// True if `bytes` may be read as a value of the ARRAY, MAP or ROW `type`: all that it refers to, at
// any depth, lies within it, and nothing is NULL whose type says that it is not.
bool IsNestedValid(const DataType& type, std::string_view bytes);

}  // namespace flinkc
