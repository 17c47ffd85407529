// The checks of a `match` among those of Verify: what the runtime relies on, since a plan may come
// from outside.
#pragma once

#include <string>

#include "compiler/plan/logical_plan.h"

namespace flinkc {

// `output`: its main one. The first violation, "" if none.
std::string VerifyMatch(const MatchOp& op, const LogicalOutput& input, const LogicalOutput& output);

}  // namespace flinkc
