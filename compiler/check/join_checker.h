// `join:` of a stream -> a JoinOp over its two inputs.
#pragma once

#include "compiler/check/pipe.h"

namespace flinkc::check {

// Checks the join that `pipe`, which has not been started, begins with, and goes on with its rows.
// False with errors reported.
bool CheckJoin(Pipe& pipe, const JoinSpec& spec);

}  // namespace flinkc::check
