// The windows that rows are in because an operator before has made them, as `window: input` of a
// join takes them.
#pragma once

#include <optional>

#include "compiler/check/check_state.h"

namespace flinkc::check {

// Those of an aggregate, a top or a join, told apart by the time of the rows; nothing: the rows are
// in none, or in those of several kinds.
std::optional<WindowSpecification> WindowsOf(const CheckState& state, LogicalInput input);
// Whether windows that end together need not begin together: some of the rows are in sessions, or
// those of a union's inputs are in different windows. A match takes its rows out of them.
bool MayBeginApart(const CheckState& state, LogicalInput input);
// Where these windows begin: the column as it comes from the aggregate that has made them; nullopt:
// it is not among the columns any more.
std::optional<uint32_t> WindowStartOf(const CheckState& state, LogicalInput input);

// Whether windows of both begin and end at the same times.
bool AreSameWindows(const WindowSpecification& a, const WindowSpecification& b);

}  // namespace flinkc::check
