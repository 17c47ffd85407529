// The scalar functions, operators and casts of the language, as records.
#pragma once

#include "compiler/expression/function_registry.h"

namespace flinkc {

// Adds every record of this folder and the resolver of casts.
void RegisterStdFunctions(FunctionRegistry& registry);

}  // namespace flinkc
