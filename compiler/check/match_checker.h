// `match` -> a MatchOp and the projection of its measures.
#pragma once

#include "compiler/check/pipe.h"

namespace flinkc::check {

// False with errors reported.
bool CheckMatch(Pipe& pipe, const OperatorSpec& op, const MatchSpec& spec);

}  // namespace flinkc::check
