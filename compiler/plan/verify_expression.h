// The checks of expressions among those of Verify. Each returns the first violation, "" if none.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "compiler/expression/expr.h"
#include "runtime/data/schema.h"

namespace flinkc {

// No span of event time is longer.
inline constexpr int64_t kWindowMicrosMax = std::numeric_limits<int64_t>::max() / 8;

// Over columns of `schema`, each read as what it is.
std::string VerifyExpression(const ExprPtr& expr, const Schema& schema);
// The same, and BOOLEAN.
std::string VerifyPredicate(const ExprPtr& predicate, const Schema& schema);
std::string VerifyCall(const AggregateCall& call, const Schema& schema);

}  // namespace flinkc
