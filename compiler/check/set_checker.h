// `from: [a, b]` with `set: intersect` or `set: except`: an aggregate that counts, for each
// different row, how often each stream has it.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// The role of the operator, and its part of the state's id.
inline constexpr const char* kSetRole = "set";

// As CheckUnion; `spec` has a `set`.
std::optional<LogicalInput> CheckSet(CheckState& state, const StreamSpec& spec,
                                     const std::vector<LogicalInput>& inputs);

}  // namespace flinkc::check
