// aggregate -> [project "by"] aggregate [filter "having"] project "compute".
#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "compiler/check/event_time.h"
#include "compiler/check/fallibility.h"
#include "compiler/check/operator_checker.h"
#include "compiler/plan/rewrite.h"

namespace flinkc::check {

namespace {

// More slices than this in one window are a mistake: each of its results would merge them all.
constexpr int64_t kSlicesMax = 10'000;
constexpr int64_t kMillisecond = 1'000;

class AggregateChecker {
 public:
  AggregateChecker(Pipe& pipe, const OperatorSpec& op, const AggregateSpec& spec)
      : pipe_(pipe), state_(pipe.state()), op_(op), spec_(spec), role_(pipe.role()) {}

  bool Run() {
    bool valid = CheckKeys();
    valid = CheckWindow() && valid;
    valid = CheckEmit() && valid;
    if (!valid) return false;
    // By now the current rows have the computed keys as columns.
    if (!CheckCompute()) return false;
    if (!CheckHaving()) return false;
    AddAggregate();
    if (having_ != nullptr) AddHaving();
    AddCompute();
    return true;
  }

 private:
  struct Key {
    std::string name;     // in the result
    uint32_t column = 0;  // visible column of the aggregate's input
    uint32_t key = 0;     // index in keys_
  };

  bool Report(DiagnosticCode code, SourceSpan span, std::string message, std::string help = "") {
    Diagnostic& diagnostic = state_.log.Report(code, span, std::move(message));
    if (!help.empty()) diagnostic.Help(std::move(help));
    return false;
  }

  // The keys as columns: those that are computed are appended to the input by a projection.
  bool CheckKeys() {
    bool valid = true;
    const Schema before = pipe_.view().visible;
    std::vector<NamedExpr> computed;
    for (const NamedExpression& by : spec_.by) {
      valid = names_.Take(by.name.value, by.name.span) && valid;
      ExprPtr expr = CheckNamed(pipe_, by);
      if (expr == nullptr) {
        valid = false;
        continue;
      }
      if (expr->kind() == ExprKind::kColumn) {
        result_keys_.push_back({by.name.value, expr->column(), 0});
        continue;
      }
      // `by: {ts: date(ts)}` must not hide the column ts from the aggregates.
      std::string name = by.name.value;
      if (before.IndexOf(name)) name = "$key." + name;
      result_keys_.push_back(
          {by.name.value, static_cast<uint32_t>(before.size() + computed.size()), 0});
      Pipe::Guarded guarded = pipe_.Guard(expr, by.on_error);
      computed.push_back({std::move(name), std::move(guarded.expr), guarded.on_error});
    }
    if (!valid) return false;
    visible_before_ = static_cast<uint32_t>(before.size());
    if (!computed.empty()) AppendComputedKeys(std::move(computed));
    for (Key& key : result_keys_) {
      auto found = std::ranges::find(keys_, key.column);
      key.key = static_cast<uint32_t>(found - keys_.begin());
      if (found == keys_.end()) keys_.push_back(key.column);
    }
    return true;
  }

  void AppendComputedKeys(std::vector<NamedExpr> computed) {
    std::vector<NamedExpr> columns;
    const InputView view = pipe_.view();
    for (uint32_t i = 0; i < view.visible.size(); ++i) {
      const Field& field = view.visible[i];
      columns.push_back(
          {field.name, Expr::Column(view.actual[i], field.name, field.type, pipe_.span()), {}});
    }
    for (NamedExpr& key : computed) columns.push_back(std::move(key));
    has_computed_keys_ = true;
    pipe_.Project(std::move(columns), role_ + "_by");
  }

  bool CheckWindow() {
    if (!spec_.window) return CheckNoWindow();
    pipe_.stream().has_window = true;
    const WindowSpec& window = *spec_.window;
    const LogicalOutput& input = pipe_.current();
    bool valid = true;
    WindowSpecification made;
    made.processing_time = window.processing_time.has_value();
    if (made.processing_time) {
      valid = CheckNeverLate(window);
    } else if (!input.time_attribute || !input.watermark_column) {
      ReportNoEventTime(pipe_, window.span, "which this window needs: it would never close");
      valid = false;
    }
    if (window.kind == WindowSpec::Kind::kCumulate) made.kind = WindowKind::kCumulate;
    if (window.kind == WindowSpec::Kind::kSession) made.kind = WindowKind::kSession;
    made.size_micros = window.size.value.micros;
    made.slide_micros = window.every.value.micros;
    made.offset_micros = window.offset ? window.offset->value.micros : 0;
    made.lateness_micros = spec_.lateness ? spec_.lateness->value.micros : 0;
    valid = CheckSizes(window, made) && valid;
    valid = CheckUpdates(window, &made) && valid;
    if (!valid) return false;
    if (!made.processing_time) {
      made.time_column = *input.time_attribute;
      made.watermark_column = *input.watermark_column;
    }
    window_ = made;
    return true;
  }

  // When the window emits, if not once.
  bool CheckUpdates(const WindowSpec& window, WindowSpecification* made) {
    const std::optional<EmitMode> emit =
        spec_.emit ? std::optional(spec_.emit->value) : std::nullopt;
    made->each_row = emit == EmitMode::kUpdate;
    if (emit == EmitMode::kEvery) made->early_micros = spec_.emit_every.micros;
    made->late_updates = spec_.late && spec_.late->value == LateRows::kUpdate;
    if (made->late_updates && made->lateness_micros == 0) {
      return Report(DiagnosticCode::kEmitNotPossible, spec_.late->span,
                    "`late: update` of a window that does not wait for late rows",
                    "say how long it waits, as in `lateness: 1m`");
    }
    if (made->is_updating() && window.processing_time) {
      const bool by_emit = made->each_row || made->early_micros != 0;
      const SourceSpan span = by_emit ? spec_.emit->span : spec_.late->span;
      const std::string key = by_emit ? "emit" : "late";
      return Report(
          DiagnosticCode::kEmitNotPossible, span,
          fmt::format("`{}` of a window by processing time: it emits once, at its end", key),
          "choose shorter windows, or let them go by event time");
    }
    return true;
  }

  bool CheckNeverLate(const WindowSpec& window) {
    bool valid = true;
    const auto refuse = [&](const char* key, SourceSpan span) {
      state_.log
          .Report(DiagnosticCode::kLateByProcessingTime, span,
                  fmt::format("`{}` has no meaning by processing time: no row is late", key))
          .Also(*window.processing_time, "a row's time is when it is read")
          .Help(fmt::format("remove `{}`, or let the window go by event time", key));
      valid = false;
    };
    if (spec_.lateness) refuse("lateness", spec_.lateness->span);
    if (spec_.late) refuse("late", spec_.late->span);
    return valid;
  }

  bool CheckNoWindow() {
    bool valid = true;
    if (spec_.lateness) {
      valid = Report(DiagnosticCode::kInvalidWindow, spec_.lateness->span,
                     "`lateness` without a `window`: only windows know late rows");
    }
    if (spec_.late) {
      valid = Report(DiagnosticCode::kInvalidWindow, spec_.late->span,
                     "`late` without a `window`: only windows know late rows");
    }
    return valid;
  }

  bool CheckSizes(const WindowSpec& window, const WindowSpecification& made) {
    bool valid = true;
    auto check = [&](const Located<DurationValue>& duration, bool may_be_zero, bool may_be_negative,
                     const char* what) {
      int64_t micros = duration.value.micros;
      if ((micros < 0 && !may_be_negative) || (micros == 0 && !may_be_zero)) {
        valid = Report(DiagnosticCode::kInvalidWindow, duration.span,
                       fmt::format("the {} must be {}", what,
                                   may_be_zero ? "zero or more" : "more than zero"));
      } else if (micros % kMillisecond != 0) {
        valid = Report(DiagnosticCode::kInvalidWindow, duration.span,
                       fmt::format("the {} must be whole milliseconds", what));
      }
    };
    const bool is_session = window.kind == WindowSpec::Kind::kSession;
    check(window.size, false, false, is_session ? "gap of a session" : "size of a window");
    if (window.kind == WindowSpec::Kind::kHop) check(window.every, false, false, "step of a hop");
    if (window.kind == WindowSpec::Kind::kCumulate) {
      check(window.every, false, false, "step of a cumulate window");
    }
    if (window.offset) check(*window.offset, true, true, "offset of a window");
    if (spec_.lateness) check(*spec_.lateness, true, false, "lateness");
    if (!valid) return false;
    if (made.slide_micros > made.size_micros) {
      return Report(DiagnosticCode::kInvalidWindow, window.every.span,
                    "a hop whose step is longer than its size would leave rows out",
                    "use a `tumble` of that step and `filter` its rows");
    }
    int64_t slice = std::gcd(made.size_micros, made.slide_micros);
    if (made.size_micros / slice > kSlicesMax) {
      return Report(DiagnosticCode::kInvalidWindow, window.every.span,
                    fmt::format("a window would be made of {} slices, at most {} are allowed",
                                made.size_micros / slice, kSlicesMax),
                    "choose a step that divides the size, or a longer one");
    }
    constexpr int64_t kLongest = std::numeric_limits<int64_t>::max() / 8;
    if (made.size_micros > kLongest || made.lateness_micros > kLongest ||
        made.offset_micros > kLongest || made.offset_micros < -kLongest) {
      return Report(DiagnosticCode::kInvalidWindow, window.span, "the window is too long");
    }
    return true;
  }

  bool IsBatch() const { return state_.context.config->runtime_mode == RuntimeMode::kBatch; }

  bool CheckEmit() {
    if (spec_.window) {
      const bool updates = window_ && window_->is_updating();
      emit_ = updates ? EmitStrategy::kWindowUpdate : EmitStrategy::kWindowClose;
      return true;
    }
    const bool bounded = IsBounded(state_, pipe_.view().input);
    const bool wants_end = spec_.emit && spec_.emit->value == EmitMode::kEnd;
    if (wants_end && !bounded) {
      return Report(DiagnosticCode::kEmitEndUnbounded, spec_.emit->span,
                    fmt::format("`emit: end` of {}, which never ends", pipe_.Scope().input_name),
                    "give the aggregate a `window`, or leave `emit` out: it then updates its rows "
                    "as the input comes");
    }
    bool at_end = wants_end || (!spec_.emit && IsBatch() && bounded);
    emit_ = at_end ? EmitStrategy::kAtEnd : EmitStrategy::kChangelog;
    if (emit_ == EmitStrategy::kChangelog) {
      state_ttl_micros_ =
          spec_.state_ttl ? spec_.state_ttl->value.micros : state_.context.config->state_ttl_micros;
    }
    if (!bounded && !spec_.by.empty() && state_ttl_micros_ == 0) {
      state_.log
          .Report(DiagnosticCode::kUnboundedState, op_.keyword.span,
                  fmt::format("the state of `{}` grows for ever: it keeps a row for each key, and "
                              "{} never ends",
                              pipe_.StateId(op_), pipe_.Scope().input_name))
          .Help(
              "give the aggregate a `window`, so that what is over is forgotten, or "
              "`state: {ttl: 1d}`, so that a group without rows for a day is");
    }
    return true;
  }

  // What the result's expressions see: the visible input with the computed keys, and the window.
  bool CheckCompute() {
    scope_ = pipe_.Scope();
    aggregate_scope_.input = &scope_;
    aggregate_scope_.keys = keys_;
    if (window_) {
      const bool is_instant =
          window_->processing_time ||
          pipe_.current().schema[window_->time_column].type.kind() == TypeKind::kTimestampLtz;
      DataType time = is_instant ? DataType::TimestampLtz(3, false) : DataType::Timestamp(3, false);
      for (const char* name : {"window_start", "window_end", "window_time"}) {
        aggregate_scope_.extra.Add({name, time});
      }
    }
    for (const Field& field : aggregate_scope_.extra) {
      names_.Have(field.name, "the window gives a column of this name");
    }
    bool valid = true;
    for (const NamedExpression& compute : spec_.compute) {
      valid = names_.Take(compute.name.value, compute.name.span) && valid;
      ExprPtr expr =
          CheckAggregateExpression(compute.expression, aggregate_scope_, calls_, state_.log);
      valid = valid && expr != nullptr;
      computed_.push_back(std::move(expr));
    }
    if (valid && keys_.empty() && computed_.empty()) {
      valid = Report(DiagnosticCode::kNoColumnLeft, op_.keyword.span,
                     "an aggregate with neither `by` nor `compute` has no columns");
    }
    return valid;
  }

  // HAVING may name the columns of `compute`, or aggregates, which need not be in it.
  bool CheckHaving() {
    if (!spec_.having) return true;
    std::map<std::string, ExprPtr> computed;
    for (size_t i = 0; i < computed_.size(); ++i) {
      computed[spec_.compute[i].name.value] = computed_[i];
    }
    AggregateScope scope = aggregate_scope_;
    scope.computed = &computed;
    having_ = CheckAggregateExpression(*spec_.having, scope, calls_, state_.log);
    if (having_ == nullptr) return false;
    if (having_->type().kind() == TypeKind::kBoolean) return true;
    return Report(DiagnosticCode::kTypeMismatch, spec_.having->span,
                  fmt::format("`having` must be BOOLEAN, this is {}", having_->type().ToString()));
  }

  void AddAggregate() {
    pipe_.GuardCalls(&calls_);
    const InputView& view = pipe_.view();
    const LogicalOutput input = pipe_.current();
    AggregateOp aggregate;
    LogicalOutput output;
    for (uint32_t key : keys_) {
      output.unique_key.push_back(static_cast<uint32_t>(aggregate.keys.size()));
      aggregate.keys.push_back(view.actual[key]);
      output.schema.Add(input.schema[view.actual[key]]);
    }
    for (const Field& field : aggregate_scope_.extra) output.schema.Add(field);
    if (window_) {
      output.unique_key.push_back(static_cast<uint32_t>(keys_.size()));
      // The windows of one cumulation begin together; a session that was given may get another end,
      // and is another one then.
      if (window_->kind == WindowKind::kCumulate ||
          (window_->kind == WindowKind::kSession && window_->is_updating())) {
        output.unique_key.push_back(static_cast<uint32_t>(keys_.size() + 1));
      }
      if (!window_->processing_time) {
        output.time_attribute = static_cast<uint32_t>(keys_.size() + 2);
      }
    }
    for (const AggregateCall& call : calls_) {
      output.schema.Add({call.ToString(), call.resolution.result});
    }
    if (emit_ == EmitStrategy::kChangelog || emit_ == EmitStrategy::kWindowUpdate) {
      output.changelog = ChangelogMode::kRetract;
    }
    aggregate.window = window_;
    aggregate.calls = calls_;
    aggregate.emit = emit_;
    aggregate.state_ttl_micros = state_ttl_micros_;
    aggregate.route_late = spec_.late && spec_.late->value == LateRows::kRoute;
    aggregate.state_id = pipe_.StateId(op_);
    std::vector<LogicalOutput> outputs = {std::move(output)};
    bool routes_late = aggregate.route_late;
    if (routes_late) {
      outputs.push_back(input);
      outputs.back().name = "late";
    }
    LogicalOperator& added = pipe_.Append(std::move(aggregate), role_, std::move(outputs));
    OperatorId id = added.id;
    if (routes_late) {
      OfferLate(pipe_, spec_.late->span, {id, 1},
                has_computed_keys_ ? std::optional(visible_before_) : std::nullopt);
    }
    pipe_.Start({id, 0}, fmt::format("stream `{}`", pipe_.spec().name.value), pipe_.span());
  }

  void AddHaving() {
    LogicalOutput output = pipe_.current();
    output.name = "";
    // The aggregate's rows are seen whole: no column is hidden there.
    pipe_.AppendAndFollow(FilterOp{pipe_.GuardOwn(having_)}, role_ + "_having", std::move(output));
  }

  void AddCompute() {
    std::vector<NamedExpr> columns;
    const Schema rows = pipe_.current().schema;
    for (const Key& key : result_keys_) {
      columns.push_back({key.name, ColumnOf(rows, key.key, pipe_.span()), {}});
    }
    for (uint32_t i = 0; i < aggregate_scope_.extra.size(); ++i) {
      auto column = static_cast<uint32_t>(keys_.size() + i);
      columns.push_back({rows[column].name, ColumnOf(rows, column, pipe_.span()), {}});
    }
    for (size_t i = 0; i < computed_.size(); ++i) {
      const NamedExpression& spec = spec_.compute[i];
      Pipe::Guarded guarded = pipe_.Guard(computed_[i], spec.on_error);
      columns.push_back({spec.name.value, std::move(guarded.expr), guarded.on_error});
    }
    if (window_ && !window_->processing_time) {
      // A window's row comes before the watermark that passed its end goes on: a later window can
      // never find it late (docs/adr/0003).
      Value never;
      never.data = std::numeric_limits<int64_t>::min();
      columns.push_back(
          {kWatermarkColumn,
           Expr::Literal(std::move(never), DataType(TypeKind::kBigint, false), pipe_.span()),
           {}});
    }
    LogicalOutput output = ProjectedOutput(pipe_.current(), columns);
    pipe_.AppendAndFollow(ProjectOp{std::move(columns)}, role_ + "_compute", std::move(output));
  }

  Pipe& pipe_;
  CheckState& state_;
  const OperatorSpec& op_;
  const AggregateSpec& spec_;
  const std::string role_;
  ColumnNames names_{state_};
  std::vector<Key> result_keys_;
  std::vector<uint32_t> keys_;  // visible columns, each once
  uint32_t visible_before_ = 0;
  bool has_computed_keys_ = false;
  std::optional<WindowSpecification> window_;
  EmitStrategy emit_ = EmitStrategy::kChangelog;
  int64_t state_ttl_micros_ = 0;
  ExpressionScope scope_;
  AggregateScope aggregate_scope_;
  std::vector<AggregateCall> calls_;
  std::vector<ExprPtr> computed_;
  ExprPtr having_;
};

}  // namespace

bool CheckAggregate(Pipe& pipe, const OperatorSpec& op, const AggregateSpec& spec) {
  return AggregateChecker(pipe, op, spec).Run();
}

}  // namespace flinkc::check
