#include "compiler/check/input_windows.h"

namespace flinkc::check {

namespace {

WindowSpecification Tumble(int64_t size_micros, int64_t offset_micros) {
  WindowSpecification window;
  window.size_micros = window.slide_micros = size_micros;
  window.offset_micros = offset_micros;
  return window;
}

}  // namespace

std::optional<WindowSpecification> WindowsOf(const CheckState& state, LogicalInput input) {
  const LogicalOperator& op = state.plan.operators[input.op.value()];
  if (const auto* aggregate = op.As<AggregateOp>(); aggregate != nullptr && input.output == 0) {
    return aggregate->window;
  }
  const auto* top = op.As<TopOp>();
  if (top != nullptr && top->top.window && top->top.window->size_micros > 0) {
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

bool AreSameWindows(const WindowSpecification& a, const WindowSpecification& b) {
  return a.kind == b.kind && a.size_micros == b.size_micros && a.slide_micros == b.slide_micros &&
         (a.offset_micros - b.offset_micros) % a.slide_micros == 0;
}

}  // namespace flinkc::check
