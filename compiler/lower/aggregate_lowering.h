// The code of one aggregate around its state rows: keys, accumulators, results, merging.
#pragma once

#include <cstdint>
#include <string_view>
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

  // What becomes of a row in its group.
  enum class Step : uint8_t { kAccumulate, kRetract };

  // Adds the row to the accumulators of `state_row`, or takes it back from them; not to those that
  // see each row once (AggregateResolution::per_row).
  void Update(Step step, const std::vector<PreparedCall>& calls, LoopValue state_row,
              LoopValue heap, FailureTarget& failure);

  // Adds the row to those that see each row once.
  void UpdatePerRow(const std::vector<PreparedCall>& calls, LoopValue state_row, LoopValue heap,
                    FailureTarget& failure);
  // Empties the accumulators of `state_row` but for those that see each row once.
  void Clear(LoopValue state_row, LoopValue heap);

  // The key columns as they stand in `state_row`; long strings are copied to the output's arena,
  // since the state may go before the row does.
  std::vector<LoweredValue> LoadKeys(LoopValue state_row);
  LoweredValue ResultOf(size_t call, LoopValue state_row, FailureTarget& failure);

  // Merges the accumulators of row `from` into those of row `into`.
  void Merge(LoopValue into, LoopValue from, LoopValue heap, FailureTarget& failure);

 private:
  using DistinctSet = StateRowLayout::DistinctSet;

  bool SharesValues(size_t call) const;

  // Updates the call where `active`.
  void UpdateCall(Step step, size_t call, LoopValue active,
                  const std::vector<LoweredValue>& arguments, LoopValue state_row, LoopValue heap,
                  FailureTarget& failure);
  void CallKernel(std::string_view kernel, size_t call, const std::vector<LoweredValue>& arguments,
                  LoopValue state_row, LoopValue heap, FailureTarget& failure);

  // A value as it stands in a distinct set.
  struct ValueBytes {
    LoopValue data;
    LoopValue size;  // kI64
  };
  ValueBytes BytesOf(const DataType& type, LoopValue payload);
  // The words of the value in the set, where it is from now on.
  LoopValue DistinctWords(const DistinctSet& set, const ValueBytes& value, LoopValue state_row,
                          LoopValue heap, FailureTarget& failure);
  // A set without words.
  void AccumulateDistinct(const DistinctSet& set, const PreparedCall& prepared, LoopValue state_row,
                          LoopValue heap, FailureTarget& failure);
  void AccumulateShared(const DistinctSet& set, const std::vector<PreparedCall>& calls,
                        LoopValue state_row, LoopValue heap, FailureTarget& failure);
  void AccumulateCounted(const DistinctSet& set, const std::vector<PreparedCall>& calls,
                         LoopValue state_row, LoopValue heap, FailureTarget& failure);
  void RetractCounted(const DistinctSet& set, const std::vector<PreparedCall>& calls,
                      LoopValue state_row, LoopValue heap, FailureTarget& failure);
  void MergeDistinct(const DistinctSet& set, LoopValue into, LoopValue from, LoopValue heap,
                     FailureTarget& failure);

  FunctionBuilder& fn_;
  ExpressionLowering& expressions_;
  LoopValue context_;
  const AggregateOp& aggregate_;
  const StateRowLayout& layout_;
};

}  // namespace flinkc
