// What holds of every plan between two phases. Each check returns the first violation in words.
#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "compiler/expression/implicit_cast.h"
#include "compiler/plan/chain_plan.h"
#include "compiler/plan/logical_plan.h"
#include "compiler/plan/native_plan.h"
#include "compiler/plan/operator_text.h"
#include "compiler/plan/partial_aggregate.h"
#include "compiler/plan/verify_expression.h"
#include "compiler/plan/verify_match.h"

namespace flinkc {

namespace {

// More slices than this in one window are a mistake: each of its results would merge them all.
constexpr int64_t kSlicesMax = 10'000;

class OperatorVerifier {
 public:
  OperatorVerifier(const LogicalOperator& op, std::vector<const LogicalOutput*> inputs)
      : op_(op), inputs_(std::move(inputs)) {}

  std::string Run() {
    std::string problem = CheckArity();
    if (problem.empty()) problem = CheckOutputs();
    if (problem.empty()) {
      problem = std::visit([this](const auto& op) { return Check(op); }, op_.op);
    }
    if (problem.empty()) return "";
    return fmt::format("#{} {} ({}): {}", op_.id.value(), op_.Path(), KindName(op_), problem);
  }

 private:
  const LogicalOutput& input() const { return *inputs_[0]; }
  const LogicalOutput& output() const { return op_.outputs[0]; }

  // Outputs other than the error rows.
  size_t RowOutputCount() const { return op_.outputs.size() - (op_.errors_output ? 1 : 0); }

  std::string CheckArity() const {
    if (op_.As<SourceOp>() != nullptr) return inputs_.empty() ? "" : "a source has an input";
    if (op_.As<UnionOp>() != nullptr) return inputs_.empty() ? "a union without inputs" : "";
    if (op_.As<JoinOp>() != nullptr) return inputs_.size() == 2 ? "" : "a join of not two inputs";
    return inputs_.size() == 1 ? "" : fmt::format("{} inputs instead of one", inputs_.size());
  }

  std::string CheckOutputs() const {
    if (op_.errors_output) {
      if (*op_.errors_output >= op_.outputs.size()) return "no output at errors_output";
      const LogicalOutput& errors = op_.outputs[*op_.errors_output];
      if (*op_.errors_output + 1 != op_.outputs.size()) return "the errors output is not the last";
      if (errors.name != "errors" || errors.schema != ErrorSchema()) {
        return "the errors output is not one of error rows";
      }
    }
    for (const LogicalOutput& output : op_.outputs) {
      std::string problem = CheckOutput(output);
      if (!problem.empty()) return fmt::format("output `{}`: {}", output.name, problem);
    }
    return "";
  }

  static std::string CheckOutput(const LogicalOutput& output) {
    const Schema& schema = output.schema;
    if (output.time_attribute && (*output.time_attribute >= schema.size() ||
                                  !schema[*output.time_attribute].type.is_timestamp())) {
      return "the time attribute is no TIMESTAMP column";
    }
    std::optional<size_t> hidden = schema.IndexOf(kWatermarkColumn);
    if (hidden.has_value() != output.watermark_column.has_value() ||
        (hidden && *hidden != *output.watermark_column)) {
      return "watermark_column does not say where the watermark column is";
    }
    if (hidden && schema[*hidden].type != DataType(TypeKind::kBigint, false)) {
      return "the watermark column is not BIGINT NOT NULL";
    }
    for (uint32_t column : output.unique_key) {
      if (column >= schema.size()) return "the unique key has a column that is not there";
    }
    if (output.changelog == ChangelogMode::kUpsert && output.unique_key.empty()) {
      return "an upsert stream without a unique key";
    }
    return "";
  }

  std::string CheckExpression(const ExprPtr& expr) const {
    return VerifyExpression(expr, input().schema);
  }

  std::string CheckPredicate(const ExprPtr& predicate) const {
    return VerifyPredicate(predicate, input().schema);
  }

  // Rows that pass change neither their columns nor what is known of the stream.
  std::string CheckSame(const LogicalOutput& output) const {
    if (output.schema != input().schema) return "passes rows, but its schema is not its input's";
    if (output.changelog != input().changelog) return "passes rows with another changelog mode";
    return "";
  }

  std::string Check(const SourceOp& source) const {
    if (RowOutputCount() != 1) return "a source must have one output";
    const SourceDescriptor& descriptor = source.descriptor;
    for (size_t i = 0; i < descriptor.needed_columns.size(); ++i) {
      uint32_t column = descriptor.needed_columns[i];
      if (column >= descriptor.schema.size()) return "needs a column that it does not have";
      if (i > 0 && column <= descriptor.needed_columns[i - 1]) {
        return "the needed columns are not in order";
      }
    }
    Schema expected = descriptor.BatchSchema();
    if (output().watermark_column) {
      if (!source.event_time) return "a watermark column without event time";
      expected.Add({kWatermarkColumn, DataType(TypeKind::kBigint, false)});
    }
    if (source.event_time) {
      uint32_t column = source.event_time->column;
      if (column >= descriptor.schema.size()) return "event time of a column that is not there";
      if (!std::binary_search(descriptor.needed_columns.begin(), descriptor.needed_columns.end(),
                              column)) {
        return "the column of event time is not read";
      }
    }
    return output().schema == expected ? "" : "the schema is not that of the needed columns";
  }

  std::string Check(const FilterOp& filter) const {
    if (RowOutputCount() != 1) return "a filter must have one output";
    std::string problem = CheckPredicate(filter.predicate);
    return problem.empty() ? CheckSame(output()) : problem;
  }

  std::string Check(const ProjectOp& project) const {
    if (RowOutputCount() != 1) return "a projection must have one output";
    if (project.columns.size() != output().schema.size()) {
      return "not as many expressions as columns";
    }
    for (size_t i = 0; i < project.columns.size(); ++i) {
      const NamedExpr& column = project.columns[i];
      std::string problem = CheckExpression(column.expr);
      if (!problem.empty()) return problem;
      const Field& field = output().schema[i];
      if (field.name != column.name || field.type != column.expr->type()) {
        return fmt::format("column `{}` is {}, its expression {}", field.name,
                           field.type.ToString(), column.expr->type().ToString());
      }
    }
    return output().changelog == input().changelog ? "" : "changes the changelog mode";
  }

  std::string Check(const UnnestOp& unnest) const {
    if (RowOutputCount() != 1) return "an unnest must have one output";
    std::string problem = CheckExpression(unnest.array);
    if (!problem.empty()) return problem;
    if (unnest.array->type().kind() != TypeKind::kArray) return "unnests what is no array";
    Schema expected = input().schema;
    expected.Add({unnest.name, unnest.array->type().children()[0]});
    return output().schema == expected ? "" : "the schema is not the input's and the element";
  }

  std::string Check(const RouteOp& route) const {
    if (route.branches.empty()) return "a route without branches";
    if (RowOutputCount() != route.branches.size()) return "not as many outputs as branches";
    for (size_t i = 0; i < route.branches.size(); ++i) {
      const RouteOp::Branch& branch = route.branches[i];
      if (op_.outputs[i].name != branch.name) return "a branch whose output has another name";
      std::string problem = CheckSame(op_.outputs[i]);
      if (problem.empty() && branch.predicate) problem = CheckPredicate(branch.predicate);
      if (!problem.empty()) return problem;
      if (!branch.predicate && i + 1 != route.branches.size()) return "else is not the last branch";
    }
    return "";
  }

  std::string CheckWindowTime(const WindowSpecification& window) const {
    if (window.processing_time) {
      return window.lateness_micros == 0 ? "" : "a window by processing time that waits";
    }
    if (window.time_column >= input().schema.size() ||
        !input().schema[window.time_column].type.is_timestamp()) {
      return "the window's time is no TIMESTAMP column";
    }
    return input().watermark_column == window.watermark_column
               ? ""
               : "the window has no watermark column";
  }

  std::string CheckWindow(const AggregateOp& aggregate) const {
    if (!aggregate.window) {
      const bool emits_windows = aggregate.emit == EmitStrategy::kWindowClose ||
                                 aggregate.emit == EmitStrategy::kWindowUpdate;
      return emits_windows ? "emits windows and has none" : "";
    }
    const WindowSpecification& window = *aggregate.window;
    if (aggregate.emit !=
        (window.is_updating() ? EmitStrategy::kWindowUpdate : EmitStrategy::kWindowClose)) {
      return "a window that does not emit as it must";
    }
    if (window.early_micros < 0 || (window.early_micros > 0 && window.each_row) ||
        (window.is_updating() && window.processing_time)) {
      return "a window that cannot be updated";
    }
    const std::string problem = CheckWindowTime(window);
    if (!problem.empty()) return problem;
    bool sizes_hold =
        window.size_micros > 0 && window.slide_micros > 0 &&
        window.slide_micros <= window.size_micros && window.lateness_micros >= 0 &&
        window.size_micros <= kWindowMicrosMax && window.lateness_micros <= kWindowMicrosMax &&
        window.offset_micros <= kWindowMicrosMax && window.offset_micros >= -kWindowMicrosMax;
    if (!sizes_hold) return "a window of impossible size";
    if (window.kind == WindowKind::kCumulate && window.size_micros % window.slide_micros != 0) {
      return "a cumulate window whose step does not divide its size";
    }
    if (window.kind == WindowKind::kSession &&
        (window.slide_micros != window.size_micros || window.offset_micros != 0)) {
      return "a session with more than a gap";
    }
    const int64_t slice_micros = std::gcd(window.size_micros, window.slide_micros);
    return window.size_micros / slice_micros <= kSlicesMax ? "" : "a window of too many slices";
  }

  // Each call must be the count of the rows of one stream.
  static std::string CheckSet(const AggregateOp& aggregate) {
    if (aggregate.window || aggregate.calls.size() < 2)
      return "a set operation of what are no sets";
    for (const AggregateCall& call : aggregate.calls) {
      if (call.name != "count" || !call.arguments.empty() || call.distinct ||
          call.filter == nullptr) {
        return "a set operation that does not count the rows of its streams";
      }
    }
    return "";
  }

  std::string Check(const AggregateOp& aggregate) const {
    if (RowOutputCount() != (aggregate.route_late ? 2u : 1u)) return "not the outputs it must have";
    if (aggregate.state_id.empty()) return "its state has no id";
    if (aggregate.state_ttl_micros < 0 ||
        (aggregate.state_ttl_micros > 0 && aggregate.emit != EmitStrategy::kChangelog)) {
      return "a time to live that has no meaning";
    }
    if (input().changelog == ChangelogMode::kUpsert) return "aggregates a stream of upserts";
    const bool retracts = input().changelog == ChangelogMode::kRetract;
    if (retracts && aggregate.window &&
        (aggregate.window->processing_time || aggregate.route_late)) {
      return "a window that cannot take rows back";
    }
    Schema expected;
    for (uint32_t key : aggregate.keys) {
      if (key >= input().schema.size()) return "a key that is no column";
      expected.Add(input().schema[key]);
    }
    std::string problem = CheckWindow(aggregate);
    for (const AggregateCall& call : aggregate.calls) {
      if (problem.empty()) problem = VerifyCall(call, input().schema);
    }
    if (!problem.empty()) return problem;
    const size_t fixed = expected.size() + (aggregate.window ? 3 : 0);
    if (aggregate.set) {
      problem = CheckSet(aggregate);
      if (!problem.empty()) return problem;
    }
    const size_t results = aggregate.set ? 0 : aggregate.calls.size();
    if (output().schema.size() != fixed + results) return "not the columns it gives";
    for (size_t i = 0; i < expected.size(); ++i) {
      if (output().schema[i] != expected[i]) return "a key of another name or type";
    }
    for (size_t i = 0; i < results; ++i) {
      if (output().schema[fixed + i].type != aggregate.calls[i].resolution.result) {
        return fmt::format("{} is of another type", output().schema[fixed + i].name);
      }
    }
    for (size_t i = expected.size(); i < fixed; ++i) {
      if (!output().schema[i].type.is_timestamp() || output().schema[i].type.nullable()) {
        return "a bound of the window is no TIMESTAMP NOT NULL";
      }
    }
    if (aggregate.merges_partials) {
      problem = CheckMerges(aggregate);
      if (!problem.empty()) return problem;
    }
    if (aggregate.route_late &&
        (op_.outputs[1].name != "late" || op_.outputs[1].schema != input().schema)) {
      return "the output of late rows is not the input's";
    }
    if (aggregate.mini_batch &&
        (output().changelog == ChangelogMode::kAppend || aggregate.set ||
         aggregate.mini_batch->latency_micros <= 0 || aggregate.mini_batch->rows <= 0)) {
      return "mini-batches that have no meaning";
    }
    for (const AggregateCall& call : aggregate.calls) {
      if (call.resolution.per_row) return call.name + " stands in `over` alone";
      if (call.resolution.retracting != retracts) {
        return fmt::format("{} {} take rows back", call.name, retracts ? "cannot" : "need not");
      }
    }
    const bool is_append = output().changelog == ChangelogMode::kAppend;
    const bool only_grows =
        aggregate.set ? IsIntersection(*aggregate.set) : aggregate.calls.empty();
    const bool changes = retracts || !only_grows;
    bool holds = !is_append;
    if (aggregate.emit == EmitStrategy::kChangelog) holds = !is_append || !changes;
    if (aggregate.emit == EmitStrategy::kWindowClose || aggregate.emit == EmitStrategy::kAtEnd) {
      holds = is_append;
    }
    return holds ? "" : "its changelog mode is not how it emits";
  }

  std::string CheckMerges(const AggregateOp& aggregate) const {
    const Schema rows = WithoutPartials(input().schema);
    if (input().schema != WithPartials(rows)) return "merges what does not come in";
    if (!HasPartials(aggregate) || input().changelog != ChangelogMode::kAppend) {
      return "merges what cannot be merged";
    }
    return "";
  }

  std::string Check(const LocalAggregateOp& local) const {
    if (op_.outputs.size() != 1) return "a local aggregate must have one output";
    if (!HasPartials(local.aggregate) || input().changelog != ChangelogMode::kAppend) {
      return "accumulates what cannot be merged";
    }
    for (const uint32_t key : local.aggregate.keys) {
      if (key >= input().schema.size()) return "a key that is no column";
    }
    std::string problem = CheckWindow(local.aggregate);
    for (const AggregateCall& call : local.aggregate.calls) {
      if (problem.empty()) problem = VerifyCall(call, input().schema);
    }
    if (!problem.empty()) return problem;
    return output().schema == WithPartials(input().schema) ? "" : "not the columns it gives";
  }

  using Sides = std::array<const LogicalOutput*, 2>;

  static std::string CheckJoinColumns(const JoinDescriptor& join, const Sides& sides) {
    for (size_t side = 0; side < 2; ++side) {
      const LogicalOutput& input = *sides[side];
      for (const std::vector<uint32_t>* columns : {&join.keys[side], &join.columns[side]}) {
        for (const uint32_t column : *columns) {
          if (column >= input.schema.size()) return "a column that is not there";
          if (input.watermark_column == column) return "takes the watermark for a column";
        }
      }
      if (join.ttl_micros[side] < 0) return "a time to live that has no meaning";
      const bool is_version = join.versions && side == 1;
      if (input.changelog == ChangelogMode::kUpsert && !is_version) {
        return "joins upserts without their old rows";
      }
    }
    if (join.keys[0].size() != join.keys[1].size()) return "keys of different number";
    for (size_t i = 0; i < join.keys[0].size(); ++i) {
      if (!IsSameRepresentation(sides[0]->schema[join.keys[0][i]].type.Nullable(),
                                sides[1]->schema[join.keys[1][i]].type.Nullable())) {
        return "keys of different types";
      }
    }
    return "";
  }

  std::string CheckInterval(const JoinDescriptor& join) const {
    if (!join.interval) return "";
    const JoinInterval& interval = *join.interval;
    for (size_t side = 0; side < 2; ++side) {
      const LogicalOutput& input = *inputs_[side];
      if (interval.times[side] >= input.schema.size() || !input.watermark_column ||
          !input.schema[interval.times[side]].type.is_timestamp()) {
        return "an interval of what is no event time";
      }
      if (input.changelog != ChangelogMode::kAppend)
        return "an interval join of an updating stream";
    }
    const bool is_sane = interval.lower_micros <= interval.upper_micros &&
                         interval.lower_micros >= -kWindowMicrosMax &&
                         interval.upper_micros <= kWindowMicrosMax;
    return is_sane ? "" : "an interval of impossible size";
  }

  std::string CheckWindow(const JoinDescriptor& join) const {
    if (!join.window) return "";
    if (join.interval || join.versions) return "windows, and another way to go by time";
    for (size_t side = 0; side < 2; ++side) {
      const LogicalOutput& input = *inputs_[side];
      const uint32_t time = join.window->times[side];
      if (time >= input.schema.size() || !input.watermark_column ||
          !input.schema[time].type.is_timestamp()) {
        return "a window of what is no event time";
      }
      if (input.changelog != ChangelogMode::kAppend) return "windows of an updating stream";
      if (join.ttl_micros[side] != 0) return "a window with a time to live";
    }
    const bool is_sane = join.window->size_micros >= 0 &&
                         join.window->size_micros <= kWindowMicrosMax &&
                         join.window->offset_micros <= kWindowMicrosMax &&
                         join.window->offset_micros >= -kWindowMicrosMax;
    return is_sane ? "" : "a window of impossible size";
  }

  std::string CheckVersions(const JoinDescriptor& join) const {
    if (!join.versions) return "";
    if (join.interval) return "versions and an interval";
    if (join.kind != JoinKind::kInner && join.kind != JoinKind::kLeft) {
      return "a temporal join that is neither inner nor left";
    }
    if (inputs_[0]->changelog != ChangelogMode::kAppend || !inputs_[0]->watermark_column) {
      return "a temporal join of a stream that is updated or has no time";
    }
    for (size_t side = 0; side < 2; ++side) {
      const Schema& schema = inputs_[side]->schema;
      const uint32_t time = join.versions->times[side];
      if (time >= schema.size() || !schema[time].type.is_timestamp() ||
          inputs_[side]->watermark_column == time) {
        return "versions of what is no time";
      }
    }
    return join.ttl_micros[0] == 0 ? "" : "forgets rows that wait";
  }

  std::string Check(const JoinOp& op) const {
    const JoinDescriptor& join = op.join;
    const size_t unmatched = (join.gives_unmatched[0] ? 1 : 0) + (join.gives_unmatched[1] ? 1 : 0);
    if (RowOutputCount() != 1 + unmatched) return "a join without the outputs that it gives";
    if (op.state_id.empty()) return "its state has no id";
    if (unmatched > 0 && !join.interval) return "an unbounded join cannot know who has no match";
    for (size_t side = 0, index = 1; side < 2; ++side) {
      if (!join.gives_unmatched[side]) continue;
      if (op_.outputs[index++].schema != inputs_[side]->schema) {
        return "unmatched rows with other columns than their side has";
      }
    }
    const Sides sides = {inputs_[0], inputs_[1]};
    std::string problem = CheckJoinColumns(join, sides);
    if (problem.empty()) problem = CheckInterval(join);
    if (problem.empty()) problem = CheckVersions(join);
    if (problem.empty()) problem = CheckWindow(join);
    if (problem.empty()) problem = CheckPairs(join, op.condition, sides);
    return problem;
  }

  // The condition, and what the join makes of the columns of its sides.
  std::string CheckPairs(const JoinDescriptor& join, const ExprPtr& condition,
                         const Sides& sides) const {
    if (IsLeftOnly(join.kind) && !join.columns[1].empty()) return "gives columns of the right side";
    if (join.has_condition != (condition != nullptr)) return "does not know of its condition";
    if (condition != nullptr) {
      Schema both = sides[0]->schema;
      for (const Field& field : sides[1]->schema) both.Add(field);
      const std::string problem = VerifyPredicate(condition, both);
      if (!problem.empty()) return problem;
    }
    size_t at = 0;
    for (size_t side = 0; side < 2; ++side) {
      for (const uint32_t column : join.columns[side]) {
        if (at >= output().schema.size()) return "not the columns it gives";
        const DataType& type = sides[side]->schema[column].type;
        const bool padded = IsOuter(join.kind, 1 - side);
        if (output().schema[at++].type != (padded ? type.Nullable() : type)) {
          return "a column of another type";
        }
      }
    }
    for (size_t i = 0; join.makes_window() && i < 3; ++i) {
      if (at >= output().schema.size()) return "not the columns it gives";
      const DataType& type = output().schema[at++].type;
      if (!type.is_timestamp() || type.nullable()) return "a bound of the window is no TIMESTAMP";
    }
    if (at + (output().watermark_column ? 1 : 0) != output().schema.size()) {
      return "not the columns it gives";
    }
    return "";
  }

  std::string Check(const LookupOp& op) const {
    const JoinDescriptor& join = op.lookup.join;
    if (RowOutputCount() != 1) return "a lookup must have one output";
    if (input().changelog != ChangelogMode::kAppend) return "a lookup for an updating stream";
    if (join.kind != JoinKind::kInner && join.kind != JoinKind::kLeft) {
      return "a lookup that is neither inner nor left";
    }
    const bool keeps_rows = join.times() != nullptr || join.ttl_micros[0] != 0 ||
                            join.ttl_micros[1] != 0 || join.gives_unmatched[0] ||
                            join.gives_unmatched[1];
    if (keeps_rows) return "a lookup that keeps rows of its stream";
    if (join.keys[0].empty()) return "a lookup without a key";
    if (op.lookup.refresh_micros < 0) return "reads its table before it was read";
    if (!op.lookup.table.bounded) return "a table that never ends";
    if (output().watermark_column && !input().watermark_column) {
      return "gives a watermark that its rows do not bring";
    }
    LogicalOutput table;
    table.schema = op.lookup.table.BatchSchema();
    const Sides sides = {inputs_[0], &table};
    const std::string problem = CheckJoinColumns(join, sides);
    return problem.empty() ? CheckPairs(join, op.condition, sides) : problem;
  }

  std::string CheckTopWindow(const TopDescriptor& top) const {
    if (!top.window) return "ties or a filter without a window";
    const TopWindow& window = *top.window;
    if (top.is_filter && top.retracts) return "drops rows that may be wanted";
    if (window.time_column >= input().schema.size() ||
        !input().schema[window.time_column].type.is_timestamp() ||
        input().watermark_column != window.watermark_column) {
      return "a window of what is no event time";
    }
    if (top.ttl_micros != 0) return "a window with a time to live";
    if (top.window_updates && (top.with_ties || top.is_filter))
      return "a window that cannot update";
    const bool is_sane = window.size_micros >= 0 && window.size_micros <= kWindowMicrosMax &&
                         window.offset_micros <= kWindowMicrosMax &&
                         window.offset_micros >= -kWindowMicrosMax;
    return is_sane ? "" : "a window of impossible size";
  }

  static bool IsSane(const TopReach& reach) {
    return reach.lower_micros >= -kWindowMicrosMax && reach.upper_micros <= kWindowMicrosMax &&
           reach.lower_micros <= reach.upper_micros;
  }

  std::string Check(const TopOp& op) const {
    if (RowOutputCount() != 1) return "a top must have one output";
    if (op.state_id.empty() != op.top.is_filter) return "its state has no id, or it has no state";
    const TopDescriptor& top = op.top;
    if (top.limit <= 0) return "keeps no rows";
    if (input().changelog == ChangelogMode::kUpsert) return "orders upserts without their old rows";
    if (top.retracts != (input().changelog == ChangelogMode::kRetract)) {
      return "does not know whether rows are taken back";
    }
    std::vector<uint32_t> columns = top.keys;
    for (const OrderColumn& order : top.order) columns.push_back(order.column);
    columns.insert(columns.end(), top.columns.begin(), top.columns.end());
    for (const uint32_t column : columns) {
      if (column >= input().schema.size()) return "a column that is not there";
      if (input().watermark_column == column) return "takes the watermark for a column";
    }
    if (top.window || top.is_filter || top.with_ties) {
      const std::string problem = CheckTopWindow(top);
      if (!problem.empty()) return problem;
    }
    if (top.reach && (!top.is_filter || top.window->size_micros == 0 || !IsSane(*top.reach))) {
      return "an impossible reach";
    }
    if (top.window_updates && !top.window) return "updates of a window that is not there";
    if (top.is_filter) return CheckSame(output());
    const bool is_append = output().changelog == ChangelogMode::kAppend;
    if (top.window && is_append == top.window_updates) {
      return "its changelog mode is not how it emits";
    }
    Schema expected;
    for (const uint32_t column : top.columns) expected.Add(input().schema[column]);
    for (size_t i = 0; i < expected.size(); ++i) {
      if (i >= output().schema.size() || output().schema[i].type != expected[i].type) {
        return "not the columns it gives";
      }
    }
    const size_t hidden = output().watermark_column ? 1 : 0;
    const size_t window = top.window && top.window->size_micros > 0 ? 3 : 0;
    return output().schema.size() == expected.size() + window + (top.with_rank ? 1 : 0) + hidden
               ? ""
               : "not the columns it gives";
  }

  std::string CheckOverTime(const OverOp& op) const {
    if (!op.time) return op.aggregate.route_late ? "late rows by processing time" : "";
    const OverTime& time = *op.time;
    if (time.time_column >= input().schema.size() ||
        !input().schema[time.time_column].type.is_timestamp() ||
        input().watermark_column != time.watermark_column) {
      return "orders by what is no event time";
    }
    return "";
  }

  std::string Check(const OverOp& op) const {
    const AggregateOp& aggregate = op.aggregate;
    if (RowOutputCount() != (aggregate.route_late ? 2u : 1u)) return "not the outputs it must have";
    if (aggregate.state_id.empty()) return "its state has no id";
    if (input().changelog != ChangelogMode::kAppend) return "rows that are updated have no order";
    if (op.frame.preceding && (*op.frame.preceding < 0 || *op.frame.preceding > kWindowMicrosMax)) {
      return "a frame of impossible size";
    }
    if (aggregate.state_ttl_micros < 0) return "a time to live that has no meaning";
    std::string problem = CheckOverTime(op);
    if (!problem.empty()) return problem;
    for (const std::vector<uint32_t>* columns : {&aggregate.keys, &op.columns}) {
      for (const uint32_t column : *columns) {
        if (column >= input().schema.size()) return "a column that is not there";
        if (input().watermark_column == column) return "takes the watermark for a column";
      }
    }
    Schema expected = Restrict(input().schema, op.columns);
    for (const AggregateCall& call : aggregate.calls) {
      problem = VerifyCall(call, input().schema);
      if (!problem.empty()) return problem;
      if (call.resolution.per_row && (call.distinct || call.filter != nullptr)) {
        return call.name + " looks at each row";
      }
      expected.Add({"", call.resolution.result});
    }
    if (output().schema.size() != expected.size() + (output().watermark_column ? 1 : 0)) {
      return "not the columns it gives";
    }
    if (output().watermark_column && !input().watermark_column) return "makes up a watermark";
    for (size_t i = 0; i < expected.size(); ++i) {
      if (output().schema[i].type != expected[i].type) return "a column of another type";
    }
    if (aggregate.route_late &&
        (op_.outputs[1].name != "late" || op_.outputs[1].schema != input().schema)) {
      return "the output of late rows is not the input's";
    }
    return "";
  }

  std::string Check(const MatchOp& op) const {
    if (RowOutputCount() != (op.match.route_late ? 2u : 1u)) return "not the outputs it must have";
    if (op.match.route_late &&
        (op_.outputs[1].name != "late" || op_.outputs[1].schema != input().schema)) {
      return "the output of late rows is not the input's";
    }
    return VerifyMatch(op, input(), output());
  }

  std::string Check(const UnionOp&) const {
    if (RowOutputCount() != 1) return "a union must have one output";
    for (const LogicalOutput* input : inputs_) {
      if (input->schema != output().schema) return "an input of another schema";
      if (input->changelog != ChangelogMode::kAppend &&
          output().changelog != ChangelogMode::kRetract) {
        return "unites an updating stream, but is no retract stream";
      }
    }
    return "";
  }

  std::string Check(const SinkOp&) const {
    if (!op_.outputs.empty()) return "a sink with outputs";
    return input().watermark_column ? "the hidden watermark column would leave by the sink" : "";
  }

  const LogicalOperator& op_;
  const std::vector<const LogicalOutput*> inputs_;
};

// The operators of a plan or a chain, one after the other.
class OperatorListVerifier {
 public:
  // `gates`: what operators read that no operator here gives, by head; none: nothing.
  explicit OperatorListVerifier(std::vector<LogicalOutput> gates) : gates_(std::move(gates)) {}

  std::string Run(const std::vector<LogicalOperator>& operators) {
    for (const LogicalOperator& op : operators) {
      if (!gates_.empty()) here_.insert(op.id);
    }
    for (const LogicalOperator& op : operators) {
      std::string problem = Check(op);
      if (!problem.empty()) return problem;
    }
    return "";
  }

 private:
  std::string Check(const LogicalOperator& op) {
    std::vector<const LogicalOutput*> inputs;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const LogicalInput& input = op.inputs[i];
      if (!gates_.empty() && !here_.contains(input.op)) {
        const size_t head = HeadOf(op, i);
        if (head >= gates_.size()) return op.Path() + " reads from outside what does not come in";
        inputs.push_back(&gates_[head]);
        continue;
      }
      auto found = before_.find(input.op);
      if (found == before_.end()) {
        return fmt::format("#{} {} reads #{}, which does not stand before it", op.id.value(),
                           op.Path(), input.op.value());
      }
      if (input.output >= found->second->outputs.size()) {
        return fmt::format("#{} {} reads output {} of #{}, which has {}", op.id.value(), op.Path(),
                           input.output, input.op.value(), found->second->outputs.size());
      }
      inputs.push_back(&found->second->outputs[input.output]);
    }
    if (!op.id.is_valid() || !before_.emplace(op.id, &op).second) {
      return fmt::format("{} has an id that is taken or none", op.Path());
    }
    std::string problem = OperatorVerifier(op, inputs).Run();
    if (!problem.empty()) return problem;
    for (std::string& id : StateIdsOf(op, inputs)) {
      if (!state_ids_.insert(id).second) return fmt::format("two states have the id {}", id);
    }
    return "";
  }

  const std::vector<LogicalOutput> gates_;
  std::set<OperatorId> here_;  // with a gate
  std::unordered_map<OperatorId, const LogicalOperator*> before_;
  std::set<std::string> state_ids_;
};

uint32_t DepthOf(const ChainPlan& chain) {
  std::unordered_map<OperatorId, uint32_t> depths;
  uint32_t deepest = 0;
  for (const LogicalOperator& op : chain.operators) {
    uint32_t depth = 1;
    for (const LogicalInput& input : op.inputs) {
      if (auto found = depths.find(input.op); found != depths.end()) {
        depth = std::max(depth, found->second + 1);
      }
    }
    depths[op.id] = depth;
    deepest = std::max(deepest, depth);
  }
  return deepest;
}

std::string CheckStreams(const std::vector<NamedStream>& streams,
                         const std::vector<LogicalOperator>& operators) {
  for (const NamedStream& stream : streams) {
    const auto op = std::ranges::find(operators, stream.at.op, &LogicalOperator::id);
    if (op == operators.end() || stream.at.output >= op->outputs.size()) {
      return "stream `" + stream.name + "` is at an output that is not there";
    }
  }
  return "";
}

// What a local aggregate gives crosses one exchange, by its keys.
std::string CheckLocalAggregates(const ChainPlan& chain) {
  for (const LogicalOperator& op : chain.operators) {
    for (const LogicalInput& input : op.inputs) {
      const auto from = std::ranges::find(chain.operators, input.op, &LogicalOperator::id);
      if (from != chain.operators.end() && from->As<LocalAggregateOp>() != nullptr) {
        return op.Path() + " reads what is to be merged behind an exchange";
      }
    }
    const auto* local = op.As<LocalAggregateOp>();
    if (local == nullptr) continue;
    size_t edges = 0;
    for (const ChainOutput& output : chain.outputs) {
      if (output.from.op != op.id) continue;
      ++edges;
      if (!output.hash || output.hash_keys != local->aggregate.keys) {
        return op.Path() + " is not spread by its keys";
      }
    }
    if (edges != 1) return op.Path() + " does not cross one exchange";
  }
  return "";
}

}  // namespace

std::string Verify(const LogicalPlan& plan) {
  const std::string problem = OperatorListVerifier({}).Run(plan.operators);
  return problem.empty() ? CheckStreams(plan.streams, plan.operators) : problem;
}

std::string Verify(const ChainPlan& chain) {
  if (chain.operators.empty()) return "a chain without operators";
  const bool has_source = chain.operators[0].As<SourceOp>() != nullptr;
  for (size_t i = 1; i < chain.operators.size(); ++i) {
    if (chain.operators[i].As<SourceOp>() != nullptr) return "a source that is not the head";
  }
  if (chain.heads.empty()) return "a chain without a head";
  if (has_source && chain.heads.size() != 1) return "a source, and inputs";
  std::vector<LogicalOutput> gates;
  for (const ChainHead& head : chain.heads) {
    for (uint32_t column : head.hash_keys) {
      if (column >= head.schema.size()) return "hashes of a column that does not come in";
    }
    LogicalOutput gate;
    gate.schema = head.schema;
    gate.changelog = head.changelog;
    if (const std::optional<size_t> hidden = gate.schema.IndexOf(kWatermarkColumn)) {
      if (gate.schema[*hidden].type != DataType(TypeKind::kBigint, false)) {
        return "the watermark column that comes in is not BIGINT NOT NULL";
      }
      gate.watermark_column = static_cast<uint32_t>(*hidden);
    }
    gates.push_back(std::move(gate));
  }
  if (gates.size() > 1 && HeadOf(chain.operators[0], 1) != 1) return "more heads than inputs";
  if (has_source) gates.clear();
  std::string problem = OperatorListVerifier(std::move(gates)).Run(chain.operators);
  if (!problem.empty()) return problem;
  if (DepthOf(chain) > ChainPlan::kDepthMax) {
    return fmt::format("more than {} operators behind one another", ChainPlan::kDepthMax);
  }
  for (const ChainOutput& output : chain.outputs) {
    const auto from = std::ranges::find(chain.operators, output.from.op, &LogicalOperator::id);
    if (from == chain.operators.end() || output.from.output >= from->outputs.size()) {
      return "an edge from an output that is not there";
    }
    for (uint32_t column : output.hash_keys) {
      if (column >= from->outputs[output.from.output].schema.size()) {
        return "an edge by the hash of a column that is not there";
      }
    }
  }
  problem = CheckStreams(chain.streams, chain.operators);
  return problem.empty() ? CheckLocalAggregates(chain) : problem;
}

}  // namespace flinkc
