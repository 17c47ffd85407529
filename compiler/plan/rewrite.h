// What everyone who makes or rewrites a plan needs: operators that nothing reads, an order in which
// inputs stand before their readers, the output of a projection.
#pragma once

#include "compiler/plan/logical_plan.h"

namespace flinkc {

// Removes the operators from which no way leads to a sink. Outputs that lose their readers stay.
void RemoveUnused(LogicalPlan& plan);

// Orders the operators so that inputs stand before their readers, else as they stood.
void SortTopologically(LogicalPlan& plan);

// Every reader of `from` reads `to` instead, which has the same rows: the streams of the spec that
// were there are now here.
void RedirectReaders(LogicalPlan& plan, LogicalInput from, LogicalInput to);

// No output has the rows of `gone` any more: the streams of the spec that were there are part of
// `into`.
void MergeStreams(LogicalPlan& plan, LogicalInput gone, LogicalInput into);

// What a projection of `input` to `columns` has: the time attribute and the unique key where their
// columns are kept as they are.
LogicalOutput ProjectedOutput(const LogicalOutput& input, const std::vector<NamedExpr>& columns);

}  // namespace flinkc
