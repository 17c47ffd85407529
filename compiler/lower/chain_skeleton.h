// What lowering decides before it writes a line of code: which outputs are materialized, the
// pipelines between them, ports, steps and states.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/lower/state_row_layout.h"
#include "compiler/plan/chain_plan.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

// Who takes an output: an operator of this chain, or one of its edges.
struct Consumer {
  std::optional<uint32_t> op;  // index into ChainPlan::operators
  std::optional<uint32_t> edge;
};

// An output of an operator, by index.
using OutputKey = std::pair<uint32_t, uint32_t>;

struct OutputRouting {
  std::vector<Consumer> consumers;
  // The rows are written here and each consumer has its own loop; else the only consumer's code
  // stands inside the producer's.
  std::optional<uint32_t> port;
};

struct PipelineSkeleton {
  PipelineInput input = PipelineInput::kHead;
  uint32_t input_index = 0;
  Schema schema;  // of the input's rows; of the aggregate's output for kState
  bool row_kinds = false;
  // kHead with a source: the source; kState: the aggregate. Else the row goes to `consumer`.
  std::optional<uint32_t> op;
  Consumer consumer;
  // An input of a native operator: there is no loop.
  bool is_native = false;
};

struct ChainSkeleton {
  // Decides everything for `chain`, which must outlive the skeleton.
  static ChainSkeleton Make(const ChainPlan& chain);

  const ChainPlan* chain = nullptr;
  ChainLayout layout;
  std::map<OutputKey, OutputRouting> routing;
  std::vector<PipelineSkeleton> pipelines;
  std::vector<uint32_t> edge_ports;         // by edge
  std::map<uint32_t, uint32_t> sink_ports;  // by operator index
  std::map<uint32_t, uint32_t> states;      // by operator index of an aggregate
  std::map<uint32_t, StateRowLayout> state_rows;
  std::vector<uint32_t> state_ops;       // operator index of each state
  std::map<uint32_t, uint32_t> natives;  // index in layout.natives by operator index
  // By operator index of an `over`: the port with its steps, if anybody reads its rows.
  std::map<uint32_t, uint32_t> step_ports;
  std::vector<uint32_t> step_ops;  // operator index of each step
  // By output whose rows are in no port: the tap (of layout.taps) that its loops write to as well.
  std::map<OutputKey, uint32_t> probes;

  uint32_t OperatorIndex(OperatorId id) const;
  bool IsInChain(OperatorId id) const;
  // The schema of the rows that operator `op` takes by input `input`.
  const Schema& InputSchema(uint32_t op, size_t input = 0) const;
  ChangelogMode InputChangelog(uint32_t op, size_t input = 0) const;
  bool InputRetracts(uint32_t op) const { return InputChangelog(op) != ChangelogMode::kAppend; }
  // The step under which failures of `op` with `mode` are told; made when first asked for.
  uint32_t Step(uint32_t op, ErrorMode mode);
  uint32_t Counter(const std::string& name);
  bool NeedsMerge(uint32_t state) const { return layout.states[state].merge_function.has_value(); }
};

}  // namespace flinkc
