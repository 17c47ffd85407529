// LogicalPlan -> JobGraph: which operators run together in one chain, and what is exchanged between
// the chains. A chain ends where rows must move (compiler/plan/exchanges.h).
#pragma once

#include "compiler/plan/chained_job.h"
#include "compiler/plan/logical_plan.h"

namespace flinkc {

// `plan` must be verified.
ChainedJob BuildJobGraph(const LogicalPlan& plan);

}  // namespace flinkc
