// Who reads whom in a spec, before any type is known: names that do not exist, cycles, the order
// in which streams can be checked, and what nothing reads.
#pragma once

#include <vector>

#include "compiler/check/check_state.h"

namespace flinkc::check {

// Reports unknown names and cycles, marks the streams concerned as invalid, fills
// CheckState::consumed, and gives the streams in an order in which each stands behind those that it
// reads (streams of a cycle are left out).
std::vector<const StreamSpec*> OrderStreams(CheckState& state);

// A warning for each source and stream from which no way leads to a sink.
void WarnOfUnused(const CheckState& state);

// The output that `reference` names, of a stream that was checked. nullopt where it is invalid or
// there is no such output, which is reported.
std::optional<LogicalInput> ResolveReference(CheckState& state, const StreamReference& reference);

}  // namespace flinkc::check
