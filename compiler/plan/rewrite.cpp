#include "compiler/plan/rewrite.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

void RemoveUnused(LogicalPlan& plan) {
  std::set<OperatorId> used;
  for (size_t i = plan.operators.size(); i-- > 0;) {
    const LogicalOperator& op = plan.operators[i];
    if (op.As<SinkOp>() != nullptr) used.insert(op.id);
    if (!used.contains(op.id)) continue;
    for (const LogicalInput& input : op.inputs) used.insert(input.op);
  }
  std::erase_if(plan.operators, [&](const LogicalOperator& op) { return !used.contains(op.id); });
}

void SortTopologically(LogicalPlan& plan) {
  std::unordered_map<OperatorId, size_t> index;
  for (size_t i = 0; i < plan.operators.size(); ++i) index[plan.operators[i].id] = i;
  std::vector<size_t> open_inputs(plan.operators.size());
  std::vector<std::vector<size_t>> readers(plan.operators.size());
  std::set<size_t> ready;  // the smallest first keeps the order
  for (size_t i = 0; i < plan.operators.size(); ++i) {
    for (const LogicalInput& input : plan.operators[i].inputs) {
      readers[index.at(input.op)].push_back(i);
      ++open_inputs[i];
    }
    if (open_inputs[i] == 0) ready.insert(i);
  }
  std::vector<LogicalOperator> sorted;
  sorted.reserve(plan.operators.size());
  while (!ready.empty()) {
    size_t next = *ready.begin();
    ready.erase(ready.begin());
    for (size_t reader : readers[next]) {
      if (--open_inputs[reader] == 0) ready.insert(reader);
    }
    sorted.push_back(std::move(plan.operators[next]));
  }
  CHECK(sorted.size() == plan.operators.size());
  plan.operators = std::move(sorted);
}

void RedirectReaders(LogicalPlan& plan, LogicalInput from, LogicalInput to) {
  for (LogicalOperator& op : plan.operators) {
    std::ranges::replace(op.inputs, from, to);
  }
  for (NamedStream& stream : plan.streams) {
    if (stream.at == from) stream.at = to;
  }
}

void MergeStreams(LogicalPlan& plan, LogicalInput gone, LogicalInput into) {
  for (NamedStream& stream : plan.streams) {
    if (stream.at != gone) continue;
    stream.at = into;
    stream.is_merged = true;
  }
}

LogicalOutput ProjectedOutput(const LogicalOutput& input, const std::vector<NamedExpr>& columns) {
  LogicalOutput output;
  output.changelog = input.changelog;
  // Of each input column: where it is kept as it is.
  std::map<uint32_t, uint32_t> kept;
  for (uint32_t i = 0; i < columns.size(); ++i) {
    output.schema.Add({columns[i].name, columns[i].expr->type()});
    if (columns[i].name == kWatermarkColumn) output.watermark_column = i;
    if (columns[i].expr->kind() == ExprKind::kColumn) kept.emplace(columns[i].expr->column(), i);
  }
  if (input.time_attribute) {
    if (auto found = kept.find(*input.time_attribute); found != kept.end()) {
      output.time_attribute = found->second;
    }
  }
  for (uint32_t column : input.unique_key) {
    auto found = kept.find(column);
    if (found == kept.end()) {
      output.unique_key.clear();
      break;
    }
    output.unique_key.push_back(found->second);
  }
  return output;
}

}  // namespace flinkc
