// Where rows must move between operators, and how many subtasks each operator gets.
//
// Rows move before a keyed operator whose input is not yet spread by just its keys, before a union,
// where parallelism changes, and before an operator without keys that needs all rows, which is one
// subtask. Nothing moves where parallelism is one. Rows of an updating stream are never spread
// round robin: by their key, or else to one subtask.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/plan/logical_plan.h"
#include "runtime/graph/job_graph.h"

namespace flinkc {

struct Exchange {
  Partitioning partitioning = Partitioning::kForward;
  std::vector<uint32_t> keys;  // of the producer's output
};

struct Placement {
  uint32_t parallelism = 1;
  // By input: what must happen between its producer and the operator; nothing: they share a chain.
  std::vector<std::optional<Exchange>> exchanges;
};

class ExchangeFinder {
 public:
  // `plan` must outlive the finder.
  explicit ExchangeFinder(const LogicalPlan& plan) : plan_(plan) {}

  // To be called for all operators of the plan in their order.
  Placement Place(const LogicalOperator& op);

 private:
  // The columns by whose hash the rows of an output are spread over the subtasks, in the order in
  // which they were hashed. Nothing: not by any.
  using SpreadBy = std::optional<std::vector<uint32_t>>;

  uint32_t DesiredParallelism(const LogicalOperator& op) const;
  std::optional<Exchange> ExchangeFor(const LogicalOperator& op, size_t index,
                                      uint32_t parallelism) const;
  Exchange Redistribution(const LogicalInput& input) const;
  void HashAllOrNone(const LogicalOperator& op,
                     std::vector<std::optional<Exchange>>& exchanges) const;
  void PropagateSpread(const LogicalOperator& op);
  static SpreadBy Find(const std::vector<uint32_t>& keys, const std::vector<uint32_t>& kept,
                       uint32_t first);
  void SpreadJoin(const LogicalOperator& op, const JoinDescriptor& join);
  void SpreadTop(const LogicalOperator& op, const TopDescriptor& top);
  void SpreadOver(const LogicalOperator& op, const OverOp& over);
  void SpreadGroups(const LogicalOperator& op, const std::vector<uint32_t>& keys);
  void Spread(const LogicalOperator& op, uint32_t output, std::vector<uint32_t> columns);
  static SpreadBy MapColumns(const ProjectOp& project, const std::vector<uint32_t>& columns);

  const LogicalPlan& plan_;
  std::map<OperatorId, uint32_t> parallelism_of_;
  std::map<std::pair<OperatorId, uint32_t>, std::vector<uint32_t>> spread_by_;
};

}  // namespace flinkc
