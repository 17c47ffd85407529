// The seam between the runtime and the compiler: runtime/task loads a chain through ChainLoader,
// which tools/ plugs the compiler into; it never sees how a pipeline runs (JIT or interpreter).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "runtime/abi/chain_context.h"
#include "runtime/abi/state_heap.h"
#include "runtime/base/result.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

// Input of a merge function: every row of `from` is merged into the row of equal key of `into`.
struct MergeInput {
  KeyedTable* into;
  const KeyedTable* from;
};

// Input of the merge function of sessions: two rows of one table.
struct MergeRowsInput {
  StateHeap* heap;
  char* into;
  const char* from;
};

// Input of a condition of a native operator: whether it holds for each row of `batch` (1 or 0).
struct ConditionInput {
  const BatchLayout* batch;
  uint8_t* holds;
};

// Input of an aggregate of a native operator: adds the rows of `rows`, of the operator's input, to
// the accumulator `accumulator`. With `value` it then tells the result.
struct AggregateInput {
  enum Outcome : uint8_t {
    kIsNull,
    kIsThere,  // *value is the result in its physical form
    kHasFailed,
  };

  const BatchLayout* rows;
  char* accumulator;
  StateHeap* heap;
  char* value;       // or nullptr
  uint8_t* outcome;  // told when a row fails, and with `value`
};

// Immutable and thread-safe: one loaded chain serves all subtasks of its vertex.
class CompiledChain {
 public:
  virtual ~CompiledChain() = default;

  virtual const ChainLayout& layout() const = 0;
  // The value of KernelContext::function_states.
  virtual const void* const* function_states() const = 0;
  // Runs function `function` (first the pipelines, then merge functions, and of native operators
  // conditions and aggregates) from `start_row`; the pipelines that are inputs of native operators
  // have none. `input` is a BatchLayout, a KeyedTable, a MergeInput, of sessions a MergeRowsInput,
  // a ConditionInput or an AggregateInput as the layout says. Returns the next row or
  // kPipelineFailed.
  virtual int64_t Run(uint32_t function, ChainContext* context, const void* input,
                      int64_t start_row) const = 0;
  // The same chain, of the same layout, with loops that also write to the probes that are open
  // (ChainContext::ports); made when first asked for, and there as long as this one. A run may
  // begin in the code of one and go on, at its next row, in that of the other. Any thread.
  virtual Result<const CompiledChain*> Probed() const {
    return MakeError(ErrorCode::kUnsupported, "this chain has no probes");
  }
};

// Thread-safe.
class ChainLoader {
 public:
  virtual ~ChainLoader() = default;
  // Makes a chain runnable on this machine from its serialized plan (a plan, never code).
  virtual Result<std::shared_ptr<const CompiledChain>> Load(std::string_view chain_plan) = 0;
};

}  // namespace flinkc
