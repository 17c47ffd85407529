// The greatest value of a window is found by few rows: those that are not below an earlier one.
// What is below is dropped before it crosses to the one subtask of an aggregate without keys, and
// before a join that looks for the rows that have the value, or are not below it.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "compiler/optimize/plan_edit.h"
#include "compiler/optimize/rule_list.h"
#include "compiler/plan/rewrite.h"

namespace flinkc {

namespace {

// A column of an operator's output.
struct PlanColumn {
  LogicalInput output;
  uint32_t column = 0;

  bool operator==(const PlanColumn&) const = default;
};

// An aggregate that gives the greatest (or least) value of a column for each tumbling window.
struct Extreme {
  const LogicalOperator* op = nullptr;
  const AggregateOp* aggregate = nullptr;
  uint32_t column = 0;  // of the aggregate's input
  bool is_max = false;
};

// Types whose order is that of `top` and of min and max alike.
bool IsOrderedAlike(const DataType& type) {
  return type.is_integer() || type.kind() == TypeKind::kDecimal || type.is_timestamp() ||
         type.kind() == TypeKind::kDate;
}

std::optional<Extreme> ExtremeOf(const LogicalPlan& plan, const LogicalOperator& op) {
  const AggregateOp* aggregate = op.As<AggregateOp>();
  if (aggregate == nullptr || !aggregate->keys.empty() || !aggregate->window || aggregate->set ||
      aggregate->emit != EmitStrategy::kWindowClose) {
    return std::nullopt;
  }
  const WindowSpecification& window = *aggregate->window;
  if (window.kind != WindowKind::kHop || window.size_micros != window.slide_micros ||
      window.processing_time || window.is_updating()) {
    return std::nullopt;
  }
  const LogicalInput& input = op.inputs[0];
  const LogicalOutput& rows = plan.Get(input.op).outputs[input.output];
  Extreme extreme{&op, aggregate};
  for (const AggregateCall& call : aggregate->calls) {
    const bool is_max = call.name == "max";
    if ((!is_max && call.name != "min") || call.filter != nullptr || call.arguments.size() != 1 ||
        !IsColumn(call.arguments[0])) {
      return std::nullopt;
    }
    const uint32_t column = call.arguments[0]->column();
    const bool is_first = &call == &aggregate->calls.front();
    if (!is_first && (column != extreme.column || is_max != extreme.is_max)) return std::nullopt;
    extreme.column = column;
    extreme.is_max = is_max;
  }
  if (aggregate->calls.empty() || !IsOrderedAlike(rows.schema[extreme.column].type)) {
    return std::nullopt;
  }
  return extreme;
}

class ExtremeFilters {
 public:
  explicit ExtremeFilters(LogicalPlan& plan) : plan_(plan) {}

  uint32_t Run() {
    uint32_t changes = 0;
    std::vector<OperatorId> ids;
    for (const LogicalOperator& op : plan_.operators) ids.push_back(op.id);
    for (const OperatorId id : ids) {
      for (size_t side = 0; side < 2; ++side) changes += FilterJoin(id, side) ? 1 : 0;
    }
    for (const OperatorId id : ids) changes += FilterAggregate(id) ? 1 : 0;
    SortTopologically(plan_);
    return changes;
  }

 private:
  // What is one subtask's comes over an exchange where there are several.
  bool FilterAggregate(OperatorId id) {
    if (plan_.parallelism == 1) return false;
    const std::optional<Extreme> extreme = ExtremeOf(plan_, plan_.Get(id));
    if (!extreme) return false;
    Insert(id, 0, *extreme, extreme->column, std::nullopt);
    return true;
  }

  // Side `side` has rows with a time, the other one the greatest values of theirs.
  bool FilterJoin(OperatorId id, size_t side) {
    const LogicalOperator& op = plan_.Get(id);
    const JoinOp* join = op.As<JoinOp>();
    if (join == nullptr || join->join.kind != JoinKind::kInner || !join->join.interval) {
      return false;
    }
    if (join->join.gives_unmatched != std::array<bool, 2>{}) return false;
    if (join->condition != nullptr && !IsPure(*join->condition)) return false;
    const JoinInterval& interval = *join->join.interval;
    const PlanColumn window_time =
        Trace({op.inputs[1 - side], interval.times[1 - side]}, /*through_filters=*/true);
    const std::optional<Extreme> extreme = ExtremeOf(plan_, plan_.Get(window_time.output.op));
    constexpr uint32_t kWindowTime = 2;  // behind window_start and window_end
    if (!extreme || window_time.output.output != 0 || window_time.column != kWindowTime) {
      return false;
    }
    // Where it lies from a row's time that the time of a window may be for the two to match.
    TopReach reach{interval.lower_micros, interval.upper_micros};
    if (side == 1) reach = {-interval.upper_micros, -interval.lower_micros};
    if (reach.upper_micros - reach.lower_micros > extreme->aggregate->window->size_micros) {
      return false;
    }
    for (const auto& [column, other] : AtTheExtreme(op, *join, side, extreme->is_max)) {
      const PlanColumn value = Trace({op.inputs[1 - side], other}, /*through_filters=*/true);
      if (value.output != window_time.output || value.column <= kWindowTime) continue;
      if (!IsPartOf(op.inputs[side], column, interval.times[side], *extreme)) continue;
      Insert(id, side, *extreme, column, reach);
      return true;
    }
    return false;
  }

  // Columns of the side and of the other one of which only rows match whose values are equal, or
  // where the side's is above it (`is_max`) or below.
  std::vector<std::pair<uint32_t, uint32_t>> AtTheExtreme(const LogicalOperator& op,
                                                          const JoinOp& join, size_t side,
                                                          bool is_max) const {
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    const std::array<std::vector<uint32_t>, 2>& keys = join.join.keys;
    for (size_t key = 0; key < keys[side].size(); ++key) {
      pairs.emplace_back(keys[side][key], keys[1 - side][key]);
    }
    if (join.condition == nullptr) return pairs;
    const LogicalInput& left = op.inputs[0];
    const auto left_columns =
        static_cast<uint32_t>(plan_.Get(left.op).outputs[left.output].schema.size());
    const auto side_of = [&](uint32_t column) { return column < left_columns ? 0u : 1u; };
    const auto in_side = [&](uint32_t column) {
      return column < left_columns ? column : column - left_columns;
    };
    for (const ExprPtr& condition : Conjuncts(join.condition)) {
      const bool is_above = condition->name() == "greater_equal";
      if (condition->kind() != ExprKind::kCall || condition->arguments().size() != 2 ||
          (!is_above && condition->name() != "less_equal") ||
          !std::ranges::all_of(condition->arguments(), IsColumn)) {
        continue;
      }
      uint32_t upper = condition->arguments()[is_above ? 0 : 1]->column();
      uint32_t lower = condition->arguments()[is_above ? 1 : 0]->column();
      if (!is_max) std::swap(upper, lower);
      if (side_of(upper) == side && side_of(lower) != side) {
        pairs.emplace_back(in_side(upper), in_side(lower));
      }
    }
    return pairs;
  }

  // Whether the rows of `input` are, with this value and time, among those that were aggregated.
  bool IsPartOf(LogicalInput input, uint32_t value, uint32_t time, const Extreme& extreme) const {
    const LogicalOutput& rows = plan_.Get(input.op).outputs[input.output];
    if (rows.changelog != ChangelogMode::kAppend || rows.time_attribute != time ||
        !rows.watermark_column) {
      return false;
    }
    const LogicalInput& aggregated = extreme.op->inputs[0];
    const auto is_same = [&](uint32_t of_rows, uint32_t of_aggregated) {
      return Trace({input, of_rows}, /*through_filters=*/true) ==
             Trace({aggregated, of_aggregated}, /*through_filters=*/false);
    };
    return is_same(value, extreme.column) &&
           is_same(time, extreme.aggregate->window->time_column) &&
           is_same(*rows.watermark_column, extreme.aggregate->window->watermark_column);
  }

  // Where a column comes from as it is, by rows that are all there, or with filters some of them.
  PlanColumn Trace(PlanColumn at, bool through_filters) const {
    for (;;) {
      const LogicalOperator& op = plan_.Get(at.output.op);
      const ProjectOp* project = op.As<ProjectOp>();
      if (at.output.output != 0 || op.errors_output) return at;
      if (project != nullptr) {
        if (std::ranges::any_of(project->columns,
                                [](const NamedExpr& c) { return c.expr->fallible(); })) {
          return at;
        }
        const ExprPtr& expr = project->columns[at.column].expr;
        if (!IsColumn(expr)) return at;
        at.column = expr->column();
      } else if (!through_filters || op.As<FilterOp>() == nullptr) {
        return at;
      }
      at.output = op.inputs[0];
    }
  }

  // Puts the filter before input `index` of `id`.
  void Insert(OperatorId id, size_t index, const Extreme& extreme, uint32_t column,
              std::optional<TopReach> reach) {
    const WindowSpecification window = *extreme.aggregate->window;
    LogicalOperator& op = plan_.Get(id);
    const LogicalInput input = op.inputs[index];
    const LogicalOutput& rows = plan_.Get(input.op).outputs[input.output];
    TopOp filter;
    filter.top.is_filter = true;
    filter.top.with_ties = true;
    filter.top.order = {{column, /*descending=*/extreme.is_max, /*nulls_first=*/false}};
    filter.top.window = TopWindow{window.size_micros, window.offset_micros, *rows.time_attribute,
                                  *rows.watermark_column};
    filter.top.reach = reach;
    for (uint32_t i = 0; i < rows.schema.size(); ++i) {
      if (i != *rows.watermark_column) filter.top.columns.push_back(i);
    }
    LogicalOperator added;
    added.id = plan_.NextId();
    added.stream = op.stream;
    added.role = op.role + (index == 0 ? "_filter" : "_filter_2");
    added.span = op.span;
    added.inputs = {input};
    added.outputs = {rows};
    added.outputs[0].name = "";
    added.op = std::move(filter);
    op.inputs[index] = {added.id, 0};
    plan_.operators.push_back(std::move(added));
  }

  LogicalPlan& plan_;
};

}  // namespace

uint32_t FilterExtremes(LogicalPlan& plan, const OptimizeOptions&) {
  return ExtremeFilters(plan).Run();
}

}  // namespace flinkc
