// `sources:` -> SourceOp.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// Adds the source's operator and fills its CheckedStream.
void CheckSource(CheckState& state, const SourceSpec& spec);

}  // namespace flinkc::check
