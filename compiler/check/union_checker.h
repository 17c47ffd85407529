// `from: [a, b]`: rows of several streams under the same columns; with `set`, what they share.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// The union of the outputs, with the projections that give them one schema: columns are matched by
// name, in the order of the first, and widened where types differ. A column that one of them lacks,
// or types without a common one, are reported; nullopt then. `inputs` has one for each `from`.
std::optional<LogicalInput> CheckUnion(CheckState& state, const StreamSpec& spec,
                                       const std::vector<LogicalInput>& inputs);

// The same with a column more for each input, BOOLEAN NOT NULL, behind the others: whether the row
// comes from it. Event time ends there.
std::optional<LogicalInput> CheckTaggedUnion(CheckState& state, const StreamSpec& spec,
                                             const std::vector<LogicalInput>& inputs);

}  // namespace flinkc::check
