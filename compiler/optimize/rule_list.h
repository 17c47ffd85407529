// The rules, each in a file of its own; rules.cpp is the list.
#pragma once

#include "compiler/optimize/optimize.h"

namespace flinkc {

// Parts of expressions that read no column become their value. What fails is left to fail.
uint32_t FoldConstants(LogicalPlan& plan, const OptimizeOptions& options);

// Conditions without what does not matter: TRUE in an AND, FALSE in an OR, a condition that stands
// twice, NOT NOT, a filter that lets everything pass.
uint32_t SimplifyPredicates(LogicalPlan& plan, const OptimizeOptions& options);

// Filters, or those of their conditions that can go, before projections, unnests and unions.
uint32_t PushDownFilters(LogicalPlan& plan, const OptimizeOptions& options);

// What is below the greatest value of its window so far goes, before an aggregate or a join that
// wants the rows with that value.
uint32_t FilterExtremes(LogicalPlan& plan, const OptimizeOptions& options);

// Columns that nothing needs are neither carried, nor computed, nor decoded by the source.
uint32_t PruneColumns(LogicalPlan& plan, const OptimizeOptions& options);

// A projection of a projection becomes one; one that changes nothing goes.
uint32_t MergeProjections(LogicalPlan& plan, const OptimizeOptions& options);

// A filter of a filter becomes one.
uint32_t MergeFilters(LogicalPlan& plan, const OptimizeOptions& options);

// The conditions of a filter in the order of what they cost.
uint32_t OrderConditions(LogicalPlan& plan, const OptimizeOptions& options);

// A local aggregate before the exchange to an aggregate, which merges what comes of it.
uint32_t TwoPhaseAggregates(LogicalPlan& plan, const OptimizeOptions& options);

}  // namespace flinkc
