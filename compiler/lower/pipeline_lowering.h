// Writes one generated loop: from its input through the operators fused behind it to its ports.
//
//   entry: addresses of the input's columns, open ports
//   for (row = start; row < rows; ++row) {
//     …the operators, each inside the one before it…
//     if (context->blocked) { ++row; break; }
//   }
//   close ports; return row
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/codegen/function_builder.h"
#include "compiler/lower/aggregate_lowering.h"
#include "compiler/lower/chain_skeleton.h"
#include "compiler/lower/expression_lowering.h"
#include "compiler/lower/port_writer.h"

namespace flinkc {

class PipelineLowering {
 public:
  // Appends the function of `pipeline` (an index of skeleton.pipelines) to `module`.
  static void Lower(LoopModule& module, const SymbolTable& symbols, ChainSkeleton& skeleton,
                    uint32_t pipeline, FunctionStates& states);

 private:
  PipelineLowering(LoopModule& module, const SymbolTable& symbols, ChainSkeleton& skeleton,
                   uint32_t pipeline, FunctionStates& states);

  void EmitFunction();
  LoweredRow LoadBatchRow();
  // One row of the table that is emitted; `next`: behind it.
  void EmitStateRow(LoopBlock next);
  // Its output row: keys, window, and the results of the accumulators of `results`. `skip`: where a
  // group goes whose result fails.
  LoweredRow LoadStateRow(AggregateLowering& aggregate, LoopValue state_row, LoopValue results,
                          LoopBlock skip);
  // kI64 each, microseconds.
  struct WindowBounds {
    LoopValue begin;
    LoopValue end;
  };
  // Of the window that the context names now: operators further down name others there.
  WindowBounds ContextWindow();
  // The columns of a window.
  void AddWindow(LoweredRow& row, const WindowBounds& window);
  // The hidden watermark column, if the operator gives one.
  void AddNeverLate(uint32_t op, LoweredRow& row);
  // Whether the input is the table of a window, which is not a session.
  bool EmitsWindows() const;
  LoopValue RowCount();

  // Hands the row to whatever takes this output.
  void Consume(uint32_t op, uint32_t output, const LoweredRow& row);
  void ConsumeBy(const Consumer& consumer, const LoweredRow& row);
  void WritePort(uint32_t port, const LoweredRow& row, std::optional<LoopValue> hash);
  PortWriter& Writer(uint32_t port);
  // To the probe of the output, if it has one and somebody looks.
  void WriteProbe(OutputKey output, const LoweredRow& row);

  void EmitSource(uint32_t op, const LoweredRow& row);
  void EmitFilter(uint32_t op, const LoweredRow& row);
  void EmitProject(uint32_t op, const LoweredRow& row);
  void EmitUnnest(uint32_t op, const LoweredRow& row);
  void EmitRoute(uint32_t op, const LoweredRow& row);
  void EmitAggregate(uint32_t op, const LoweredRow& row);
  // local_aggregate_pipeline.cpp
  void EmitLocalAggregate(uint32_t op, const LoweredRow& row);
  // Where a local aggregate writes to.
  struct LocalPort {
    uint32_t port = 0;
    LoopValue output;  // its OutputPort
    LoopValue slots;   // its LocalSlots
    LoopValue looks;   // kI1: whether rows of this run are merged at all
  };
  LocalPort OpenLocalPort(uint32_t op);
  // kI64, the begin of the slice of the row's windows; to `pass` where the row is late for one.
  LoopValue LocalSlice(const AggregateOp& aggregate, const LoweredRow& row, LoopBlock pass);
  // kI1: row `index` of a batch of `schema` has the key of `row`.
  LoopValue HasKeyOf(const Schema& schema, const std::vector<uint32_t>& keys, const LoweredRow& row,
                     LoopValue columns, LoopValue index);
  // kI1: `partial`, the view in kPartialColumn, shows accumulators.
  LoopValue IsPartial(const StateRowLayout& rows, LoopValue partial);
  // The accumulators that `partial` shows are merged into those of `state_row`.
  void MergePartial(AggregateLowering& aggregate, const StateRowLayout& rows, LoopValue partial,
                    LoopValue state_row, LoopValue heap, FailureTarget& failure);
  // over_pipeline.cpp: one step of an `over` (StepSchema).
  void EmitOverStep(uint32_t op, const LoweredRow& row);
  // The table of an operator that has one, without a window.
  LoopValue StateTable(uint32_t op);
  const std::vector<AggregateCall>& CallsOf(uint32_t op) const;
  // When the row happened, and the watermark of its split just before it, in microseconds.
  std::pair<LoopValue, LoopValue> RowTime(const WindowSpecification& window, const LoweredRow& row);
  LoopValue ProcessingTime();
  // The row in each of its windows, when these have a table each.
  void EmitOwnWindows(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                      const std::vector<AggregateLowering::PreparedCall>& calls,
                      FailureTarget& failure, LoopBlock done);
  // The row in its session, and the sessions that change with it.
  void EmitChangingSessions(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                            const std::vector<AggregateLowering::PreparedCall>& calls,
                            FailureTarget& failure, LoopBlock done);
  // The table that the row belongs to; rows late for all windows go to `late` instead.
  LoopValue SelectTable(uint32_t op, const LoweredRow& row, FailureTarget& failure, LoopBlock done);
  // What the probe for a row's key gave: a ProbeResult, and the address of the state row.
  struct ProbedKey {
    LoopValue hash;
    LoopValue key;
    LoopValue status;
    LoopValue row;
  };
  // The state row of the session that the row belongs to; late rows go to `late` instead.
  LoopValue SelectSession(uint32_t op, const LoweredRow& row, const ProbedKey& probed,
                          FailureTarget& failure, LoopBlock done);
  // In `block`: a row that is late for all windows.
  void EmitLateRow(uint32_t op, const LoweredRow& row, LoopBlock block, LoopBlock done);
  // The hashes of an aggregate's keys, one a row of the input, if they came with it.
  std::optional<LoopValue> HeadKeyHashes(uint32_t op);
  LoopValue KeyHash(uint32_t op, const LoweredRow& row);
  // A session of which `session` is the row, with its kind.
  void EmitSessionRow(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                      LoopValue session, LoopValue kind, LoopBlock skip);
  void AddSessionWindow(LoweredRow& row, uint32_t op, LoopValue state_row);
  // A row of any kind, as the mode of the output has it.
  void ConsumeChange(uint32_t op, const LoweredRow& row);
  void EmitWindowRow(uint32_t op, const std::vector<LoweredValue>& keys, const WindowBounds& window,
                     const std::vector<LoweredValue>& results, LoopValue kind);

  // A group of an aggregate while a row of the input updates it.
  struct Group {
    LoopValue table;
    LoopValue row;    // its state
    LoopValue found;  // kI1: it was there before
  };
  // The results of a group as they were at some time, if it had any.
  struct Shown {
    LoopVariable is_there;  // kI1
    // By call: payload, and whether it is not NULL.
    std::vector<std::pair<LoopVariable, LoopVariable>> values;
  };
  // In one of these windows: the group is updated, and what changes is emitted, at once if `emits`
  // (kI1). May go to `next`.
  void EmitWindowChange(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                        const std::vector<AggregateLowering::PreparedCall>& calls,
                        const Group& group, const WindowBounds& window, LoopValue emits,
                        FailureTarget& failure, LoopBlock next);
  // What a group of a window was and is to those downstream, who get what differs.
  void EmitShownChange(uint32_t op, const std::vector<LoweredValue>& keys,
                       const WindowBounds& window, const Shown& before, const Shown& after);
  // The results that were emitted, if `is_shown` (kI1); no more than that where nobody reads them.
  void ShowBefore(uint32_t op, AggregateLowering& aggregate, LoopValue state_row,
                  LoopValue is_shown, const Shown& before);
  bool ReadsOldResults(uint32_t op) const;
  // Whether a group may have results at one time and none at another, since one of them fails.
  bool MayLoseResults(uint32_t op) const;
  // Adds the row to the group, or takes it back from it.
  void EmitUpdate(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                  const std::vector<AggregateLowering::PreparedCall>& calls, const Group& group,
                  FailureTarget& failure);
  // kI1: the row comes, and is not taken back.
  LoopValue IsAdded(const LoweredRow& row);
  // kI1: the group has rows, where the input takes some back.
  LoopValue HasRows(uint32_t op, LoopValue state_row);
  void SkipUnknownGroup(const LoweredRow& row, const Group& group, LoopBlock done);
  // Writes what `update`, which writes the update of the group, changes of its row downstream.
  void EmitChanges(uint32_t op, const LoweredRow& row, AggregateLowering& aggregate,
                   const Group& group, const std::function<void()>& update);
  // With mini-batches: the open batch that the group's changes go to.
  struct Fold {
    PortWriter* writer;
    LoopValue slots;    // FoldSlots*
    LoopValue row;      // of the batch, which shows the group as it is; -1: none
    LoopValue is_open;  // kI1: there is one
  };
  std::optional<Fold> FindFold(uint32_t op, const Group& group);
  void RewriteResults(uint32_t op, const LoweredRow& row, const std::vector<LoweredValue>& results,
                      const Fold& fold);
  // The same of a set operation.
  void EmitSetChange(uint32_t op, const LoweredRow& row, const Group& group,
                     const std::function<void()>& update);
  // kI64: how often the set operation has the row of the group.
  LoopValue TimesInSet(uint32_t op, LoopValue state_row);
  Shown NothingShown(uint32_t op);
  std::vector<LoweredValue> ValuesOf(uint32_t op, const Shown& shown);
  LoopValue AreSame(uint32_t op, const std::vector<LoweredValue>& before,
                    const std::vector<LoweredValue>& after);
  void EmitResultRow(uint32_t op, const LoweredRow& row, const std::vector<LoweredValue>& results,
                     LoopValue kind);

  // Whether a failure is reported: once for each row that causes it.
  enum class Reporting : uint8_t { kTold, kQuiet };
  // The group's results now; none if one of them fails.
  void ShowResults(uint32_t op, AggregateLowering& aggregate, LoopValue state_row,
                   Reporting reporting, const Shown& shown);
  // Appends the results of all calls to `row`.
  void EmitResults(uint32_t op, AggregateLowering& aggregate, LoopValue state_row, LoopBlock skip,
                   Reporting reporting, LoweredRow& row);

  // Writes what happens at failure.block: the row is reported under `step`, then control goes to
  // `use_null` (ErrorMode::kNull of a column), `skip`, or out of the function.
  void HandleFailure(const FailureTarget& failure, uint32_t step, ErrorMode mode, int32_t column,
                     LoopBlock skip, std::optional<LoopBlock> use_null = std::nullopt);
  // A column of the operator's output, which `emit` writes; NULL where it fails, if `mode` says so
  // and the type can be. Otherwise a failure goes to `skip`.
  LoweredValue EmitColumn(uint32_t op, ErrorMode mode, int32_t column, const DataType& type,
                          bool fallible, LoopBlock skip,
                          const std::function<LoweredValue(FailureTarget&)>& emit,
                          Reporting reporting = Reporting::kTold);
  void Count(uint32_t counter);
  // Runs `write` with the entry block as the current one.
  template <typename Write>
  void InEntry(Write write) {
    const LoopBlock current = fn_.current_block();
    fn_.SwitchTo(entry_);
    write();
    fn_.SwitchTo(current);
  }

  const LogicalOperator& Operator(uint32_t op) const;
  const Schema& InputSchema(uint32_t op) const;

  ChainSkeleton& skeleton_;
  const PipelineSkeleton& pipeline_;
  PipelineLayout& layout_;  // told which ports are written and which states are updated
  FunctionBuilder fn_;
  LoopValue context_;
  LoopValue input_;
  ExpressionLowering expressions_;

  LoopBlock entry_;
  LoopBlock failed_;
  LoopValue rows_;                              // of the input
  LoopValue row_;                               // index of the input's row
  std::optional<WindowBounds> emitted_window_;  // whose table the input is
  std::map<uint32_t, std::unique_ptr<PortWriter>> writers_;
  std::map<uint32_t, LoopVariable> counters_;
};

}  // namespace flinkc
