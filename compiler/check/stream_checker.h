// `streams:` -> operators.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// Checks the stream, whose inputs have been checked, and fills its CheckedStream.
void CheckStream(CheckState& state, const StreamSpec& spec);

}  // namespace flinkc::check
