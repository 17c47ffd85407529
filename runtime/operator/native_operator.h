// An operator of a chain that is written in C++ and works on batches: what generated loops are not
// good at (joins, sorted state, patterns). It keeps what it keeps in the tables that its
// NativeLayout names, never in memory of its own, so that barriers, restores and the memory budget
// need nothing from it.
//
// The executor carries batches to it and from it as it does with loops, and calls it only while its
// outputs have room. A call that finds an output full stops behind the row that it is at, or within
// it, and goes on from there when called again: whatever a row causes, nothing blocks the worker.
// Barriers and watermarks come only when no call is left unfinished.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/data/record_batch.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/operator/operator_output.h"
#include "runtime/operator/output_arena.h"
#include "runtime/operator/table_scan.h"
#include "runtime/state/operator_state.h"

namespace flinkc {

// What an operator works with; all of it outlives the operator.
struct OperatorContext {
  const NativeLayout* layout = nullptr;
  // By NativeLayout::states, as restored.
  std::vector<OperatorState*> states;
  // By output; nullptr: nobody reads it.
  std::vector<OperatorOutput*> outputs;
  // For views of what is in no input batch.
  OutputArena* arena = nullptr;
  MemoryPool* memory = nullptr;
  KeyGroupRange key_groups;
  // Processing time of the current call, microseconds since the epoch.
  const int64_t* now_micros = nullptr;
  // Set when an output has no more room: end the call soon. One row more is no harm.
  const uint32_t* blocked = nullptr;
  // Evaluates condition `index` (of NativeLayout::conditions) for all rows of a batch of `schema`:
  // holds[row] is 1 or 0. A row for which it fails is reported under the operator's step; it does
  // not hold. False: the job fails.
  std::function<bool(size_t index, const RecordBatch& batch, const Schema& schema, uint8_t* holds)>
      evaluate;
  // Runs aggregate `index` (of NativeLayout::aggregates) for the rows of a batch of its `schema`,
  // as `input` says, whose `rows` it sets. A row that fails is reported likewise, and told to
  // `input`. False: the job fails.
  std::function<bool(size_t index, const RecordBatch& batch, const Schema& schema,
                     AggregateInput* input)>
      aggregate;
  // Of ChainLayout::counters, by name: "late_dropped:<path>". The operator adds to it.
  std::function<uint64_t*(std::string_view name)> counter;
  // Begins to read a bounded source that is no input of the chain, from its beginning.
  std::function<Result<std::unique_ptr<TableScan>>(const SourceDescriptor& table)> scan_table;
  // Says what a user should know and is no error: a line without its end.
  std::function<void(const std::string& line)> log;
};

// One worker only.
class NativeOperator {
 public:
  virtual ~NativeOperator() = default;

  // Works on rows of input `input` from `from_row` on. The row to go on with: the batch's row count
  // when it is done. The same row again is progress, too. Errors fail the subtask.
  virtual Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) = 0;

  // What the watermark of all inputs causes; the last one is kWatermarkFinal. True: all is done;
  // false: call again.
  virtual Result<bool> OnWatermark(int64_t watermark) {
    static_cast<void>(watermark);
    return true;
  }

  // When OnTime is to be called, in microseconds of processing time; INT64_MAX: never.
  virtual int64_t next_time() { return INT64_MAX; }
  // What processing time causes; as OnWatermark.
  virtual Result<bool> OnTime(int64_t now_micros) {
    static_cast<void>(now_micros);
    return true;
  }
};

// Makes the operator of a layout, or says why it cannot be.
using OperatorFactory = Result<std::unique_ptr<NativeOperator>> (*)(OperatorContext context);

// Where the operators of a chain come from, and what they reach beyond it; see OperatorContext.
struct OperatorServices {
  OperatorFactory factory = nullptr;  // nullptr: there are none
  decltype(OperatorContext::scan_table) scan_table;
  decltype(OperatorContext::log) log;
};

}  // namespace flinkc
