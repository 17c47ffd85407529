// What every rewrite of a plan needs: operators that nothing reads, and an order in which inputs
// stand before their readers.
#pragma once

#include "compiler/plan/logical_plan.h"

namespace flinkc {

// Removes the operators from which no way leads to a sink. Outputs that lose their readers stay.
void RemoveUnused(LogicalPlan& plan);

// Orders the operators so that inputs stand before their readers, else as they stood.
void SortTopologically(LogicalPlan& plan);

// Every reader of `from` reads `to` instead.
void RedirectReaders(LogicalPlan& plan, LogicalInput from, LogicalInput to);

}  // namespace flinkc
