// LogicalPlan -> JobGraph: which operators run together in one chain, and what is exchanged between
// the chains.
//
// A chain ends where rows must move: before a keyed aggregate whose input is not yet spread by just
// its keys, before a union, where parallelism changes, and before an aggregate without keys, which
// is one subtask. Nothing moves where parallelism is one. Rows of an updating stream are never
// spread round robin: by their key, or else to one subtask.
#pragma once

#include "compiler/plan/chained_job.h"
#include "compiler/plan/logical_plan.h"

namespace flinkc {

// `plan` must be verified.
ChainedJob BuildJobGraph(const LogicalPlan& plan);

}  // namespace flinkc
