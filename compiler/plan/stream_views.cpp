#include "compiler/plan/stream_views.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/plan/chain_plan.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr uint32_t kGone = UINT32_MAX;
// Of all views of a plan, which are deployed with it: each step of a long pipe may be one.
constexpr size_t kViewBytesMax = size_t{1} << 20;

class ViewMaker {
 public:
  ViewMaker(const LogicalPlan& before, const LogicalPlan& after) : before_(before), after_(after) {}

  // The stream that stood at `wanted`, as it can be had; nothing: it cannot.
  std::optional<NamedStream> Make(const std::string& name, LogicalInput wanted) {
    chain_ = ChainPlan();
    chain_.time_zone = after_.time_zone;
    // From the stream back to one that is there.
    std::vector<LogicalInput> steps;
    LogicalInput at = wanted;
    std::optional<LogicalInput> base;
    while (!(base = FindNow(at))) {
      const LogicalOperator& op = before_.Get(at.op);
      if (!IsStep(op) || steps.size() == ChainPlan::kDepthMax / 2) return std::nullopt;
      steps.push_back(at);
      at = op.inputs[0];
    }
    Begin(*base);
    for (; !steps.empty(); steps.pop_back()) {
      if (!Append(before_.Get(steps.back().op), steps.back().output)) return std::nullopt;
    }
    AppendSink();
    chain_.name = name;
    return NamedStream{name, *base, false, StreamView{Serialize(chain_), columns_}};
  }

 private:
  // Where the rows are now that were at `at`.
  std::optional<LogicalInput> FindNow(LogicalInput at) const {
    for (size_t i = 0; i < before_.streams.size(); ++i) {
      const NamedStream& now = after_.streams[i];
      if (before_.streams[i].at == at && !now.is_merged && !now.view) return now.at;
    }
    return std::nullopt;
  }

  static bool IsStep(const LogicalOperator& op) {
    return op.As<FilterOp>() != nullptr || op.As<ProjectOp>() != nullptr ||
           op.As<UnnestOp>() != nullptr || op.As<RouteOp>() != nullptr;
  }

  void Begin(LogicalInput base) {
    const LogicalOutput& output = after_.Get(base.op).outputs[base.output];
    columns_ = Schema();
    for (const Field& field : output.schema) {
      if (field.name != kWatermarkColumn) columns_.Add(field);
    }
    const bool updates = output.changelog != ChangelogMode::kAppend;
    changelog_ = updates ? ChangelogMode::kRetract : ChangelogMode::kAppend;
    chain_.heads[0].schema = columns_;
    chain_.heads[0].changelog = changelog_;
  }

  // Where the columns of the operator's input are among those that are there.
  std::vector<uint32_t> MapInput(const LogicalOperator& op) const {
    const LogicalInput& input = op.inputs[0];
    std::vector<uint32_t> map;
    for (const Field& field : before_.Get(input.op).outputs[input.output].schema) {
      const std::optional<size_t> column = columns_.IndexOf(field.name);
      const bool is_there = column && columns_[*column].type == field.type;
      map.push_back(is_there ? static_cast<uint32_t>(*column) : kGone);
    }
    return map;
  }

  static bool CanRead(const ExprPtr& expr, const std::vector<uint32_t>& map) {
    return std::ranges::all_of(expr->Columns(),
                               [&](uint32_t column) { return map[column] != kGone; });
  }

  bool Append(const LogicalOperator& op, uint32_t output) {
    const std::vector<uint32_t> map = MapInput(op);
    if (const auto* filter = op.As<FilterOp>()) return AppendFilter(op, filter->predicate, map);
    if (const auto* route = op.As<RouteOp>()) {
      if (output >= route->branches.size()) return false;
      return AppendFilter(op, route->branches[output].predicate, map);
    }
    if (const auto* unnest = op.As<UnnestOp>()) {
      if (!CanRead(unnest->array, map)) return false;
      columns_.Add(op.outputs[0].schema[op.outputs[0].schema.size() - 1]);
      AppendOperator(op, UnnestOp{RemapColumns(unnest->array, map), unnest->name});
      return true;
    }
    ProjectOp project;
    Schema columns;
    for (const NamedExpr& column : op.As<ProjectOp>()->columns) {
      if (column.name == kWatermarkColumn || !CanRead(column.expr, map)) continue;
      project.columns.push_back({column.name, RemapColumns(column.expr, map), std::nullopt});
      columns.Add({column.name, column.expr->type()});
    }
    if (columns.empty()) return false;
    columns_ = std::move(columns);
    AppendOperator(op, std::move(project));
    return true;
  }

  bool AppendFilter(const LogicalOperator& op, const ExprPtr& predicate,
                    const std::vector<uint32_t>& map) {
    // The `else` of a route has none.
    if (predicate == nullptr || !CanRead(predicate, map)) return false;
    AppendOperator(op, FilterOp{RemapColumns(predicate, map)});
    return true;
  }

  // What fails is told by the job itself, not by who looks.
  void AppendOperator(const LogicalOperator& from, OperatorVariant variant) {
    LogicalOperator op = NextOperator(std::move(variant));
    op.stream = from.stream;
    op.role = from.role;
    op.outputs.emplace_back();
    op.outputs[0].schema = columns_;
    op.outputs[0].changelog = changelog_;
    op.on_error = ErrorMode::kDrop;
    chain_.operators.push_back(std::move(op));
  }

  void AppendSink() {
    SinkOp sink;
    sink.descriptor.name = "tap";
    LogicalOperator op = NextOperator(std::move(sink));
    op.stream = "tap";
    chain_.operators.push_back(std::move(op));
  }

  // Reads the last one; the first one what comes from outside.
  LogicalOperator NextOperator(OperatorVariant variant) const {
    LogicalOperator op;
    const auto count = static_cast<uint32_t>(chain_.operators.size());
    op.id = OperatorId(count + 1);
    op.inputs = {{OperatorId(count), 0}};
    op.op = std::move(variant);
    return op;
  }

  const LogicalPlan& before_;
  const LogicalPlan& after_;
  ChainPlan chain_;
  Schema columns_;  // of what its last operator gives
  ChangelogMode changelog_ = ChangelogMode::kAppend;
};

}  // namespace

void MakeStreamViews(const LogicalPlan& before, LogicalPlan* plan) {
  CHECK(before.streams.size() == plan->streams.size());
  ViewMaker views(before, *plan);
  std::vector<NamedStream> streams = plan->streams;
  size_t bytes = 0;
  for (size_t i = 0; i < streams.size(); ++i) {
    if (!streams[i].is_merged || bytes > kViewBytesMax) continue;
    auto made = views.Make(streams[i].name, before.streams[i].at);
    if (!made) continue;
    bytes += made->view->chain_plan.size();
    streams[i] = *std::move(made);
  }
  plan->streams = std::move(streams);
}

}  // namespace flinkc
