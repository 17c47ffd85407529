// The second input of a lookup: a source that is read as a table.
#pragma once

#include <optional>

#include "compiler/check/check_state.h"

namespace flinkc::check {

// The table that `reference`, which is `from`, names; nothing: it cannot be one, which was
// reported. `lookup`: where it is asked for.
std::optional<SourceDescriptor> CheckSideTable(CheckState& state, const StreamReference& reference,
                                               LogicalInput from, SourceSpan lookup);

}  // namespace flinkc::check
