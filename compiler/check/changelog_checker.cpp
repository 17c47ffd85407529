#include "compiler/check/changelog_checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/base/check.h"

namespace flinkc::check {

namespace {

bool IsSubset(const std::vector<uint32_t>& columns, const std::vector<uint32_t>& of) {
  return std::ranges::all_of(
      columns, [&](uint32_t column) { return std::ranges::find(of, column) != of.end(); });
}

class ChangelogChecker {
 public:
  ChangelogChecker(CheckState& state, const std::vector<CheckedSink>& sinks)
      : state_(state), sinks_(sinks) {}

  void Run() {
    // In the order of the plan: what updates, and by what key.
    for (LogicalOperator& op : state_.plan.operators) FindUpdates(op);
    for (const CheckedSink& sink : sinks_) CheckSink(sink);
    // Against the order: who needs the old rows. An output has one mode for all its readers.
    for (size_t i = state_.plan.operators.size(); i-- > 0;) {
      FindNeeds(state_.plan.operators[i]);
    }
    for (LogicalOperator& op : state_.plan.operators) SetModes(op);
  }

 private:
  const LogicalOutput& Input(const LogicalOperator& op, size_t i = 0) const {
    return state_.Output(op.inputs[i]);
  }
  bool InputUpdates(const LogicalOperator& op) const {
    return std::ranges::any_of(
        op.inputs, [&](LogicalInput input) { return updates_.contains({input.op, input.output}); });
  }

  void FindUpdates(LogicalOperator& op) {
    bool updates = InputUpdates(op);
    if (AggregateOp* aggregate = op.As<AggregateOp>()) {
      if (updates) TakeBack(op, *aggregate);
      // A group without results has one row, which comes with its first one and stays.
      const bool only_grows =
          aggregate->set ? IsIntersection(*aggregate->set) : aggregate->calls.empty();
      const bool changes = updates || !only_grows;
      if ((aggregate->emit == EmitStrategy::kChangelog && changes) ||
          aggregate->emit == EmitStrategy::kWindowUpdate) {
        updates_.insert({op.id, 0});
      }
      return;
    }
    if (const TopOp* top = op.As<TopOp>()) {
      if (updates && top->top.is_filter) {
        LetPass(op);
      } else {
        const bool changes = updates || !KeepsFirstComer(*top);
        if (top->top.window ? top->top.window_updates : changes) updates_.insert({op.id, 0});
        return;
      }
    }
    if (const JoinOp* join = op.As<JoinOp>(); join != nullptr && join->join.versions) {
      CheckVersions(op, join->join);
      return;
    }
    if (op.As<OverOp>() != nullptr) {
      if (updates) ReportUnsupported(op, "`over`");
      return;
    }
    if (const JoinOp* join = op.As<JoinOp>()) {
      if (updates && join->join.window) ReportUnsupported(op, "a window");
      if (updates || TakesBack(*join)) updates_.insert({op.id, 0});
      return;
    }
    if (op.As<MatchOp>() != nullptr) {
      if (updates) ReportUnsupported(op, "a pattern");
      return;
    }
    if (op.As<SinkOp>() != nullptr || !updates) return;
    // The table may have been read again when a row is taken back.
    if (op.As<LookupOp>() != nullptr) ReportUnsupported(op, "a lookup");
    if (IsVolatile(op)) ReportUnsupported(op, "an expression that reads the clock");
    for (uint32_t i = 0; i < op.outputs.size(); ++i) {
      if (op.errors_output != i) updates_.insert({op.id, i});
    }
  }

  // A row that is not among the first may come in for one that is taken back.
  static void LetPass(LogicalOperator& op) {
    Value always;
    always.data = true;
    op.op =
        FilterOp{Expr::Literal(std::move(always), DataType(TypeKind::kBoolean, false), op.span)};
  }

  // The first row of a group as they come never gives way to another.
  static bool KeepsFirstComer(const TopOp& op) {
    return op.top.limit == 1 && op.top.order.empty() && !op.top.newest_first;
  }

  // A version is replaced by another of its key, which must be the one that rows are matched by.
  void CheckVersions(const LogicalOperator& op, const JoinDescriptor& join) {
    if (updates_.contains({op.inputs[0].op, op.inputs[0].output})) {
      ReportUnsupported(op, "a temporal join");
    }
    if (!updates_.contains({op.inputs[1].op, op.inputs[1].output})) return;
    const LogicalOutput& versions = Input(op, 1);
    const std::vector<uint32_t>& key = versions.unique_key;
    if (!key.empty() && IsSubset(key, join.keys[1]) && IsSubset(join.keys[1], key)) return;
    std::vector<std::string> names;
    for (const uint32_t column : key) names.push_back(versions.schema[column].name);
    state_.log
        .Report(DiagnosticCode::kTemporalJoin, op.span,
                "the equalities of `match` are not over the key by which the rows of the second "
                "input replace each other")
        .Help(names.empty()
                  ? "no key of these rows is known"
                  : fmt::format("their key is {}: `match` says what each column of it equals; "
                                "compare others behind the join",
                                QuotedList(names)));
  }

  // Rows that left without a match are taken back when it comes, unless the time was up.
  static bool TakesBack(const JoinOp& op) {
    return op.join.times() == nullptr && op.join.kind != JoinKind::kInner &&
           op.join.kind != JoinKind::kSemi;
  }

  // An aggregate over updated rows takes back what it has accumulated: its accumulators must be
  // able to, and are resolved anew.
  void TakeBack(const LogicalOperator& op, AggregateOp& aggregate) {
    if (aggregate.window && aggregate.window->processing_time) {
      ReportUnsupported(op, "a window by processing time");
    } else if (aggregate.route_late) {
      ReportUnsupported(op, "an output of late rows");
    }
    if (IsVolatile(op)) ReportUnsupported(op, "an expression that reads the clock");
    for (AggregateCall& call : aggregate.calls) {
      auto resolution = ResolveToTakeBack(call, *state_.context.registry);
      if (!resolution) {
        ReportCannotRetract(op, call);
        continue;
      }
      call.resolution = *std::move(resolution);
    }
  }

  void ReportCannotRetract(const LogicalOperator& op, const AggregateCall& call) {
    Diagnostic& diagnostic = state_.log.Report(
        DiagnosticCode::kAggregateCannotRetract, call.span,
        fmt::format("`{}` cannot take a row back, and those that come here are updated",
                    call.name));
    ExplainPath(diagnostic, op);
  }

  // The old row must come out as the new one once did.
  static bool IsVolatile(const LogicalOperator& op) {
    if (const FilterOp* filter = op.As<FilterOp>()) return filter->predicate->is_volatile();
    if (const UnnestOp* unnest = op.As<UnnestOp>()) return unnest->array->is_volatile();
    if (const ProjectOp* project = op.As<ProjectOp>()) {
      return std::ranges::any_of(
          project->columns, [](const NamedExpr& column) { return column.expr->is_volatile(); });
    }
    if (const AggregateOp* aggregate = op.As<AggregateOp>()) {
      return std::ranges::any_of(aggregate->calls, [](const AggregateCall& call) {
        return (call.filter != nullptr && call.filter->is_volatile()) ||
               std::ranges::any_of(call.arguments,
                                   [](const ExprPtr& argument) { return argument->is_volatile(); });
      });
    }
    if (const RouteOp* route = op.As<RouteOp>()) {
      return std::ranges::any_of(route->branches, [](const RouteOp::Branch& branch) {
        return branch.predicate != nullptr && branch.predicate->is_volatile();
      });
    }
    return false;
  }

  // The way from the aggregate whose rows change down to what `op` reads.
  std::vector<const LogicalOperator*> UpdatePath(const LogicalOperator& op) const {
    std::vector<const LogicalOperator*> path;
    const LogicalOperator* at = &op;
    while (true) {
      auto input = std::ranges::find_if(
          at->inputs, [&](LogicalInput i) { return updates_.contains({i.op, i.output}); });
      if (input == at->inputs.end()) break;
      at = &state_.plan.operators[input->op.value()];
      path.push_back(at);
    }
    std::ranges::reverse(path);
    return path;
  }

  // Labels the diagnostic with the path.
  void ExplainPath(Diagnostic& diagnostic, const LogicalOperator& op) const {
    std::vector<const LogicalOperator*> path = UpdatePath(op);
    if (path.empty()) return;
    std::string way;
    for (const LogicalOperator* step : path) {
      way += (way.empty() ? "" : " -> ") + step->Path();
    }
    way += " -> " + op.Path();
    diagnostic.Also(path[0]->span, WhyItUpdates(*path[0]));
    diagnostic.Help("the updates come this way: " + way);
    diagnostic.Help(HowNotToUpdate(*path[0]));
  }

  static const char* WhyItUpdates(const LogicalOperator& op) {
    if (op.As<JoinOp>() != nullptr) {
      return "this join takes back a row without a match when the match comes";
    }
    if (op.As<TopOp>() != nullptr)
      return "a row that is kept gives way to one that comes before it";
    if (const AggregateOp* aggregate = op.As<AggregateOp>(); aggregate && aggregate->window) {
      return "the windows of this aggregate update what they have emitted";
    }
    return "this aggregate has no window: it updates its rows while the input comes";
  }

  static const char* HowNotToUpdate(const LogicalOperator& op) {
    if (op.As<JoinOp>() != nullptr) return "bound the join with `within`, or make it `kind: inner`";
    if (const TopOp* top = op.As<TopOp>(); top && top->top.window) {
      return "let each window give its rows once: `emit: close`";
    }
    if (op.As<TopOp>() != nullptr) {
      return "send it to a sink that takes updates; only the first row that comes, `dedupe: {by: "
             "…}`, "
             "never changes";
    }
    if (const AggregateOp* aggregate = op.As<AggregateOp>(); aggregate && aggregate->window) {
      return "let each window emit once: `emit: close`, and `late: drop` or `route`";
    }
    return "give the aggregate a `window`, or, of bounded input, `emit: end`";
  }

  void ReportUnsupported(const LogicalOperator& op, const char* what) {
    Diagnostic& diagnostic =
        state_.log.Report(DiagnosticCode::kUpdatesNotSupported, op.span,
                          fmt::format("{} over rows that are updated is not supported yet", what));
    ExplainPath(diagnostic, op);
  }

  void CheckSink(const CheckedSink& sink) {
    const LogicalOperator& op = state_.plan.operators[sink.op.value()];
    if (!InputUpdates(op)) {
      if (!sink.spec->key.empty()) {
        state_.log.Report(DiagnosticCode::kKeyWithoutEffect, sink.spec->key[0].span,
                          fmt::format("the `key` of sink `{}` has no effect: its rows are never "
                                      "updated",
                                      sink.spec->name.value));
      }
      return;
    }
    if (!sink.accepts_updates) {
      Diagnostic& diagnostic = state_.log.Report(
          DiagnosticCode::kSinkRefusesUpdates, sink.spec->connector.span,
          fmt::format("sink `{}` takes only rows that are never updated, but those of `{}` are",
                      sink.spec->name.value, sink.spec->from.text.value));
      ExplainPath(diagnostic, op);
      return;
    }
    if (!sink.spec->key.empty()) {
      CheckSinkKey(sink, op);
    } else if (!sink.wants_old_rows) {
      upsert_sinks_.insert(op.id);  // without a key of its rows FindNeeds asks for the old ones
    }
  }

  // A sink with a key gets upserts, so the key must be the one that the rows have.
  void CheckSinkKey(const CheckedSink& sink, const LogicalOperator& op) {
    const LogicalOutput& input = Input(op);
    std::vector<uint32_t> key;
    for (const SpecName& name : sink.spec->key) {
      key.push_back(static_cast<uint32_t>(*input.schema.IndexOf(name.value)));
    }
    if (!input.unique_key.empty() && IsSubset(key, input.unique_key) &&
        IsSubset(input.unique_key, key)) {
      upsert_sinks_.insert(op.id);
      return;
    }
    std::vector<std::string> names;
    for (uint32_t column : input.unique_key) names.push_back(input.schema[column].name);
    state_.log
        .Report(DiagnosticCode::kSinkKey, sink.spec->key[0].span,
                fmt::format("the rows of `{}` are not unique by the `key` of sink `{}`",
                            sink.spec->from.text.value, sink.spec->name.value))
        .Help(names.empty() ? "no key of these rows is known: leave `key` out"
                            : fmt::format("they are by {}", QuotedList(names)));
  }

  void Need(LogicalInput input) { needs_retract_.insert({input.op, input.output}); }

  // Passes the needs of the operator's readers and its own on to its inputs.
  void FindNeeds(const LogicalOperator& op) {
    if (!InputUpdates(op)) return;
    // A version says all that holds from its time on.
    if (const JoinOp* join = op.As<JoinOp>(); join != nullptr && join->join.versions) return;
    bool needs = false;
    for (uint32_t i = 0; i < op.outputs.size(); ++i) {
      needs = needs || needs_retract_.contains({op.id, i});
    }
    const LogicalOutput& input = Input(op);
    if (input.unique_key.empty()) needs = true;
    if (op.As<SinkOp>() != nullptr) {
      // Who has no key to address a row by gets the old row.
      needs = needs || !upsert_sinks_.contains(op.id);
    } else if (const FilterOp* filter = op.As<FilterOp>()) {
      // An update may leave the filter's rows only if its key does: then the old row is not there.
      needs = needs || !IsSubset(filter->predicate->Columns(), input.unique_key);
    } else if (const RouteOp* route = op.As<RouteOp>()) {
      for (const RouteOp::Branch& branch : route->branches) {
        needs = needs || (branch.predicate != nullptr &&
                          !IsSubset(branch.predicate->Columns(), input.unique_key));
      }
    } else if (op.As<ProjectOp>() != nullptr) {
      needs = needs || op.outputs[0].unique_key.empty() || Drops(op);
    } else {
      needs = true;  // unnest and union have no key; an aggregate takes back what it was given
    }
    if (!needs) return;
    for (LogicalInput from : op.inputs) Need(from);
  }

  // Rows whose values fail leave the stream: as a filter would.
  static bool Drops(const LogicalOperator& op) {
    const ProjectOp* project = op.As<ProjectOp>();
    return std::ranges::any_of(project->columns,
                               [](const NamedExpr& column) { return column.expr->fallible(); });
  }

  void SetModes(LogicalOperator& op) {
    bool from_retract = std::ranges::any_of(op.inputs, [&](LogicalInput input) {
      return state_.Output(input).changelog == ChangelogMode::kRetract;
    });
    // Who makes updates chooses how.
    bool is_aggregate = op.As<AggregateOp>() != nullptr || op.As<TopOp>() != nullptr;
    bool is_union = op.As<UnionOp>() != nullptr || op.As<JoinOp>() != nullptr;
    // What passes keeps the mode of its input.
    for (uint32_t i = 0; i < op.outputs.size(); ++i) {
      LogicalOutput& output = op.outputs[i];
      if (!updates_.contains({op.id, i})) {
        output.changelog = ChangelogMode::kAppend;
      } else if (is_aggregate ? needs_retract_.contains({op.id, i}) || output.unique_key.empty()
                              : is_union || from_retract) {
        output.changelog = ChangelogMode::kRetract;
      } else {
        output.changelog = ChangelogMode::kUpsert;
      }
    }
    if (TopOp* top = op.As<TopOp>()) {
      top->top.retracts = from_retract;
      top->top.tells_old = op.outputs[0].changelog == ChangelogMode::kRetract;
    }
    const std::optional<MiniBatchConfig>& mini_batch = state_.context.config->mini_batch;
    AggregateOp* aggregate = op.As<AggregateOp>();
    if (aggregate != nullptr && mini_batch && !aggregate->set &&
        aggregate->emit == EmitStrategy::kChangelog &&
        op.outputs[0].changelog != ChangelogMode::kAppend) {
      aggregate->mini_batch = {mini_batch->allow_latency_micros, mini_batch->size};
    }
  }

  CheckState& state_;
  const std::vector<CheckedSink>& sinks_;
  using OutputKey = std::pair<OperatorId, uint32_t>;
  std::set<OutputKey> updates_;
  std::set<OutputKey> needs_retract_;
  std::set<OperatorId> upsert_sinks_;
};

}  // namespace

std::optional<AggregateResolution> ResolveToTakeBack(const AggregateCall& call,
                                                     const FunctionRegistry& registry) {
  const AggregateRecord* record = registry.FindAggregate(call.name);
  CHECK(record != nullptr);
  const AggregateResolution& before = call.resolution;
  std::vector<ArgumentInfo> arguments;
  for (const ResolvedArgument& argument : before.resolved_from) {
    arguments.push_back({argument.type, argument.literal ? &*argument.literal : nullptr});
  }
  auto resolution = ResolveRetracting(record->overloads[before.overload], arguments);
  if (!resolution) return std::nullopt;
  resolution->result = before.result;
  resolution->overload = before.overload;
  resolution->resolved_from = before.resolved_from;
  return resolution;
}

void CheckChangelog(CheckState& state, const std::vector<CheckedSink>& sinks) {
  ChangelogChecker(state, sinks).Run();
}

}  // namespace flinkc::check
