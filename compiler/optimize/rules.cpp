#include "compiler/optimize/rules.h"

#include "compiler/optimize/rule_list.h"

namespace flinkc {

namespace {

constexpr Rule kRules[] = {
    {"fold_constants",
     "first: literals are what the other rules recognise, and a condition that is constant "
     "may make a whole filter go",
     FoldConstants},
    {"simplify_predicates",
     "behind folding, which makes the TRUE and FALSE that it removes; before the push-down, which "
     "then has fewer conditions to move",
     SimplifyPredicates},
    {"push_down_filters",
     "before columns are pruned: what a filter reads is then needed less far down",
     PushDownFilters},
    {"filter_extremes",
     "behind the push-down, which may put a filter between a join and its rows; before columns are "
     "pruned, since it reads some",
     FilterExtremes},
    {"prune_columns",
     "behind the push-down, before projections are merged: columns that go need not be substituted "
     "or keep two projections apart",
     PruneColumns},
    {"merge_projections",
     "behind pruning, which leaves projections that change nothing and adds narrow ones before "
     "exchanges",
     MergeProjections},
    {"merge_filters", "behind the merging of projections, which brings filters next to each other",
     MergeFilters},
    {"order_conditions", "behind all that add or move a condition", OrderConditions},
    {"two_phase_aggregates",
     "last: where rows must move is known when no operator comes or goes any more",
     TwoPhaseAggregates},
};

}  // namespace

std::span<const Rule> AllRules() { return kRules; }

}  // namespace flinkc
