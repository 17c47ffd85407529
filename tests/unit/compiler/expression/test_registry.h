// A registry with what the grammar needs: the operators, casts, and a few functions and aggregates
// of each kind. Kernels are names only; the real ones live in stdlib-operators.
#pragma once

#include "compiler/expression/function_registry.h"

namespace flinkc {

// Shared by all tests; never destroyed.
const FunctionRegistry& TestRegistry();

}  // namespace flinkc
