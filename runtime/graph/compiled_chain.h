// The seam between the runtime and the compiler: runtime/task loads a chain through ChainLoader,
// which tools/ plugs the compiler into; it never sees how a pipeline runs (JIT or interpreter).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "runtime/abi/chain_context.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/base/result.h"

namespace flinkc {

// Input of a merge function: every row of `from` is merged into the row of equal key of `into`.
struct MergeInput {
  KeyedTable* into;
  const KeyedTable* from;
};

// Immutable and thread-safe: one loaded chain serves all subtasks of its vertex.
class CompiledChain {
 public:
  virtual ~CompiledChain() = default;

  virtual const ChainLayout& layout() const = 0;
  // The value of KernelContext::function_states.
  virtual const void* const* function_states() const = 0;
  // Runs function `function` (first the pipelines, then the merge functions) from `start_row`.
  // `input` is a BatchLayout, a KeyedTable or a MergeInput as the layout says. Returns the next row
  // or kPipelineFailed.
  virtual int64_t Run(uint32_t function, ChainContext* context, const void* input,
                      int64_t start_row) const = 0;
};

// Thread-safe.
class ChainLoader {
 public:
  virtual ~ChainLoader() = default;
  // Makes a chain runnable on this machine from its serialized plan (a plan, never code).
  virtual Result<std::shared_ptr<const CompiledChain>> Load(std::string_view chain_plan) = 0;
};

}  // namespace flinkc
