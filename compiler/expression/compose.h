// Expressions that are composed of others, where no kernel does the work: casts of ARRAY, MAP and
// ROW values, and their texts. The parts are ordinary calls and lambdas, so that failures, NULLs
// and time zones in them need no second treatment.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/expression/expr.h"
#include "compiler/expression/function_registry.h"

namespace flinkc {

// CAST(expr AS type), whose nullability follows from `expr`; nullptr: there is no such cast.
ExprPtr MakeCast(const ExprPtr& expr, const DataType& type, const FunctionRegistry& registry,
                 SourceSpan span);

// A call of the registry's function `name`; nullptr: it does not take these arguments.
ExprPtr MakeCall(std::string_view name, std::vector<ExprPtr> arguments,
                 const FunctionRegistry& registry, SourceSpan span);

// JSON_STRING(expr): the value as JSON text, NULL where it is NULL; nullptr: JSON has no such
// value.
ExprPtr MakeJsonText(const ExprPtr& expr, const FunctionRegistry& registry, SourceSpan span);

}  // namespace flinkc
