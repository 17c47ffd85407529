// What the phases behind the checker need to know of operators with keys and state, whether they
// are generated or native (runtime/operator).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/logical_plan.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

// Written in C++: it works on batches, behind ports.
bool IsNative(const LogicalOperator& op);

// The columns of input `input` by which its rows must be spread over the subtasks; none in it: they
// all go to one. nullptr: the operator takes rows as they come.
const std::vector<uint32_t>* KeysOf(const LogicalOperator& op, size_t input);

// The states of a native operator, in the order in which it knows them; `inputs`: what it reads.
std::vector<StateLayout> NativeStates(const LogicalOperator& op,
                                      const std::vector<const LogicalOutput*>& inputs);

// Whether the accumulators of an `over` take back the rows that leave its frame.
bool TakesBack(const OverOp& op);
// How long they are kept: those of a bounded frame longer than the frame, which says when a key
// begins anew.
int64_t AccumulatorTtlOf(const OverOp& op);

// What the operator's runtime part is told.
NativeDescriptor DescriptorOf(const LogicalOperator& op);
// Its conditions, in the order in which it knows them, and the columns that each reads: those of a
// join's inputs or table (ConditionColumns), or what a match makes of its rows. `inputs`: what it
// reads.
std::vector<ExprPtr> ConditionsOf(const LogicalOperator& op);
std::vector<Schema> ConditionSchemas(const LogicalOperator& op,
                                     const std::vector<const Schema*>& inputs);
// The columns that the condition of a join reads, of left and then of right; else none.
std::vector<uint32_t> ConditionColumns(const LogicalOperator& op);
// Its aggregates over rows of its only input, in the order in which it knows them; each is over the
// columns of AggregateCall::Columns alone, as the operator has it before.
std::vector<AggregateCall> AggregatesOf(const LogicalOperator& op);

// The values of a match as columns: what its conditions read, and its results are of.
Schema PatternValueSchema(const MatchOp& op, const Schema& input);
// The values that an expression reads are these columns of `op`'s; those that nothing reads any
// more go, and the aggregates that nothing asks for.
void DropUnusedValues(MatchOp* op);

// How far behind the watermark the time of a row may lie that it gives, in microseconds.
int64_t WatermarkDelayOf(const LogicalOperator& op);
// Names of the counters that it adds to: "late_dropped:<path>".
std::vector<std::string> CountersOf(const LogicalOperator& op);

// Ids of all that the operator keeps; none: it keeps nothing.
std::vector<std::string> StateIdsOf(const LogicalOperator& op,
                                    const std::vector<const LogicalOutput*>& inputs);

}  // namespace flinkc
