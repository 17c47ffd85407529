#include "compiler/check/over_checker.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "compiler/check/changelog_checker.h"
#include "compiler/check/event_time.h"
#include "compiler/check/operator_checker.h"

namespace flinkc::check {

namespace {

class OverChecker {
 public:
  OverChecker(Pipe& pipe, const OperatorSpec& op, const OverSpec& spec)
      : pipe_(pipe),
        state_(pipe.state()),
        op_(op),
        spec_(spec),
        visible_before_(static_cast<uint32_t>(pipe.view().visible.size())) {}

  bool Run() {
    bool valid = CheckKeys();
    valid = CheckOrder() && valid;
    valid = CheckCompute() && valid;
    if (!valid) return false;
    frame_ = FrameOf();
    AppendArguments();
    if (frame_.preceding) ResolveToTakeBackAll();
    WarnOfUnbounded();
    AddOver();
    AddCompute();
    return true;
  }

 private:
  bool CheckKeys() {
    bool valid = true;
    for (const SpecName& name : spec_.by) {
      const std::optional<uint32_t> column = FindColumn(pipe_, name);
      valid = valid && column.has_value();
      if (column) keys_.push_back(*column);
    }
    return valid;
  }

  // Rows can be put in order only by what the watermark speaks of.
  bool CheckOrder() {
    if (spec_.processing_time) return true;
    pipe_.stream().has_window = true;
    const std::optional<uint32_t> column = FindColumn(pipe_, *spec_.order_by);
    if (!column) return false;
    const LogicalOutput& input = pipe_.current();
    if (!input.time_attribute || !input.watermark_column) {
      ReportNoEventTime(pipe_, spec_.order_by->span,
                        "by which `over` puts its rows in order: they would never leave");
      return false;
    }
    if (pipe_.view().actual[*column] == *input.time_attribute) {
      const Field& field = pipe_.view().visible[*column];
      order_ = Expr::Column(*column, field.name, field.type, spec_.order_by->span);
      return true;
    }
    state_.log
        .Report(DiagnosticCode::kOverOrder, spec_.order_by->span,
                fmt::format("`{}` is not the event time of {}", spec_.order_by->value,
                            pipe_.Scope().input_name))
        .Help(
            fmt::format("write `order_by: {}`: only of the event time is it known when no earlier "
                        "row will come; or `on: processing_time` for rows as they come",
                        input.schema[*input.time_attribute].name));
    return false;
  }

  // In `compute` all columns of the row itself may stand beside the aggregates.
  bool CheckCompute() {
    const ExpressionScope scope = pipe_.Scope();
    AggregateScope aggregates;
    aggregates.input = &scope;
    aggregates.is_over = true;
    aggregates.order = order_;
    aggregates.keys.resize(visible_before_);
    std::iota(aggregates.keys.begin(), aggregates.keys.end(), 0);
    ColumnNames names(state_);
    for (const Field& field : pipe_.view().visible) {
      names.Have(field.name, fmt::format("{} already has it", scope.input_name));
    }
    bool valid = true;
    for (const NamedExpression& compute : spec_.compute) {
      valid = names.Take(compute.name.value, compute.name.span) && valid;
      ExprPtr expr = CheckAggregateExpression(compute.expression, aggregates, calls_, state_.log);
      valid = valid && expr != nullptr;
      computed_.push_back(std::move(expr));
    }
    return valid;
  }

  // As in SQL without a frame: all before, and all of the same time.
  OverFrame FrameOf() const {
    OverFrame frame;
    if (spec_.rows) frame.unit = OverFrame::Unit::kRows;
    if (const auto& preceding = spec_.rows ? spec_.rows : spec_.range) {
      frame.preceding = preceding->amount;
    }
    return frame;
  }

  // What the calls read becomes columns: rows are kept, and taken back, with what was computed
  // once.
  void AppendArguments() {
    std::vector<NamedExpr> columns;
    const InputView view = pipe_.view();
    for (uint32_t i = 0; i < view.visible.size(); ++i) {
      const Field& field = view.visible[i];
      columns.push_back(
          {field.name, Expr::Column(view.actual[i], field.name, field.type, pipe_.span()), {}});
    }
    std::vector<ExprPtr> sources;  // of the computed ones
    const auto to_column = [&](ExprPtr& expr) {
      if (expr == nullptr || expr->Columns().empty() || expr->kind() == ExprKind::kColumn) return;
      auto found = std::ranges::find_if(sources, [&](const ExprPtr& source) {
        return !source->is_volatile() && source->Equals(*expr);
      });
      const auto index = static_cast<size_t>(found - sources.begin());
      if (found == sources.end()) {
        sources.push_back(expr);
        Pipe::Guarded guarded = pipe_.Guard(expr, std::nullopt);
        columns.push_back(
            {fmt::format("$over.{}", index), std::move(guarded.expr), guarded.on_error});
      }
      const NamedExpr& column = columns[visible_before_ + index];
      expr = Expr::Column(static_cast<uint32_t>(visible_before_ + index), column.name,
                          column.expr->type(), expr->span());
    };
    for (AggregateCall& call : calls_) {
      for (ExprPtr& argument : call.arguments) to_column(argument);
      to_column(call.filter);
    }
    has_arguments_ = !sources.empty();
    if (has_arguments_) pipe_.Project(std::move(columns), pipe_.role() + "_arguments");
    const std::vector<uint32_t>& actual = pipe_.view().actual;
    for (AggregateCall& call : calls_) {
      for (ExprPtr& argument : call.arguments) argument = RemapColumns(argument, actual);
      if (call.filter != nullptr) call.filter = RemapColumns(call.filter, actual);
    }
  }

  // Rows that leave the frame are taken back, if all accumulators can.
  void ResolveToTakeBackAll() {
    std::vector<AggregateResolution> resolutions;
    for (const AggregateCall& call : calls_) {
      std::optional<AggregateResolution> resolution = call.resolution;
      if (!resolution->per_row) resolution = ResolveToTakeBack(call, *state_.context.registry);
      if (!resolution) return;
      resolutions.push_back(*std::move(resolution));
    }
    for (size_t i = 0; i < calls_.size(); ++i) calls_[i].resolution = std::move(resolutions[i]);
  }

  // The frame of a key that has no rows any more goes by itself, unless something looks further
  // back.
  bool ForgetsByItself() const {
    return frame_.preceding && frame_.unit == OverFrame::Unit::kRange &&
           std::ranges::none_of(calls_,
                                [](const AggregateCall& call) { return call.resolution.per_row; });
  }

  int64_t TtlMicros() const {
    if (spec_.state_ttl) return spec_.state_ttl->value.micros;
    return ForgetsByItself() ? 0 : state_.context.config->state_ttl_micros;
  }

  void WarnOfUnbounded() {
    if (ForgetsByItself() || TtlMicros() != 0 || keys_.empty()) return;
    if (IsBounded(state_, pipe_.view().input)) return;
    state_.log
        .Report(DiagnosticCode::kUnboundedState, op_.keyword.span,
                fmt::format("the state of `{}` grows for ever: it keeps {} for each key, and {} "
                            "never ends",
                            pipe_.StateId(op_), frame_.preceding ? "rows" : "accumulators",
                            pipe_.Scope().input_name))
        .Help(
            "write `state: {ttl: 1d}`, so that a key without rows for a day is forgotten, or a "
            "`range` of time as the frame");
  }

  void AddOver() {
    const LogicalOutput input = pipe_.current();
    const std::vector<uint32_t>& actual = pipe_.view().actual;
    OverOp over;
    over.frame = frame_;
    if (!spec_.processing_time)
      over.time = OverTime{*input.time_attribute, *input.watermark_column};
    LogicalOutput output;
    for (uint32_t i = 0; i < visible_before_; ++i) {
      over.columns.push_back(actual[i]);
      output.schema.Add(input.schema[actual[i]]);
      if (input.time_attribute == actual[i]) output.time_attribute = i;
    }
    for (const uint32_t column : input.unique_key) {
      const auto at = std::ranges::find(over.columns, column);
      output.unique_key.push_back(static_cast<uint32_t>(at - over.columns.begin()));
    }
    for (const AggregateCall& call : calls_) {
      output.schema.Add({call.ToString(), call.resolution.result});
      if (call.resolution.fallible) pipe_.MayFail(call.span);
    }
    if (input.watermark_column) {
      output.watermark_column = static_cast<uint32_t>(output.schema.size());
      output.schema.Add({kWatermarkColumn, DataType(TypeKind::kBigint, false)});
    }
    for (const uint32_t key : keys_) over.aggregate.keys.push_back(actual[key]);
    over.aggregate.calls = calls_;
    over.aggregate.route_late = spec_.late && spec_.late->value == LateRows::kRoute;
    over.aggregate.state_id = pipe_.StateId(op_);
    over.aggregate.state_ttl_micros = TtlMicros();
    const bool routes_late = over.aggregate.route_late;
    std::vector<LogicalOutput> outputs = {std::move(output)};
    if (routes_late) {
      outputs.push_back(input);
      outputs.back().name = "late";
    }
    const OperatorId id = pipe_.Append(std::move(over), pipe_.role(), std::move(outputs)).id;
    if (routes_late) {
      OfferLate(pipe_, spec_.late->span, {id, 1},
                has_arguments_ ? std::optional(visible_before_) : std::nullopt);
    }
    pipe_.Start({id, 0}, fmt::format("stream `{}`", pipe_.spec().name.value), pipe_.span());
  }

  // The row's own columns, then those of `compute`.
  void AddCompute() {
    std::vector<NamedExpr> columns;
    const Schema rows = pipe_.current().schema;
    for (uint32_t i = 0; i < visible_before_; ++i) {
      columns.push_back({rows[i].name, ColumnOf(rows, i, pipe_.span()), {}});
    }
    for (size_t i = 0; i < computed_.size(); ++i) {
      const NamedExpression& spec = spec_.compute[i];
      Pipe::Guarded guarded = pipe_.Guard(computed_[i], spec.on_error);
      columns.push_back({spec.name.value, std::move(guarded.expr), guarded.on_error});
    }
    pipe_.Project(std::move(columns), pipe_.role() + "_compute");
  }

  Pipe& pipe_;
  CheckState& state_;
  const OperatorSpec& op_;
  const OverSpec& spec_;
  const uint32_t visible_before_;
  std::vector<uint32_t> keys_;  // visible columns
  ExprPtr order_;               // a visible column; nullptr: as the rows come
  OverFrame frame_;
  std::vector<AggregateCall> calls_;
  std::vector<ExprPtr> computed_;
  bool has_arguments_ = false;
};

}  // namespace

bool CheckOver(Pipe& pipe, const OperatorSpec& op, const OverSpec& spec) {
  return OverChecker(pipe, op, spec).Run();
}

}  // namespace flinkc::check
