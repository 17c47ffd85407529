// Two-phase aggregation (docs/adr/0013): what a local and a global aggregate must have in common.
#pragma once

#include "compiler/plan/logical_plan.h"

namespace flinkc {

// Whether rows of one group may be accumulated apart and then merged, without a difference to what
// the aggregate gives: its accumulators have a fixed width, nothing is emitted or taken back while
// rows come, but for the changes of mini-batches, and no late row leaves as it came.
bool HasPartials(const AggregateOp& aggregate);

// The columns of `input`, then kPartialColumn.
Schema WithPartials(const Schema& input);
// Without kPartialColumn, which is the last one.
Schema WithoutPartials(const Schema& input);

}  // namespace flinkc
