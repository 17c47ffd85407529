// Expressions and aggregate calls as protobuf messages and back, for stored plans.
//
// Reading trusts nothing. A stored plan names functions and what they were resolved from, never
// kernels to call: reading asks the registry again, so bytes can name no symbol that no overload
// gives, and a plan whose functions have changed since is an Error (kCorrupt), not a wrong result.
// Places in the spec are not stored.
#pragma once

#include "compiler/expression/expr.h"
#include "compiler/expression/expression.pb.h"
#include "compiler/expression/function_registry.h"
#include "runtime/base/result.h"
#include "runtime/data/schema.h"

namespace flinkc {

proto::Expression ToProto(const Expr& expr);
proto::AggregateCall ToProto(const AggregateCall& call);

// `input` is what the columns are of: each must be there with the type that the expression says.
Result<ExprPtr> FromProto(const proto::Expression& message, const Schema& input,
                          const FunctionRegistry& registry);
Result<AggregateCall> FromProto(const proto::AggregateCall& message, const Schema& input,
                                const FunctionRegistry& registry);

}  // namespace flinkc
