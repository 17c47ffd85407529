// Streams of the spec that the optimizer has made one with others. For those who look at a running
// job they are worked out from the nearest stream before them that is still there.
#pragma once

#include "compiler/plan/logical_plan.h"

namespace flinkc {

// `before`: the plan that `plan` was made from, by rules alone. Streams that are merged, and that
// filters and projections make of one that is not, get a view. Others stay as they are: what of
// their columns nobody reads may not be there.
void MakeStreamViews(const LogicalPlan& before, LogicalPlan* plan);

}  // namespace flinkc
