#include "compiler/check/join_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/check/input_windows.h"
#include "compiler/check/side_table.h"
#include "compiler/check/stream_graph.h"
#include "compiler/check/time_bounds.h"
#include "compiler/expression/implicit_cast.h"
#include "compiler/plan/rewrite.h"

namespace flinkc::check {

namespace {

JoinKind ToJoinKind(JoinSpec::Kind kind) {
  static_assert(static_cast<int>(JoinSpec::Kind::kAnti) == static_cast<int>(JoinKind::kAnti));
  return static_cast<JoinKind>(kind);
}

std::vector<ExprPtr> ConjunctsOf(const ExprPtr& predicate) {
  if (predicate->kind() != ExprKind::kAnd) return {predicate};
  std::vector<ExprPtr> conjuncts;
  for (const ExprPtr& argument : predicate->arguments()) {
    for (ExprPtr& conjunct : ConjunctsOf(argument)) conjuncts.push_back(std::move(conjunct));
  }
  return conjuncts;
}

class JoinChecker {
 public:
  JoinChecker(Pipe& pipe, const JoinSpec& spec)
      : pipe_(pipe), state_(pipe.state()), spec_(spec), join_{ToJoinKind(spec.kind.value)} {}

  bool Run() {
    pipe_.StartOperator("join", spec_.keyword.span);
    if (!TakeInputs() || !CheckLookup()) return false;
    ShowBoth();
    if (!CheckMatch() || !CheckWithin() || !CheckTemporal() || !CheckWindow()) return false;
    ProjectKeys();
    if (spec_.lookup) {
      AddLookup();
      return true;
    }
    WarnOfUnbounded();
    AddJoin();
    return true;
  }

 private:
  struct Input {
    LogicalInput from;
    InputView view;
  };

  bool TakeInputs() {
    bool valid = true;
    for (size_t side = 0; side < 2; ++side) {
      const std::optional<LogicalInput> from = ResolveReference(state_, pipe_.spec().from[side]);
      valid = valid && from.has_value();
      if (!from) continue;
      inputs_[side].from = *from;
      inputs_[side].view = MakeView(state_, *from);
    }
    return valid;
  }

  size_t left_columns() const { return inputs_[0].view.visible.size(); }

  std::vector<QualifiedColumns> Qualified(bool left_only) const {
    std::vector<QualifiedColumns> qualified;
    uint32_t index = 0;
    for (size_t side = 0; side < (left_only ? 1u : 2u); ++side) {
      QualifiedColumns columns{spec_.aliases[side].value, {}};
      for (const Field& field : inputs_[side].view.visible) columns.columns[field.name] = index++;
      qualified.push_back(std::move(columns));
    }
    return qualified;
  }

  // Names of the result's columns: their own where no other has it, else with their input's.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (size_t side = 0; side < 2; ++side) {
      for (const Field& field : inputs_[side].view.visible) {
        const bool is_taken = inputs_[1 - side].view.visible.IndexOf(field.name).has_value();
        names.push_back(is_taken && !IsLeftOnly(join_.kind)
                            ? spec_.aliases[side].value + "." + field.name
                            : field.name);
      }
    }
    return names;
  }

  std::string Name() const {
    return fmt::format("the join of stream `{}`", pipe_.spec().name.value);
  }

  // Expressions see the columns of both.
  void ShowBoth() {
    InputView view;
    view.input = inputs_[0].from;
    for (size_t side = 0; side < 2; ++side) {
      for (const Field& field : inputs_[side].view.visible) {
        const bool is_taken = inputs_[1 - side].view.visible.IndexOf(field.name).has_value();
        Field shown = field;
        if (is_taken) shown.name = spec_.aliases[side].value + "." + field.name;
        view.actual.push_back(static_cast<uint32_t>(view.actual.size()));
        view.visible.Add(std::move(shown));
      }
    }
    pipe_.StartJoining(std::move(view), Name(), spec_.keyword.span, Qualified(false));
  }

  // Whether `expr` reads columns of this side and of no other.
  bool IsOf(const Expr& expr, size_t side) const {
    const std::vector<uint32_t> columns = expr.Columns();
    return !columns.empty() && std::ranges::all_of(columns, [&](uint32_t column) {
      return (column >= left_columns()) == (side == 1);
    });
  }

  bool TakeKey(const Expr& conjunct) {
    if (conjunct.kind() != ExprKind::kCall || conjunct.name() != "equal") return false;
    const ExprPtr& a = conjunct.arguments()[0];
    const ExprPtr& b = conjunct.arguments()[1];
    const size_t side_of_a = IsOf(*a, 0) ? 0 : 1;
    if (!IsOf(*a, side_of_a) || !IsOf(*b, 1 - side_of_a)) return false;
    if (!IsSameRepresentation(a->type().Nullable(), b->type().Nullable())) return false;
    // What a table is asked for must stand in it.
    const ExprPtr& right = side_of_a == 0 ? b : a;
    if (spec_.lookup && right->kind() != ExprKind::kColumn) return false;
    keys_[side_of_a].push_back(a);
    keys_[1 - side_of_a].push_back(b);
    return true;
  }

  bool CheckMatch() {
    const ExprPtr match = CheckPredicate(spec_.match, pipe_.Scope(), state_.log);
    if (match == nullptr) return false;
    std::vector<ExprPtr> others;
    for (const ExprPtr& conjunct : ConjunctsOf(match)) {
      if (!TakeKey(*conjunct)) others.push_back(conjunct);
    }
    // All rows of a window are few enough to be held against each other.
    if (keys_[0].empty() && !spec_.window) {
      ReportNoKey();
      return false;
    }
    if (others.empty()) return true;
    condition_ = others[0];
    if (others.size() > 1) {
      const bool nullable = std::ranges::any_of(
          others, [](const ExprPtr& other) { return other->type().nullable(); });
      condition_ = Expr::Special(ExprKind::kAnd, DataType(TypeKind::kBoolean, nullable),
                                 std::move(others), spec_.match.span);
    }
    return true;
  }

  void ReportNoKey() {
    const std::string& left = spec_.aliases[0].value;
    const std::string& right = spec_.aliases[1].value;
    if (spec_.lookup) {
      state_.log
          .Report(DiagnosticCode::kJoinCondition, spec_.match.span,
                  "nothing here says what a column of the table equals: every row would be held "
                  "against the whole table")
          .Help(fmt::format("begin with an equality, as in `match: {0}.id = {1}.id AND …`, where "
                            "the table's side is a column as it was read: declare it with the type "
                            "that it is compared with",
                            left, right));
      return;
    }
    state_.log
        .Report(DiagnosticCode::kJoinCondition, spec_.match.span,
                "nothing here says that a column of one input equals one of the other: every row "
                "would be held against every other")
        .Help(
            fmt::format("begin with an equality, as in `match: {}.id = {}.id AND …`", left, right));
  }

  // ---- lookup ----

  // Whether the second input can be read as a table, and the join be one.
  bool CheckLookup() {
    if (!spec_.lookup) return true;
    if (join_.kind != JoinKind::kInner && join_.kind != JoinKind::kLeft) {
      state_.log
          .Report(DiagnosticCode::kLookupTable, spec_.kind.span,
                  "a lookup is `inner` or `left`: no row of the table leaves by itself")
          .Also(spec_.lookup->span, "looked up here")
          .Help(
              "write `kind: left`, or leave `lookup` out, so that the table is a stream whose rows "
              "are kept");
      return false;
    }
    std::optional<SourceDescriptor> table =
        CheckSideTable(state_, pipe_.spec().from[1], inputs_[1].from, spec_.lookup->span);
    if (table) table_ = *std::move(table);
    return table.has_value();
  }

  void AddLookup() {
    const std::vector<std::string> names = Names();
    LookupOp op;
    op.condition = ConditionOverInputs();
    LogicalOutput output = ResultOf(names);
    join_.has_condition = op.condition != nullptr;
    op.lookup.join = join_;
    op.lookup.table = std::move(table_);
    if (spec_.lookup->refresh) op.lookup.refresh_micros = spec_.lookup->refresh->value.micros;
    LogicalOperator& added = pipe_.Append(std::move(op), "lookup", {std::move(output)});
    added.inputs = {inputs_[0].from};
    pipe_.stream().has_join = true;
    pipe_.StartJoined({added.id, 0}, Name(), spec_.keyword.span, Qualified(false));
  }

  // ---- within ----

  bool ReportWithin(SourceSpan span, std::string message) {
    state_.log.Report(DiagnosticCode::kJoinInterval, span, std::move(message))
        .Help(fmt::format("write it as `within: {1}.time BETWEEN {0}.time AND {0}.time + INTERVAL "
                          "'1' HOUR`, with the event time of both inputs",
                          spec_.aliases[0].value, spec_.aliases[1].value));
    return false;
  }

  bool HasTimes() {
    return HasTime(0, "within", spec_.within->span) && HasTime(1, "within", spec_.within->span);
  }

  bool HasTime(size_t side, const char* key, SourceSpan span) {
    const LogicalOutput& output = state_.Output(inputs_[side].from);
    if (output.time_attribute && output.watermark_column) return true;
    state_.log
        .Report(DiagnosticCode::kNoEventTime, span,
                fmt::format("input `{}` of the join has no event time, which `{}` needs: its rows "
                            "would never be forgotten",
                            spec_.aliases[side].value, key))
        .Help(
            "declare it on the source: `event_time: {column: ts, out_of_order: 5s}`, and keep the "
            "column as it is up to the join");
    return false;
  }

  // The visible column of event time of a side, as the condition sees it.
  uint32_t TimeColumn(size_t side) const {
    const InputView& view = inputs_[side].view;
    const uint32_t time = *state_.Output(inputs_[side].from).time_attribute;
    const auto at = std::ranges::find(view.actual, time);
    return static_cast<uint32_t>(at - view.actual.begin()) +
           (side == 1 ? static_cast<uint32_t>(left_columns()) : 0);
  }

  bool CheckWithin() {
    if (!spec_.within) return true;
    if (!HasTimes()) return false;
    const ExprPtr within = CheckPredicate(*spec_.within, pipe_.Scope(), state_.log);
    if (within == nullptr) return false;
    TimeBounds bounds({TimeColumn(0), TimeColumn(1)});
    for (const ExprPtr& conjunct : ConjunctsOf(within)) {
      if (bounds.Take(*conjunct)) continue;
      return ReportWithin(conjunct->span(),
                          "this is no bound of the event times of both inputs: only those, with "
                          "literal intervals added, can be compared here");
    }
    if (!bounds.lower() || !bounds.upper()) {
      return ReportWithin(
          spec_.within->span,
          fmt::format(
              "this bounds only how much {} rows of `{}` may be: rows of `{}` would be kept "
              "for ever",
              bounds.upper() ? "later" : "earlier", spec_.aliases[1].value,
              spec_.aliases[bounds.upper() ? 1 : 0].value));
    }
    if (*bounds.lower() > *bounds.upper()) {
      return ReportWithin(spec_.within->span, "no two rows can be like this");
    }
    if (!InputsInsert()) return false;
    join_.interval = JoinInterval{{}, *bounds.lower(), *bounds.upper()};
    return true;
  }

  bool InputsInsert() {
    for (size_t side = 0; side < 2; ++side) {
      if (state_.Output(inputs_[side].from).changelog == ChangelogMode::kAppend) continue;
      state_.log
          .Report(DiagnosticCode::kUpdatesNotSupported, spec_.within->span,
                  fmt::format("a join with `within` takes only rows that are never updated, but "
                              "those of `{}` are",
                              spec_.aliases[side].value))
          .Help("leave `within` out and bound the state with `state: {ttl: …}`");
      return false;
    }
    return true;
  }

  // ---- temporal ----

  bool ReportTemporal(SourceSpan span, std::string message, std::string help) {
    state_.log.Report(DiagnosticCode::kTemporalJoin, span, std::move(message))
        .Help(std::move(help));
    return false;
  }

  bool CheckTemporal() {
    if (!spec_.temporal) return true;
    if (join_.kind != JoinKind::kInner && join_.kind != JoinKind::kLeft) {
      return ReportTemporal(spec_.kind.span,
                            "a temporal join is `inner` or `left`: no version leaves by itself",
                            "write `kind: left`, or leave `temporal` out");
    }
    if (!HasTime(0, "temporal", spec_.temporal->span)) return false;
    const ExprPtr as_of = CheckExpression(spec_.temporal->as_of, pipe_.Scope(), state_.log);
    if (as_of == nullptr) return false;
    if (as_of->kind() != ExprKind::kColumn || as_of->column() != TimeColumn(0)) {
      return ReportTemporal(
          spec_.temporal->as_of.span,
          fmt::format("this is not the event time of `{}`, as of which its rows can be joined",
                      spec_.aliases[0].value),
          fmt::format("write `as_of: {}.{}`; what holds when a row is read is asked of a file: "
                      "`lookup: {{refresh: 10m}}`",
                      spec_.aliases[0].value, inputs_[0].view.visible[TimeColumn(0)].name));
    }
    const std::optional<uint32_t> valid_from = VersionTime();
    if (!valid_from) return false;
    const LogicalOutput& left = state_.Output(inputs_[0].from);
    const DataType& time = left.schema[*left.time_attribute].type;
    const DataType& since = inputs_[1].view.visible[*valid_from].type;
    if (time.kind() != since.kind()) {
      return ReportTemporal(
          spec_.temporal->span,
          fmt::format("{} and {} cannot be compared", time.ToString(), since.ToString()),
          "CAST one of them where the streams come from");
    }
    join_.versions.emplace();
    version_time_ = inputs_[1].view.visible[*valid_from].name;
    return true;
  }

  // The visible column of the right side that says since when a version holds.
  std::optional<uint32_t> VersionTime() {
    const std::string& right = spec_.aliases[1].value;
    const auto left = static_cast<uint32_t>(left_columns());
    if (!spec_.temporal->valid_from) {
      const LogicalOutput& output = state_.Output(inputs_[1].from);
      if (output.time_attribute) return TimeColumn(1) - left;
      ReportTemporal(spec_.temporal->span,
                     fmt::format("the rows of `{}` have no event time, so it is not known since "
                                 "when a version holds",
                                 right),
                     fmt::format("name the column that says so: `valid_from: {}.since`", right));
      return std::nullopt;
    }
    const ExprPtr column = CheckExpression(*spec_.temporal->valid_from, pipe_.Scope(), state_.log);
    if (column == nullptr) return std::nullopt;
    const bool is_time = column->kind() == ExprKind::kColumn && column->column() >= left &&
                         column->type().is_timestamp() && !column->type().nullable();
    if (is_time) return column->column() - left;
    ReportTemporal(spec_.temporal->valid_from->span,
                   fmt::format("this is no column of `{}` that always holds a TIMESTAMP", right),
                   "make it one before the join: `extend: {since: \"coalesce(…)\"}`");
    return std::nullopt;
  }

  // ---- window ----

  bool ReportWindow(std::string message, std::string help) {
    state_.log.Report(DiagnosticCode::kJoinWindow, spec_.window->span, std::move(message))
        .Help(std::move(help));
    return false;
  }

  bool CheckWindow() {
    if (!spec_.window) return true;
    if (!HasTime(0, "window", spec_.window->span) || !HasTime(1, "window", spec_.window->span)) {
      return false;
    }
    join_.window.emplace();
    return spec_.window->tumble ? TakeWindow() : CheckWindowsOfInputs();
  }

  // Windows of its own, which give columns of their names.
  bool TakeWindow() {
    for (size_t side = 0; side < 2; ++side) {
      for (const char* name : kWindowColumns) {
        if (!inputs_[side].view.visible.IndexOf(name)) continue;
        if (side == 1 && IsLeftOnly(join_.kind)) continue;
        state_.log
            .Report(DiagnosticCode::kColumnTaken, spec_.window->span,
                    fmt::format("`{}` has a column `{}`, which the window gives",
                                spec_.aliases[side].value, name))
            .Help("write `window: input` for the windows that the rows are in");
        return false;
      }
    }
    if (TimeKind(0) != TimeKind(1)) {
      return ReportWindow(
          "the event time of one input is a TIMESTAMP, that of the other a "
          "TIMESTAMP_LTZ: they have no windows in common",
          "CAST one of them where the streams come from");
    }
    join_.window->size_micros = spec_.window->tumble->value.micros;
    if (spec_.window->offset) join_.window->offset_micros = spec_.window->offset->value.micros;
    return true;
  }

  TypeKind TimeKind(size_t side) const {
    const LogicalOutput& output = state_.Output(inputs_[side].from);
    return output.schema[*output.time_attribute].type.kind();
  }

  bool CheckWindowsOfInputs() {
    std::array<std::optional<WindowSpecification>, 2> windows;
    for (size_t side = 0; side < 2; ++side) {
      windows[side] = WindowsOf(state_, inputs_[side].from);
      if (windows[side] && windows[side]->kind != WindowKind::kSession) continue;
      return ReportWindow(
          windows[side]
              ? fmt::format("`{}` comes from sessions, which are another thing for each key",
                            spec_.aliases[side].value)
              : fmt::format("the rows of `{}` are in no window that is known here",
                            spec_.aliases[side].value),
          "let both inputs come from an `aggregate` or a `top` with the same window and keep "
          "`window_time`; or cut the rows here: `window: {tumble: 10s}`");
    }
    if (AreSameWindows(*windows[0], *windows[1]) && TimeKind(0) == TimeKind(1)) return true;
    return ReportWindow(
        "the windows of both inputs are not the same: most of them would never meet",
        "give both the same kind, size and offset of windows");
  }

  // ---- the plan ----

  // Keys that are not columns become columns of their side.
  void ProjectKeys() {
    for (size_t side = 0; side < 2; ++side) {
      Input& input = inputs_[side];
      const uint32_t first = side == 0 ? 0 : static_cast<uint32_t>(left_columns());
      std::vector<uint32_t> to_own(inputs_[0].view.visible.size() + inputs_[1].view.visible.size());
      for (uint32_t i = 0; i < input.view.visible.size(); ++i) to_own[first + i] = i;
      std::vector<NamedExpr> columns;
      for (uint32_t i = 0; i < input.view.visible.size(); ++i) {
        const Field& field = input.view.visible[i];
        columns.push_back(
            {field.name,
             Expr::Column(input.view.actual[i], field.name, field.type, spec_.keyword.span),
             {}});
      }
      const size_t visible = columns.size();
      Pipe own(state_, pipe_.spec());
      own.Start(input.from, Name(), spec_.keyword.span);
      own.StartOperator(side == 0 ? "join_left_keys" : "join_right_keys", spec_.keyword.span);
      for (const ExprPtr& key : keys_[side]) {
        const ExprPtr expr = RemapColumns(key, to_own);
        if (expr->kind() == ExprKind::kColumn) {
          join_.keys[side].push_back(expr->column());
          continue;
        }
        join_.keys[side].push_back(static_cast<uint32_t>(columns.size()));
        Pipe::Guarded guarded = own.Guard(expr, std::nullopt);
        columns.push_back({fmt::format("$key{}", columns.size() - visible), std::move(guarded.expr),
                           guarded.on_error});
      }
      if (columns.size() == visible) {
        for (uint32_t& key : join_.keys[side]) key = input.view.actual[key];
        continue;
      }
      // The visible columns stand first now, the keys behind them.
      own.Project(std::move(columns), own.role());
      input.from = own.view().input;
      input.view.input = input.from;
      for (uint32_t i = 0; i < input.view.actual.size(); ++i) input.view.actual[i] = i;
    }
  }

  void WarnOfUnbounded() {
    if (join_.interval || join_.window) return;
    const int64_t ttl = state_.context.config->state_ttl_micros;
    join_.ttl_micros = {spec_.left_ttl ? spec_.left_ttl->value.micros : ttl,
                        spec_.right_ttl ? spec_.right_ttl->value.micros : ttl};
    // Rows that wait for the watermark are given and forgotten.
    if (join_.versions) join_.ttl_micros[0] = 0;
    for (size_t side = join_.versions ? 1 : 0; side < 2; ++side) {
      if (join_.ttl_micros[side] != 0 || IsBounded(state_, inputs_[side].from)) continue;
      state_.log
          .Report(DiagnosticCode::kUnboundedState, spec_.keyword.span,
                  fmt::format("the state of `{}` grows for ever: it keeps {} of `{}`, which never "
                              "ends",
                              StateId(), join_.versions ? "a version of each key" : "every row",
                              spec_.aliases[side].value))
          .Help(join_.versions
                    ? "write `state: {ttl: 30d}`, so that a key without a new version for so long "
                      "is forgotten"
                    : "bound how far rows may be apart with `within`, or write `state: {ttl: 1d}`, "
                      "so that rows whose key has not come for a day are forgotten");
      return;
    }
  }

  std::string StateId() const {
    const StreamSpec& stream = pipe_.spec();
    return (stream.id ? stream.id->value : stream.name.value) + "/join";
  }

  // Over the columns of both inputs as they are, hidden ones too.
  ExprPtr ConditionOverInputs() {
    if (condition_ == nullptr) return nullptr;
    std::vector<uint32_t> actual = inputs_[0].view.actual;
    const auto left = static_cast<uint32_t>(state_.Output(inputs_[0].from).schema.size());
    for (const uint32_t column : inputs_[1].view.actual) actual.push_back(left + column);
    return RemapColumns(pipe_.GuardOwn(condition_), actual);
  }

  LogicalOutput ResultOf(const std::vector<std::string>& names) {
    LogicalOutput output;
    size_t at = 0;
    for (size_t side = 0; side < 2; ++side) {
      if (side == 1 && IsLeftOnly(join_.kind)) break;
      const LogicalOutput& input = state_.Output(inputs_[side].from);
      const bool padded = IsOuter(join_.kind, 1 - side);
      for (const uint32_t column : inputs_[side].view.actual) {
        const DataType& type = input.schema[column].type;
        // The first time that always is there goes on as event time.
        const bool has_time = join_.interval || (join_.window && !join_.makes_window()) ||
                              ((spec_.lookup || join_.versions) && side == 0);
        if (has_time && !padded && !output.time_attribute && input.time_attribute == column) {
          output.time_attribute = static_cast<uint32_t>(output.schema.size());
        }
        output.schema.Add({names[at++], padded ? type.Nullable() : type});
        join_.columns[side].push_back(column);
      }
    }
    SetUniqueKey(output);
    if (join_.makes_window()) {
      const DataType time = TimeKind(0) == TypeKind::kTimestampLtz
                                ? DataType::TimestampLtz(3, false)
                                : DataType::Timestamp(3, false);
      for (const char* name : kWindowColumns) output.schema.Add({name, time});
      output.time_attribute = static_cast<uint32_t>(output.schema.size() - 1);
    }
    if (output.time_attribute) {
      output.watermark_column = static_cast<uint32_t>(output.schema.size());
      output.schema.Add({kWatermarkColumn, DataType(TypeKind::kBigint, false)});
    }
    return output;
  }

  // A pair is unique by the keys of both rows; by one side's where the other has one match at most.
  void SetUniqueKey(LogicalOutput& output) const {
    std::array<std::vector<uint32_t>, 2> keys;
    for (size_t side = 0; side < 2; ++side) {
      for (const uint32_t column : state_.Output(inputs_[side].from).unique_key) {
        const auto at = std::ranges::find(join_.columns[side], column);
        if (at == join_.columns[side].end()) return;
        keys[side].push_back(static_cast<uint32_t>(at - join_.columns[side].begin()) +
                             (side == 1 ? static_cast<uint32_t>(join_.columns[0].size()) : 0));
      }
    }
    if (IsLeftOnly(join_.kind)) {
      output.unique_key = keys[0];
      return;
    }
    if (join_.kind == JoinKind::kInner && !keys[0].empty() && !keys[1].empty()) {
      output.unique_key = keys[0];
      output.unique_key.insert(output.unique_key.end(), keys[1].begin(), keys[1].end());
    }
  }

  void AddJoin() {
    const std::vector<std::string> names = Names();
    if (join_.versions) {
      const Input& right = inputs_[1];
      join_.versions->times = {*state_.Output(inputs_[0].from).time_attribute,
                               right.view.actual[*right.view.visible.IndexOf(version_time_)]};
    }
    if (join_.interval || join_.window) {
      for (size_t side = 0; side < 2; ++side) {
        (*join_.times())[side] = *state_.Output(inputs_[side].from).time_attribute;
      }
    }
    JoinOp op;
    op.condition = ConditionOverInputs();
    op.state_id = StateId();
    std::vector<LogicalOutput> outputs = {ResultOf(names)};
    const std::string& stream = pipe_.spec().name.value;
    static constexpr const char* kUnmatched[] = {"left_only", "right_only"};
    for (size_t side = 0; side < 2; ++side) {
      if (!join_.interval || !state_.IsConsumed(stream, kUnmatched[side])) continue;
      join_.gives_unmatched[side] = true;
      outputs.push_back(state_.Output(inputs_[side].from));
      outputs.back().name = kUnmatched[side];
      outputs.back().unique_key.clear();
    }
    join_.has_condition = op.condition != nullptr;
    op.join = join_;
    LogicalOperator& added = pipe_.Append(std::move(op), "join", std::move(outputs));
    added.inputs = {inputs_[0].from, inputs_[1].from};
    for (uint32_t i = 1; i < added.outputs.size(); ++i) {
      if (added.errors_output == i) continue;
      pipe_.stream().outputs.emplace_back(added.outputs[i].name, LogicalInput{added.id, i});
    }
    pipe_.stream().has_join = true;
    pipe_.StartJoined({added.id, 0}, Name(), spec_.keyword.span, Qualified(IsLeftOnly(join_.kind)));
  }

  static constexpr const char* kWindowColumns[] = {"window_start", "window_end", "window_time"};

  Pipe& pipe_;
  CheckState& state_;
  const JoinSpec& spec_;
  JoinDescriptor join_;
  SourceDescriptor table_;    // with a lookup
  std::string version_time_;  // with versions: the column of the right side
  std::array<Input, 2> inputs_;
  std::array<std::vector<ExprPtr>, 2> keys_;
  ExprPtr condition_;
};

}  // namespace

bool CheckJoin(Pipe& pipe, const JoinSpec& spec) { return JoinChecker(pipe, spec).Run(); }

}  // namespace flinkc::check
