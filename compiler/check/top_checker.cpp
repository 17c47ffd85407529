#include "compiler/check/top_checker.h"

#include <fmt/format.h>

#include "compiler/check/input_windows.h"
#include "compiler/check/operator_checker.h"

namespace flinkc::check {

namespace {

void WarnOfUnbounded(Pipe& pipe, const OperatorSpec& op, const TopDescriptor& top) {
  if (top.ttl_micros != 0 || top.window || (top.keys.empty() && !top.retracts)) return;
  if (IsBounded(pipe.state(), pipe.view().input)) return;
  pipe.state()
      .log
      .Report(DiagnosticCode::kUnboundedState, op.keyword.span,
              fmt::format("the state of `{}` grows for ever: it keeps rows for each key, and {} "
                          "never ends",
                          pipe.StateId(op), pipe.Scope().input_name))
      .Help("write `state: {ttl: 1d}`, so that a group without rows for a day is forgotten");
}

// The time of the rows of a window, and with a window of its own the columns that it gives.
void AddWindowColumns(const LogicalOutput& input, TopDescriptor* top, LogicalOutput* output) {
  if (top->window->size_micros == 0) {
    const auto at = std::ranges::find(top->columns, top->window->time_column);
    output->time_attribute = static_cast<uint32_t>(at - top->columns.begin());
    return;
  }
  const TypeKind kind = input.schema[top->window->time_column].type.kind();
  const DataType time = kind == TypeKind::kTimestampLtz ? DataType::TimestampLtz(3, false)
                                                        : DataType::Timestamp(3, false);
  for (const char* name : {"window_start", "window_end", "window_time"}) {
    output->schema.Add({name, time});
  }
  output->time_attribute = static_cast<uint32_t>(output->schema.size() - 1);
}

// Appends the operator, whose keys, order and limit are set, with all visible columns.
void Append(Pipe& pipe, const OperatorSpec& op, TopDescriptor top,
            const std::optional<SpecName>& rank, const std::optional<Located<DurationValue>>& ttl) {
  const LogicalOutput input = pipe.current();
  if (!top.window) {
    top.ttl_micros = ttl ? ttl->value.micros : pipe.state().context.config->state_ttl_micros;
  }
  WarnOfUnbounded(pipe, op, top);
  LogicalOutput output;
  for (const uint32_t column : pipe.view().actual) {
    top.columns.push_back(column);
    output.schema.Add(input.schema[column]);
  }
  const auto place = [&](uint32_t column) {
    const auto at = std::ranges::find(top.columns, column);
    return static_cast<uint32_t>(at - top.columns.begin());
  };
  if (top.window) {
    AddWindowColumns(input, &top, &output);
    if (top.window_updates && (top.limit == 1 || rank)) {
      for (const uint32_t key : top.keys) output.unique_key.push_back(place(key));
      output.unique_key.push_back(*output.time_attribute);
    }
  } else if (top.limit == 1 || rank) {
    for (const uint32_t key : top.keys) output.unique_key.push_back(place(key));
  }
  if (rank) {
    top.with_rank = true;
    if (top.limit > 1 && (!top.window || top.window_updates)) {
      output.unique_key.push_back(static_cast<uint32_t>(output.schema.size()));
    }
    output.schema.Add({rank->value, DataType(TypeKind::kBigint, false)});
  }
  if (top.window) {
    output.watermark_column = static_cast<uint32_t>(output.schema.size());
    output.schema.Add({kWatermarkColumn, DataType(TypeKind::kBigint, false)});
  }
  TopOp added;
  added.top = std::move(top);
  added.state_id = pipe.StateId(op);
  pipe.AppendAndFollow(std::move(added), pipe.role(), std::move(output));
}

// Windows that end together need not be the same: those that begin apart are groups apart.
bool TakeWindowStart(Pipe& pipe, const TopSpec& spec, TopDescriptor* top) {
  const LogicalInput& input = pipe.view().input;
  if (!MayBeginApart(pipe.state(), input)) return true;
  const std::optional<uint32_t> start = WindowStartOf(pipe.state(), input);
  if (!start) {
    pipe.state()
        .log
        .Report(
            DiagnosticCode::kNoEventTime, spec.window->span,
            fmt::format("windows of {} may begin apart and end together, as sessions do, and where "
                        "they begin is not there any more",
                        pipe.Scope().input_name))
        .Help("keep the column `window_start` as it is up to here");
    return false;
  }
  if (std::ranges::find(top->keys, *start) == top->keys.end()) top->keys.push_back(*start);
  return true;
}

bool CheckWindow(Pipe& pipe, const TopSpec& spec, TopDescriptor* top) {
  if (!spec.window) return true;
  const LogicalOutput& input = pipe.current();
  if (!input.time_attribute || !input.watermark_column) {
    pipe.state()
        .log
        .Report(DiagnosticCode::kNoEventTime, spec.window->span,
                fmt::format("{} has no event time, which this window needs: it would never close",
                            pipe.Scope().input_name))
        .Help(
            "declare it on the source: `event_time: {column: ts, out_of_order: 5s}`, and keep the "
            "column as it is up to the window");
    return false;
  }
  TopWindow window;
  window.time_column = *input.time_attribute;
  window.watermark_column = *input.watermark_column;
  if (spec.window->tumble) window.size_micros = spec.window->tumble->value.micros;
  if (spec.window->offset) window.offset_micros = spec.window->offset->value.micros;
  for (const char* name : {"window_start", "window_end", "window_time"}) {
    if (window.size_micros == 0 || !pipe.view().visible.IndexOf(name)) continue;
    pipe.state()
        .log
        .Report(DiagnosticCode::kColumnTaken, spec.window->span,
                fmt::format("{} has a column `{}`, which the window gives", pipe.Scope().input_name,
                            name))
        .Help("write `window: input` for the windows that the rows are in");
    return false;
  }
  top->window = window;
  return window.size_micros > 0 || TakeWindowStart(pipe, spec, top);
}

// What is one group would be one subtask's: the others drop what cannot be among the first.
void AppendFilter(Pipe& pipe, TopDescriptor top) {
  LogicalOutput output = pipe.current();
  output.name = "";
  top.is_filter = true;
  top.window_updates = false;
  for (const uint32_t column : pipe.view().actual) top.columns.push_back(column);
  TopOp filter;
  filter.top = std::move(top);
  pipe.AppendAndFollow(std::move(filter), pipe.role() + "_filter", std::move(output));
}

}  // namespace

bool CheckTop(Pipe& pipe, const OperatorSpec& op, const TopSpec& spec) {
  TopDescriptor top;
  bool valid = TakeColumns(pipe, spec.by, &top.keys);
  for (const OrderSpec& order : spec.order_by) {
    const std::optional<OrderColumn> column = CheckOrder(pipe, order);
    valid = valid && column.has_value();
    if (column) top.order.push_back(*column);
  }
  valid = CheckWindow(pipe, spec, &top) && valid;
  if (spec.rank) {
    ColumnNames names(pipe.state());
    for (const Field& field : pipe.view().visible) {
      names.Have(field.name, fmt::format("{} already has it", pipe.Scope().input_name));
    }
    valid = names.Take(spec.rank->value, spec.rank->span) && valid;
  }
  if (!valid) return false;
  top.limit = spec.limit.value;
  top.with_ties = spec.with_ties;
  top.window_updates = spec.emit && spec.emit->value == EmitMode::kUpdate;
  if (top.window && top.keys.empty() && pipe.state().plan.parallelism > 1) AppendFilter(pipe, top);
  Append(pipe, op, std::move(top), spec.rank, spec.state_ttl);
  return true;
}

bool CheckDedupe(Pipe& pipe, const OperatorSpec& op, const DedupeSpec& spec) {
  const bool keeps_last = spec.keep.value == DedupeSpec::Keep::kLast;
  TopDescriptor top;
  bool valid = TakeColumns(pipe, spec.by, &top.keys);
  if (spec.order_by) {
    const std::optional<OrderColumn> column = CheckOrder(pipe, {*spec.order_by});
    valid = valid && column.has_value();
    // NULL is nobody's first or last.
    if (column) top.order.push_back({column->column, keeps_last, false});
  }
  if (!valid) return false;
  top.limit = 1;
  top.newest_first = keeps_last;
  Append(pipe, op, std::move(top), std::nullopt, spec.state_ttl);
  return true;
}

}  // namespace flinkc::check
