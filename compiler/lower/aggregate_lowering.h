// The code of one aggregate around its state rows: keys, accumulators, results, merging.
#pragma once

#include <vector>

#include "compiler/codegen/function_builder.h"
#include "compiler/lower/expression_lowering.h"
#include "compiler/lower/state_row_layout.h"
#include "compiler/plan/logical_plan.h"

namespace flinkc {

class AggregateLowering {
 public:
  // `input`: schema of the rows that are aggregated.
  AggregateLowering(FunctionBuilder& fn, ExpressionLowering& expressions, LoopValue context,
                    const AggregateOp& aggregate, const StateRowLayout& layout)
      : fn_(fn),
        expressions_(expressions),
        context_(context),
        aggregate_(aggregate),
        layout_(layout) {}

  // One call's arguments of one input row.
  struct PreparedCall {
    LoopValue active;  // kI1: the row counts for this call
    std::vector<LoweredValue> arguments;
  };
  // Evaluates filters and arguments of all calls: all that can fail before the state is touched.
  std::vector<PreparedCall> PrepareCalls(const LoweredRow& row, FailureTarget& failure);

  // The address of the key's bytes, as they stand in a state row behind the hash.
  LoopValue BuildKey(const LoweredRow& row, const Schema& input);

  // Adds the row to the accumulators of `state_row`.
  void Accumulate(const std::vector<PreparedCall>& calls, LoopValue state_row, LoopValue heap,
                  FailureTarget& failure);

  // The key columns as they stand in `state_row`; long strings are copied to the output's arena,
  // since the state may go before the row does.
  std::vector<LoweredValue> LoadKeys(LoopValue state_row);
  LoweredValue ResultOf(size_t call, LoopValue state_row, FailureTarget& failure);

  // Merges the accumulators of row `from` into those of row `into`.
  void Merge(LoopValue into, LoopValue from, LoopValue heap, FailureTarget& failure);

 private:
  void AccumulateOne(size_t call, const PreparedCall& prepared, LoopValue state_row, LoopValue heap,
                     FailureTarget& failure);
  void CallAccumulate(size_t call, const std::vector<LoweredValue>& arguments, LoopValue state_row,
                      LoopValue heap, FailureTarget& failure);
  // kI1: the value was not yet in the distinct set of the call.
  LoopValue InsertDistinct(size_t call, const DataType& type, LoopValue payload,
                           LoopValue state_row, LoopValue heap, FailureTarget& failure);
  void MergeDistinct(size_t call, LoopValue into, LoopValue from, LoopValue heap,
                     FailureTarget& failure);

  FunctionBuilder& fn_;
  ExpressionLowering& expressions_;
  LoopValue context_;
  const AggregateOp& aggregate_;
  const StateRowLayout& layout_;
};

}  // namespace flinkc
