// `top` and `dedupe` -> a TopOp.
#pragma once

#include "compiler/check/pipe.h"

namespace flinkc::check {

// False with errors reported.
bool CheckTop(Pipe& pipe, const OperatorSpec& op, const TopSpec& spec);
bool CheckDedupe(Pipe& pipe, const OperatorSpec& op, const DedupeSpec& spec);

}  // namespace flinkc::check
