#include "compiler/check/input_windows.h"

#include <algorithm>

namespace flinkc::check {

namespace {

WindowSpecification Tumble(int64_t size_micros, int64_t offset_micros) {
  WindowSpecification window;
  window.size_micros = window.slide_micros = size_micros;
  window.offset_micros = offset_micros;
  return window;
}

bool MakesWindow(const TopOp& top) { return top.top.window && top.top.window->size_micros > 0; }

}  // namespace

std::optional<WindowSpecification> WindowsOf(const CheckState& state, LogicalInput input) {
  const LogicalOperator& op = state.plan.operators[input.op.value()];
  if (const auto* aggregate = op.As<AggregateOp>(); aggregate != nullptr && input.output == 0) {
    return aggregate->window;
  }
  const auto* top = op.As<TopOp>();
  if (top != nullptr && MakesWindow(*top)) {
    return Tumble(top->top.window->size_micros, top->top.window->offset_micros);
  }
  const auto* join = op.As<JoinOp>();
  if (join != nullptr && join->join.makes_window()) {
    return Tumble(join->join.window->size_micros, join->join.window->offset_micros);
  }
  const bool joins_otherwise = join != nullptr && !join->join.window;
  if (op.inputs.empty() || joins_otherwise) return std::nullopt;
  // Of a union those of its first input, if all others are in the same.
  std::optional<WindowSpecification> windows = WindowsOf(state, op.inputs[0]);
  for (size_t i = 1; i < op.inputs.size() && windows; ++i) {
    const std::optional<WindowSpecification> other = WindowsOf(state, op.inputs[i]);
    if (!other || !AreSameWindows(*windows, *other)) return std::nullopt;
  }
  return windows;
}

bool MayBeginApart(const CheckState& state, LogicalInput input) {
  const LogicalOperator& op = state.plan.operators[input.op.value()];
  if (const auto* aggregate = op.As<AggregateOp>(); aggregate != nullptr && input.output == 0) {
    return aggregate->window && aggregate->window->kind == WindowKind::kSession;
  }
  if (op.As<MatchOp>() != nullptr && input.output == 0) return false;
  if (const auto* top = op.As<TopOp>(); top != nullptr && MakesWindow(*top)) return false;
  const auto* join = op.As<JoinOp>();
  if (join != nullptr && (!join->join.window || join->join.makes_window())) return false;
  if (op.inputs.empty()) return false;
  const auto differs = [&](const LogicalInput& from) {
    const std::optional<WindowSpecification> first = WindowsOf(state, op.inputs[0]);
    const std::optional<WindowSpecification> windows = WindowsOf(state, from);
    return first && windows ? !AreSameWindows(*first, *windows)
                            : first.has_value() != windows.has_value();
  };
  const bool is_union = op.inputs.size() > 1 && join == nullptr;
  return (is_union && std::ranges::any_of(op.inputs, differs)) ||
         std::ranges::any_of(op.inputs,
                             [&](const LogicalInput& from) { return MayBeginApart(state, from); });
}

namespace {

// The place of a column among those that an operator gives on; nullopt: it is not.
std::optional<uint32_t> PlaceIn(const std::vector<uint32_t>& columns, uint32_t column) {
  const auto at = std::ranges::find(columns, column);
  if (at == columns.end()) return std::nullopt;
  return static_cast<uint32_t>(at - columns.begin());
}

std::optional<uint32_t> PlaceIn(const ProjectOp& project, uint32_t column) {
  const auto at = std::ranges::find_if(project.columns, [column](const NamedExpr& named) {
    return named.expr->kind() == ExprKind::kColumn && named.expr->column() == column;
  });
  if (at == project.columns.end()) return std::nullopt;
  return static_cast<uint32_t>(at - project.columns.begin());
}

}  // namespace

std::optional<uint32_t> WindowStartOf(const CheckState& state, LogicalInput input) {
  const LogicalOperator& op = state.plan.operators[input.op.value()];
  if (const auto* aggregate = op.As<AggregateOp>(); aggregate != nullptr && input.output == 0) {
    if (!aggregate->window) return std::nullopt;
    return static_cast<uint32_t>(aggregate->keys.size());
  }
  // A filter before a top is of the same windows, and has the columns of its input.
  const auto* top = op.As<TopOp>();
  if (top != nullptr && top->top.is_filter) top = nullptr;
  if (top != nullptr && MakesWindow(*top)) return static_cast<uint32_t>(top->top.columns.size());
  const bool is_match = op.As<MatchOp>() != nullptr && input.output == 0;
  if (op.inputs.empty() || op.As<JoinOp>() != nullptr || is_match) return std::nullopt;
  const std::optional<uint32_t> start = WindowStartOf(state, op.inputs[0]);
  for (size_t i = 1; i < op.inputs.size(); ++i) {
    if (WindowStartOf(state, op.inputs[i]) != start) return std::nullopt;
  }
  if (!start) return std::nullopt;
  if (const auto* project = op.As<ProjectOp>()) return PlaceIn(*project, *start);
  // Its late rows have all columns of its input.
  if (const auto* over = op.As<OverOp>(); over != nullptr && input.output == 0) {
    return PlaceIn(over->columns, *start);
  }
  if (top != nullptr) return PlaceIn(top->top.columns, *start);
  return start;
}

bool AreSameWindows(const WindowSpecification& a, const WindowSpecification& b) {
  return a.kind == b.kind && a.size_micros == b.size_micros && a.slide_micros == b.slide_micros &&
         (a.offset_micros - b.offset_micros) % a.slide_micros == 0;
}

}  // namespace flinkc::check
