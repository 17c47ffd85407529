// What can fail, as far as a person has to choose what becomes of it.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// `validate --strict`: reports that `expr` can fail where no on_error was chosen. Overflow of
// integers does not count (docs/deviations.md).
void ReportUnchosen(CheckState& state, const Expr& expr);

}  // namespace flinkc::check
