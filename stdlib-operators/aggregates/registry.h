// The aggregates of the language, as records.
#pragma once

#include "compiler/expression/function_registry.h"

namespace flinkc {

void RegisterStdAggregates(FunctionRegistry& registry);

}  // namespace flinkc
