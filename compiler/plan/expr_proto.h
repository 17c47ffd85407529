// Typed expressions as protobuf messages and back.
#pragma once

#include "compiler/expression/expr.h"
#include "compiler/expression/function_registry.h"
#include "compiler/plan/plan.pb.h"
#include "runtime/base/result.h"

namespace flinkc {

proto::Expr ToProto(const Expr& expr);
proto::AggregateCall ToProto(const AggregateCall& call);

// Calls are resolved again with `registry`. A function that is gone, or that now resolves to
// another kernel or type, is an Error: the plan was made by another build. `columns` bounds the
// columns that the expression may read.
Result<ExprPtr> ExprFromProto(const proto::Expr& message, const FunctionRegistry& registry,
                              size_t columns);
Result<AggregateCall> AggregateCallFromProto(const proto::AggregateCall& message,
                                             const FunctionRegistry& registry, size_t columns);

}  // namespace flinkc
