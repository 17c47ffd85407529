// Changelog modes: which streams update their rows, who can take that, and whether updates come as
// upserts (+U) or as retractions (-U +U).
#pragma once

#include <optional>
#include <vector>

#include "compiler/check/sink_checker.h"

namespace flinkc::check {

// Sets the changelog mode and the unique key of every output, and reports who cannot take updates,
// with the path that made them.
void CheckChangelog(CheckState& state, const std::vector<CheckedSink>& sinks);

// The call's resolution where rows are taken back; nullopt: its accumulator cannot.
std::optional<AggregateResolution> ResolveToTakeBack(const AggregateCall& call,
                                                     const FunctionRegistry& registry);

}  // namespace flinkc::check
