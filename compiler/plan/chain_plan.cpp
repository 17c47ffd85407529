#include "compiler/plan/chain_plan.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "compiler/expression/serialize.h"
#include "compiler/plan/native_plan.h"
#include "compiler/plan/plan.pb.h"
#include "runtime/data/type_proto.h"
#include "runtime/graph/descriptor_proto.h"

namespace flinkc {

namespace {

// Of one chain, by their names: far more than a spec has.
constexpr int kStreamsMax = 100'000;

constexpr uint32_t kChainPlanVersion = 3;
constexpr int kParseDepthMax = 400;  // types and literals of types nest

std::unexpected<Error> Corrupt(std::string what) {
  return MakeError(ErrorCode::kCorrupt, "the plan is damaged: " + std::move(what));
}

template <typename Numbers>
std::vector<uint32_t> ToVector(const Numbers& numbers) {
  return {numbers.begin(), numbers.end()};
}

proto::NamedExpr ToProto(const NamedExpr& named) {
  proto::NamedExpr message;
  message.set_name(named.name);
  *message.mutable_expr() = ToProto(*named.expr);
  if (named.on_error.has_value()) message.set_on_error(static_cast<uint32_t>(*named.on_error));
  return message;
}

void Write(const SourceOp& source, proto::LogicalOperator* message) {
  *message->mutable_source()->mutable_source() = ToProto(source.descriptor);
  if (source.event_time.has_value()) {
    *message->mutable_source()->mutable_event_time() = ToProto(*source.event_time);
  }
}

void Write(const FilterOp& filter, proto::LogicalOperator* message) {
  *message->mutable_filter() = ToProto(*filter.predicate);
}

void Write(const ProjectOp& project, proto::LogicalOperator* message) {
  message->mutable_project();
  for (const NamedExpr& named : project.columns) {
    *message->mutable_project()->add_columns() = ToProto(named);
  }
}

void Write(const UnnestOp& unnest, proto::LogicalOperator* message) {
  *message->mutable_unnest()->mutable_array() = ToProto(*unnest.array);
  message->mutable_unnest()->set_name(unnest.name);
}

void Write(const RouteOp& route, proto::LogicalOperator* message) {
  message->mutable_route();
  for (const RouteOp::Branch& branch : route.branches) {
    proto::RouteOp::Branch* added = message->mutable_route()->add_branches();
    added->set_name(branch.name);
    if (branch.predicate != nullptr) *added->mutable_predicate() = ToProto(*branch.predicate);
  }
}

void Write(const AggregateOp& aggregate, proto::AggregateOp* message) {
  proto::AggregateOp& added = *message;
  for (uint32_t key : aggregate.keys) added.add_keys(key);
  if (aggregate.window.has_value()) {
    proto::Window& window = *added.mutable_window();
    window.set_size_micros(aggregate.window->size_micros);
    window.set_slide_micros(aggregate.window->slide_micros);
    window.set_offset_micros(aggregate.window->offset_micros);
    window.set_lateness_micros(aggregate.window->lateness_micros);
    window.set_time_column(aggregate.window->time_column);
    window.set_watermark_column(aggregate.window->watermark_column);
    window.set_kind(static_cast<uint32_t>(aggregate.window->kind));
    window.set_processing_time(aggregate.window->processing_time);
    window.set_each_row(aggregate.window->each_row);
    window.set_early_micros(aggregate.window->early_micros);
    window.set_late_updates(aggregate.window->late_updates);
  }
  for (const AggregateCall& call : aggregate.calls) *added.add_calls() = ToProto(call);
  added.set_emit(static_cast<uint32_t>(aggregate.emit));
  added.set_route_late(aggregate.route_late);
  added.set_state_id(aggregate.state_id);
  added.set_state_ttl_micros(aggregate.state_ttl_micros);
  if (aggregate.mini_batch) {
    added.mutable_mini_batch()->set_latency_micros(aggregate.mini_batch->latency_micros);
    added.mutable_mini_batch()->set_rows(aggregate.mini_batch->rows);
  }
  if (aggregate.set) added.set_set(static_cast<uint32_t>(*aggregate.set));
  added.set_merges_partials(aggregate.merges_partials);
}

void Write(const AggregateOp& aggregate, proto::LogicalOperator* message) {
  Write(aggregate, message->mutable_aggregate());
}

void Write(const LocalAggregateOp& op, proto::LogicalOperator* message) {
  Write(op.aggregate, message->mutable_local_aggregate()->mutable_aggregate());
  message->mutable_local_aggregate()->set_adaptive(op.adaptive);
}

void Write(const OverOp& op, proto::LogicalOperator* message) {
  proto::OverOp& added = *message->mutable_over();
  Write(op.aggregate, added.mutable_aggregate());
  added.set_rows(op.frame.unit == OverFrame::Unit::kRows);
  if (op.frame.preceding) added.set_preceding(*op.frame.preceding);
  if (op.time) {
    added.mutable_time()->set_time_column(op.time->time_column);
    added.mutable_time()->set_watermark_column(op.time->watermark_column);
  }
  for (const uint32_t column : op.columns) added.add_columns(column);
}

void Write(const UnionOp&, proto::LogicalOperator* message) { message->mutable_union_(); }

proto::JoinOp ToProto(const JoinDescriptor& join, const ExprPtr& condition) {
  proto::JoinOp message;
  message.set_kind(static_cast<uint32_t>(join.kind));
  for (size_t i = 0; i < 2; ++i) {
    proto::JoinOp::Side& side = *(i == 0 ? message.mutable_left() : message.mutable_right());
    for (uint32_t key : join.keys[i]) side.add_keys(key);
    for (uint32_t column : join.columns[i]) side.add_columns(column);
    if (const auto* times = join.times()) side.set_time((*times)[i]);
    side.set_ttl_micros(join.ttl_micros[i]);
    side.set_gives_unmatched(join.gives_unmatched[i]);
  }
  if (join.interval) {
    message.mutable_interval()->set_lower_micros(join.interval->lower_micros);
    message.mutable_interval()->set_upper_micros(join.interval->upper_micros);
  }
  message.set_versions(join.versions.has_value());
  if (join.window) {
    message.mutable_window()->set_size_micros(join.window->size_micros);
    message.mutable_window()->set_offset_micros(join.window->offset_micros);
  }
  if (condition != nullptr) *message.mutable_condition() = ToProto(*condition);
  return message;
}

void Write(const JoinOp& op, proto::LogicalOperator* message) {
  *message->mutable_join() = ToProto(op.join, op.condition);
  message->mutable_join()->set_state_id(op.state_id);
}

void Write(const LookupOp& op, proto::LogicalOperator* message) {
  proto::LookupOp& added = *message->mutable_lookup();
  *added.mutable_join() = ToProto(op.lookup.join, op.condition);
  *added.mutable_table() = ToProto(op.lookup.table);
  added.set_refresh_micros(op.lookup.refresh_micros);
}

void Write(const OrderColumn& column, proto::TopOp::Order* order) {
  order->set_column(column.column);
  order->set_descending(column.descending);
  order->set_nulls_first(column.nulls_first);
}

void Write(const TopOp& op, proto::LogicalOperator* message) {
  proto::TopOp& added = *message->mutable_top();
  for (uint32_t key : op.top.keys) added.add_keys(key);
  for (const OrderColumn& column : op.top.order) Write(column, added.add_order());
  added.set_limit(op.top.limit);
  added.set_newest_first(op.top.newest_first);
  added.set_with_ties(op.top.with_ties);
  added.set_is_filter(op.top.is_filter);
  added.set_window_updates(op.top.window_updates);
  if (op.top.reach) {
    added.mutable_reach()->set_lower_micros(op.top.reach->lower_micros);
    added.mutable_reach()->set_upper_micros(op.top.reach->upper_micros);
  }
  if (op.top.window) {
    added.mutable_window()->set_size_micros(op.top.window->size_micros);
    added.mutable_window()->set_offset_micros(op.top.window->offset_micros);
    added.mutable_window()->set_time_column(op.top.window->time_column);
    added.mutable_window()->set_watermark_column(op.top.window->watermark_column);
  }
  added.set_with_rank(op.top.with_rank);
  added.set_retracts(op.top.retracts);
  added.set_tells_old(op.top.tells_old);
  for (uint32_t column : op.top.columns) added.add_columns(column);
  added.set_ttl_micros(op.top.ttl_micros);
  added.set_state_id(op.state_id);
}

void Write(const MatchOp& op, proto::LogicalOperator* message) {
  proto::MatchOp& added = *message->mutable_match();
  const MatchDescriptor& match = op.match;
  for (const uint32_t key : match.keys) added.add_keys(key);
  if (match.time_column) added.set_time_column(*match.time_column);
  added.set_watermark_column(match.watermark_column);
  for (const OrderColumn& column : match.order) Write(column, added.add_order());
  added.set_pattern(match.pattern);
  for (const PatternStep& step : match.program) {
    proto::MatchOp::Step& to = *added.add_program();
    to.set_kind(static_cast<uint32_t>(step.kind));
    to.set_variable(step.variable);
    to.set_first(step.first);
    to.set_second(step.second);
  }
  for (const PatternVariable& variable : match.variables) {
    proto::MatchOp::Variable& to = *added.add_variables();
    to.set_name(variable.name);
    if (variable.condition) to.set_condition(*variable.condition);
    for (const uint32_t read : variable.reads) to.add_reads(read);
    to.set_may_run_ahead(variable.may_run_ahead);
  }
  for (const PatternValue& value : match.values) {
    proto::MatchOp::Value& to = *added.add_values();
    to.set_of(static_cast<uint32_t>(value.of));
    to.set_variable(value.variable);
    to.set_offset(value.offset);
    if (value.column) to.set_column(*value.column);
    to.set_nullable(value.nullable);
    to.set_before(value.before);
    to.set_is_classifier(value.is_classifier);
    to.set_after(value.after);
  }
  for (const PatternSubset& subset : match.subsets) {
    proto::MatchOp::Subset& to = *added.add_subsets();
    to.set_name(subset.name);
    for (const uint32_t variable : subset.variables) to.add_variables(variable);
  }
  added.set_rows_before(match.rows_before);
  added.set_rows_after(match.rows_after);
  for (const uint32_t result : match.results) added.add_results(result);
  added.set_within_micros(match.within_micros);
  added.set_after(static_cast<uint32_t>(match.after));
  added.set_after_variable(match.after_variable);
  added.set_route_late(match.route_late);
  for (const ExprPtr& condition : op.conditions) *added.add_conditions() = ToProto(*condition);
  for (const AggregateCall& call : op.aggregates) *added.add_aggregates() = ToProto(call);
  added.set_state_id(op.state_id);
}

void Write(const SinkOp& sink, proto::LogicalOperator* message) {
  *message->mutable_sink()->mutable_sink() = ToProto(sink.descriptor);
  message->mutable_sink()->set_exactly_once(sink.exactly_once);
}

proto::LogicalOutput ToProto(const LogicalOutput& output) {
  proto::LogicalOutput message;
  message.set_name(output.name);
  *message.mutable_schema() = ToProto(output.schema);
  message.set_changelog(static_cast<uint32_t>(output.changelog));
  for (uint32_t column : output.unique_key) message.add_unique_key(column);
  if (output.time_attribute.has_value()) message.set_time_attribute(*output.time_attribute);
  if (output.watermark_column.has_value()) message.set_watermark_column(*output.watermark_column);
  return message;
}

proto::LogicalOperator ToProto(const LogicalOperator& op) {
  proto::LogicalOperator message;
  message.set_id(op.id.value());
  message.set_stream(op.stream);
  message.set_role(op.role);
  std::visit([&](const auto& variant) { Write(variant, &message); }, op.op);
  for (const LogicalInput& input : op.inputs) {
    proto::LogicalInput* added = message.add_inputs();
    added->set_op(input.op.value());
    added->set_output(input.output);
  }
  for (const LogicalOutput& output : op.outputs) *message.add_outputs() = ToProto(output);
  message.set_on_error(static_cast<uint32_t>(op.on_error));
  if (op.errors_output.has_value()) message.set_errors_output(*op.errors_output);
  message.set_parallelism(op.parallelism);
  return message;
}

// Reads one chain; every index is checked against what it points into.
class ChainReader {
 public:
  explicit ChainReader(const FunctionRegistry& registry) : registry_(registry) {}

  Result<ChainPlan> Read(const proto::ChainPlan& message) {
    chain_.name = message.name();
    chain_.heads.clear();
    for (const proto::ChainHead& head : message.heads()) {
      ChainHead read;
      ASSIGN_OR_RETURN(read.schema, FromProto(head.schema()));
      ASSIGN_OR_RETURN(read.changelog, ReadChangelog(head.changelog()));
      read.key_hashes = head.key_hashes();
      read.hash_keys = ToVector(head.hash_keys());
      RETURN_IF_ERROR(CheckColumns(read.hash_keys, read.schema));
      chain_.heads.push_back(std::move(read));
    }
    if (chain_.heads.empty()) return Corrupt("a chain without a head");
    chain_.parallelism = message.parallelism();
    chain_.max_parallelism = message.max_parallelism();
    chain_.time_zone = message.time_zone();
    for (const proto::LogicalOperator& op : message.operators()) {
      ASSIGN_OR_RETURN(LogicalOperator read, ReadOperator(op));
      chain_.operators.push_back(std::move(read));
    }
    for (const proto::ChainOutput& output : message.outputs()) {
      ChainOutput read;
      read.from = {OperatorId(output.from().op()), output.from().output()};
      const Schema* schema = SchemaOf(read.from);
      if (schema == nullptr) return Corrupt("an edge from an output that is not there");
      read.hash_keys = ToVector(output.hash_keys());
      read.hash = output.hash();
      read.row_kinds = output.row_kinds();
      RETURN_IF_ERROR(CheckColumns(read.hash_keys, *schema));
      chain_.outputs.push_back(std::move(read));
    }
    if (message.streams_size() > kStreamsMax) return Corrupt("too many streams");
    for (const proto::NamedStream& stream : message.streams()) {
      NamedStream read{
          stream.name(), {OperatorId(stream.at().op()), stream.at().output()}, stream.is_merged()};
      if (SchemaOf(read.at) == nullptr) return Corrupt("a stream of an output that is not there");
      if (stream.has_view()) {
        if (stream.view().chain_plan().empty()) return Corrupt("a view of nothing");
        read.view = StreamView{stream.view().chain_plan(), {}};
        ASSIGN_OR_RETURN(read.view->columns, FromProto(stream.view().columns()));
      }
      chain_.streams.push_back(std::move(read));
    }
    return std::move(chain_);
  }

 private:
  static Status CheckColumns(const std::vector<uint32_t>& columns, const Schema& schema) {
    for (uint32_t column : columns) {
      if (column >= schema.size()) {
        return Corrupt(fmt::format("column {} of {}", column, schema.size()));
      }
    }
    return {};
  }

  static Result<ChangelogMode> ReadChangelog(uint32_t number) {
    if (number > static_cast<uint32_t>(ChangelogMode::kRetract)) {
      return Corrupt(fmt::format("there is no changelog mode {}", number));
    }
    return static_cast<ChangelogMode>(number);
  }

  const Schema* SchemaOf(const LogicalInput& input) const {
    for (const LogicalOperator& op : chain_.operators) {
      if (op.id != input.op) continue;
      return input.output < op.outputs.size() ? &op.outputs[input.output].schema : nullptr;
    }
    return nullptr;
  }

  Result<LogicalOperator> ReadOperator(const proto::LogicalOperator& message) {
    LogicalOperator op;
    op.id = OperatorId(message.id());
    op.stream = message.stream();
    op.role = message.role();
    op.parallelism = message.parallelism();
    ASSIGN_OR_RETURN(op.on_error, ErrorModeFromProto(message.on_error()));
    std::vector<const Schema*> inputs;
    for (const proto::LogicalInput& in : message.inputs()) {
      op.inputs.push_back({OperatorId(in.op()), in.output()});
      const bool inside = std::ranges::any_of(chain_.operators, [&](const LogicalOperator& other) {
        return other.id.value() == in.op();
      });
      // An input outside of the chain is a head's.
      const size_t head = message.has_join() ? inputs.size() : 0;
      if (!inside && head >= chain_.heads.size()) return Corrupt("an input from no head");
      inputs.push_back(inside ? SchemaOf(op.inputs.back()) : &chain_.heads[head].schema);
      if (inputs.back() == nullptr) return Corrupt("an input from an output that is not there");
    }
    if (inputs.empty()) inputs.push_back(&chain_.heads[0].schema);
    for (const proto::LogicalOutput& out : message.outputs()) {
      LogicalOutput output;
      output.name = out.name();
      ASSIGN_OR_RETURN(output.schema, FromProto(out.schema()));
      ASSIGN_OR_RETURN(output.changelog, ReadChangelog(out.changelog()));
      output.unique_key = ToVector(out.unique_key());
      if (out.has_time_attribute()) output.time_attribute = out.time_attribute();
      if (out.has_watermark_column()) output.watermark_column = out.watermark_column();
      op.outputs.push_back(std::move(output));
    }
    if (message.has_errors_output()) {
      if (message.errors_output() >= op.outputs.size()) return Corrupt("an errors output too many");
      op.errors_output = message.errors_output();
    }
    if (message.has_join()) {
      if (inputs.size() != 2) return Corrupt("a join of not two inputs");
      ASSIGN_OR_RETURN(op.op, ReadJoin(message.join(), *inputs[0], *inputs[1]));
    } else {
      ASSIGN_OR_RETURN(op.op, ReadVariant(message, *inputs.back()));
    }
    return op;
  }

  Result<OperatorVariant> ReadVariant(const proto::LogicalOperator& message, const Schema& input) {
    switch (message.op_case()) {
      case proto::LogicalOperator::kSource:
        return ReadSource(message.source());
      case proto::LogicalOperator::kFilter: {
        ASSIGN_OR_RETURN(ExprPtr predicate, ReadPredicate(message.filter(), input));
        return FilterOp{std::move(predicate)};
      }
      case proto::LogicalOperator::kProject:
        return ReadProject(message.project(), input);
      case proto::LogicalOperator::kUnnest: {
        ASSIGN_OR_RETURN(ExprPtr array, FromProto(message.unnest().array(), input, registry_));
        if (array->type().kind() != TypeKind::kArray) return Corrupt("unnest of no ARRAY");
        return UnnestOp{std::move(array), message.unnest().name()};
      }
      case proto::LogicalOperator::kRoute: {
        RouteOp route;
        for (const proto::RouteOp::Branch& branch : message.route().branches()) {
          RouteOp::Branch read{branch.name(), nullptr};
          if (branch.has_predicate()) {
            ASSIGN_OR_RETURN(read.predicate, ReadPredicate(branch.predicate(), input));
          }
          route.branches.push_back(std::move(read));
        }
        return route;
      }
      case proto::LogicalOperator::kAggregate:
        return ReadAggregate(message.aggregate(), input);
      case proto::LogicalOperator::kLocalAggregate: {
        LocalAggregateOp local;
        ASSIGN_OR_RETURN(local.aggregate,
                         ReadAggregate(message.local_aggregate().aggregate(), input));
        local.adaptive = message.local_aggregate().adaptive();
        return local;
      }
      case proto::LogicalOperator::kOver:
        return ReadOver(message.over(), input);
      case proto::LogicalOperator::kUnion:
        return UnionOp{};
      case proto::LogicalOperator::kTop:
        return ReadTop(message.top(), input);
      case proto::LogicalOperator::kLookup:
        return ReadLookup(message.lookup(), input);
      case proto::LogicalOperator::kMatch:
        return ReadMatch(message.match(), input);
      case proto::LogicalOperator::kJoin:
        break;
      case proto::LogicalOperator::kSink:
        return SinkOp{FromProto(message.sink().sink()), message.sink().exactly_once()};
      case proto::LogicalOperator::OP_NOT_SET:
        break;
    }
    return Corrupt("an operator of no kind");
  }

  Result<ExprPtr> ReadPredicate(const proto::Expression& message, const Schema& input) {
    ASSIGN_OR_RETURN(ExprPtr predicate, FromProto(message, input, registry_));
    if (predicate->type().kind() != TypeKind::kBoolean) return Corrupt("a condition is no BOOLEAN");
    return predicate;
  }

  static Result<OperatorVariant> ReadSource(const proto::SourceOp& message) {
    SourceOp source;
    ASSIGN_OR_RETURN(source.descriptor, FromProto(message.source()));
    if (message.has_event_time()) {
      ASSIGN_OR_RETURN(source.event_time, FromProto(message.event_time(), source.descriptor));
    }
    return source;
  }

  Result<OperatorVariant> ReadProject(const proto::ProjectOp& message, const Schema& input) {
    ProjectOp project;
    for (const proto::NamedExpr& column : message.columns()) {
      NamedExpr named;
      named.name = column.name();
      ASSIGN_OR_RETURN(named.expr, FromProto(column.expr(), input, registry_));
      if (column.has_on_error()) {
        ASSIGN_OR_RETURN(ErrorMode mode, ErrorModeFromProto(column.on_error()));
        named.on_error = mode;
      }
      project.columns.push_back(std::move(named));
    }
    return project;
  }

  Result<AggregateOp> ReadAggregate(const proto::AggregateOp& message, const Schema& input) {
    AggregateOp aggregate;
    aggregate.keys = ToVector(message.keys());
    RETURN_IF_ERROR(CheckColumns(aggregate.keys, input));
    if (message.has_window()) {
      const proto::Window& window = message.window();
      if (window.size_micros() <= 0 || window.slide_micros() <= 0 || window.lateness_micros() < 0) {
        return Corrupt("a window without a size");
      }
      if (window.kind() > static_cast<uint32_t>(WindowKind::kSession)) {
        return Corrupt(fmt::format("there is no window of kind {}", window.kind()));
      }
      if (!window.processing_time()) {
        RETURN_IF_ERROR(CheckColumns({window.time_column(), window.watermark_column()}, input));
      }
      aggregate.window = WindowSpecification{window.size_micros(),
                                             window.slide_micros(),
                                             window.offset_micros(),
                                             window.lateness_micros(),
                                             window.time_column(),
                                             window.watermark_column(),
                                             static_cast<WindowKind>(window.kind()),
                                             window.processing_time(),
                                             window.each_row(),
                                             window.early_micros(),
                                             window.late_updates()};
    }
    for (const proto::AggregateCall& call : message.calls()) {
      ASSIGN_OR_RETURN(AggregateCall read, FromProto(call, input, registry_));
      aggregate.calls.push_back(std::move(read));
    }
    if (message.emit() > static_cast<uint32_t>(EmitStrategy::kWindowUpdate)) {
      return Corrupt(fmt::format("there is no emit strategy {}", message.emit()));
    }
    aggregate.emit = static_cast<EmitStrategy>(message.emit());
    aggregate.route_late = message.route_late();
    aggregate.state_id = message.state_id();
    if (message.state_ttl_micros() < 0 ||
        (message.state_ttl_micros() > 0 && aggregate.emit != EmitStrategy::kChangelog)) {
      return Corrupt(fmt::format("a time to live of {} microseconds", message.state_ttl_micros()));
    }
    aggregate.state_ttl_micros = message.state_ttl_micros();
    if (message.has_mini_batch()) {
      aggregate.mini_batch = AggregateOp::MiniBatch{message.mini_batch().latency_micros(),
                                                    message.mini_batch().rows()};
    }
    if (message.has_set()) {
      if (message.set() > static_cast<uint32_t>(SetOperation::kExceptAll)) {
        return Corrupt(fmt::format("there is no set operation {}", message.set()));
      }
      aggregate.set = static_cast<SetOperation>(message.set());
    }
    aggregate.merges_partials = message.merges_partials();
    return aggregate;
  }

  Result<OperatorVariant> ReadOver(const proto::OverOp& message, const Schema& input) {
    OverOp op;
    ASSIGN_OR_RETURN(op.aggregate, ReadAggregate(message.aggregate(), input));
    op.frame.unit = message.rows() ? OverFrame::Unit::kRows : OverFrame::Unit::kRange;
    if (message.has_preceding()) op.frame.preceding = message.preceding();
    if (message.has_time()) {
      op.time = OverTime{message.time().time_column(), message.time().watermark_column()};
      RETURN_IF_ERROR(CheckColumns({op.time->time_column, op.time->watermark_column}, input));
    }
    op.columns = ToVector(message.columns());
    RETURN_IF_ERROR(CheckColumns(op.columns, input));
    return op;
  }

  Result<JoinOp> ReadJoin(const proto::JoinOp& message, const Schema& left, const Schema& right) {
    JoinOp op;
    if (message.kind() > static_cast<uint32_t>(JoinKind::kAnti)) {
      return Corrupt(fmt::format("there is no kind {} of join", message.kind()));
    }
    op.join.kind = static_cast<JoinKind>(message.kind());
    for (size_t i = 0; i < 2; ++i) {
      const proto::JoinOp::Side& side = i == 0 ? message.left() : message.right();
      const Schema& schema = i == 0 ? left : right;
      op.join.keys[i] = ToVector(side.keys());
      op.join.columns[i] = ToVector(side.columns());
      op.join.ttl_micros[i] = side.ttl_micros();
      op.join.gives_unmatched[i] = side.gives_unmatched();
      RETURN_IF_ERROR(CheckColumns(op.join.keys[i], schema));
      RETURN_IF_ERROR(CheckColumns(op.join.columns[i], schema));
      RETURN_IF_ERROR(CheckColumns({side.time()}, schema));
    }
    const std::array<uint32_t, 2> times = {message.left().time(), message.right().time()};
    if (message.versions()) op.join.versions = JoinVersions{times};
    if (message.has_window()) {
      op.join.window =
          JoinWindow{times, message.window().size_micros(), message.window().offset_micros()};
    }
    if (message.has_interval()) {
      op.join.interval =
          JoinInterval{times, message.interval().lower_micros(), message.interval().upper_micros()};
    }
    if (message.has_condition()) {
      Schema both = left;
      for (const Field& field : right) both.Add(field);
      ASSIGN_OR_RETURN(op.condition, ReadPredicate(message.condition(), both));
    }
    op.join.has_condition = op.condition != nullptr;
    op.state_id = message.state_id();
    return op;
  }

  Result<OperatorVariant> ReadLookup(const proto::LookupOp& message, const Schema& stream) {
    LookupOp op;
    ASSIGN_OR_RETURN(op.lookup.table, FromProto(message.table()));
    ASSIGN_OR_RETURN(JoinOp join, ReadJoin(message.join(), stream, op.lookup.table.BatchSchema()));
    op.lookup.join = std::move(join.join);
    op.lookup.refresh_micros = message.refresh_micros();
    op.condition = std::move(join.condition);
    return op;
  }

  template <typename Messages>
  static Result<std::vector<OrderColumn>> ReadOrder(const Messages& messages, const Schema& input) {
    std::vector<OrderColumn> columns;
    for (const proto::TopOp::Order& order : messages) {
      RETURN_IF_ERROR(CheckColumns({order.column()}, input));
      columns.push_back({order.column(), order.descending(), order.nulls_first()});
    }
    return columns;
  }

  static Result<MatchDescriptor> ReadPattern(const proto::MatchOp& message, const Schema& input) {
    MatchDescriptor match;
    match.keys = ToVector(message.keys());
    RETURN_IF_ERROR(CheckColumns(match.keys, input));
    if (message.has_time_column()) {
      match.time_column = message.time_column();
      match.watermark_column = message.watermark_column();
      RETURN_IF_ERROR(CheckColumns({*match.time_column, match.watermark_column}, input));
    }
    ASSIGN_OR_RETURN(match.order, ReadOrder(message.order(), input));
    match.pattern = message.pattern();
    for (const proto::MatchOp::Step& step : message.program()) {
      if (step.kind() > static_cast<uint32_t>(PatternStep::Kind::kAccept)) {
        return Corrupt(fmt::format("there is no step of kind {}", step.kind()));
      }
      match.program.push_back({static_cast<PatternStep::Kind>(step.kind()), step.variable(),
                               step.first(), step.second()});
    }
    for (const proto::MatchOp::Variable& variable : message.variables()) {
      PatternVariable& added = match.variables.emplace_back();
      added.name = variable.name();
      if (variable.has_condition()) added.condition = variable.condition();
      added.reads = ToVector(variable.reads());
      added.may_run_ahead = variable.may_run_ahead();
    }
    for (const proto::MatchOp::Subset& subset : message.subsets()) {
      match.subsets.push_back({subset.name(), ToVector(subset.variables())});
    }
    for (const proto::MatchOp::Value& value : message.values()) {
      if (value.of() > static_cast<uint32_t>(PatternValue::Of::kAggregate)) {
        return Corrupt(fmt::format("there is no value of kind {}", value.of()));
      }
      PatternValue& added = match.values.emplace_back();
      added.of = static_cast<PatternValue::Of>(value.of());
      added.variable = value.variable();
      added.offset = value.offset();
      if (value.has_column()) added.column = value.column();
      added.nullable = value.nullable();
      added.before = value.before();
      added.is_classifier = value.is_classifier();
      added.after = value.after();
      // What it is a column of is known here: expressions are read over it.
      const bool is_aggregate = added.of == PatternValue::Of::kAggregate;
      const auto columns =
          is_aggregate ? static_cast<size_t>(message.aggregates_size()) : input.size();
      if ((is_aggregate && !added.column) || (added.column && *added.column >= columns)) {
        return Corrupt("a value of what is not there");
      }
      if (added.variable != kAnyVariable &&
          added.variable >= match.variables.size() + match.subsets.size()) {
        return Corrupt("a value of a variable that is not there");
      }
    }
    match.rows_before = message.rows_before();
    match.rows_after = message.rows_after();
    match.results = ToVector(message.results());
    match.within_micros = message.within_micros();
    if (message.after() > static_cast<uint32_t>(AfterMatch::kToLast)) {
      return Corrupt(fmt::format("there is no skip {} after a match", message.after()));
    }
    match.after = static_cast<AfterMatch>(message.after());
    match.after_variable = message.after_variable();
    match.route_late = message.route_late();
    return match;
  }

  Result<OperatorVariant> ReadMatch(const proto::MatchOp& message, const Schema& input) {
    MatchOp op;
    ASSIGN_OR_RETURN(op.match, ReadPattern(message, input));
    for (const proto::AggregateCall& call : message.aggregates()) {
      ASSIGN_OR_RETURN(AggregateCall read, FromProto(call, input, registry_));
      op.aggregates.push_back(std::move(read));
    }
    const Schema values = PatternValueSchema(op, input);
    for (const proto::Expression& condition : message.conditions()) {
      ASSIGN_OR_RETURN(ExprPtr read, ReadPredicate(condition, values));
      op.conditions.push_back(std::move(read));
    }
    op.state_id = message.state_id();
    return op;
  }

  static Result<OperatorVariant> ReadTop(const proto::TopOp& message, const Schema& input) {
    TopOp op;
    op.top.keys = ToVector(message.keys());
    op.top.columns = ToVector(message.columns());
    RETURN_IF_ERROR(CheckColumns(op.top.keys, input));
    RETURN_IF_ERROR(CheckColumns(op.top.columns, input));
    ASSIGN_OR_RETURN(op.top.order, ReadOrder(message.order(), input));
    op.top.limit = message.limit();
    op.top.newest_first = message.newest_first();
    op.top.with_ties = message.with_ties();
    op.top.is_filter = message.is_filter();
    op.top.window_updates = message.window_updates();
    if (message.has_window()) {
      const proto::TopOp::Window& window = message.window();
      RETURN_IF_ERROR(CheckColumns({window.time_column(), window.watermark_column()}, input));
      op.top.window = TopWindow{window.size_micros(), window.offset_micros(), window.time_column(),
                                window.watermark_column()};
    }
    if (message.has_reach()) {
      op.top.reach = TopReach{message.reach().lower_micros(), message.reach().upper_micros()};
    }
    op.top.with_rank = message.with_rank();
    op.top.retracts = message.retracts();
    op.top.tells_old = message.tells_old();
    op.top.ttl_micros = message.ttl_micros();
    op.state_id = message.state_id();
    return op;
  }

  const FunctionRegistry& registry_;
  ChainPlan chain_;
};

}  // namespace

std::string Serialize(const ChainPlan& chain) {
  proto::ChainPlan message;
  message.set_version(kChainPlanVersion);
  message.set_name(chain.name);
  for (const LogicalOperator& op : chain.operators) *message.add_operators() = ToProto(op);
  for (const ChainHead& head : chain.heads) {
    proto::ChainHead* added = message.add_heads();
    *added->mutable_schema() = ToProto(head.schema);
    added->set_changelog(static_cast<uint32_t>(head.changelog));
    added->set_key_hashes(head.key_hashes);
    for (uint32_t key : head.hash_keys) added->add_hash_keys(key);
  }
  for (const ChainOutput& output : chain.outputs) {
    proto::ChainOutput* added = message.add_outputs();
    added->mutable_from()->set_op(output.from.op.value());
    added->mutable_from()->set_output(output.from.output);
    for (uint32_t key : output.hash_keys) added->add_hash_keys(key);
    added->set_hash(output.hash);
    added->set_row_kinds(output.row_kinds);
  }
  for (const NamedStream& stream : chain.streams) {
    proto::NamedStream* added = message.add_streams();
    added->set_name(stream.name);
    added->mutable_at()->set_op(stream.at.op.value());
    added->mutable_at()->set_output(stream.at.output);
    added->set_is_merged(stream.is_merged);
    if (!stream.view) continue;
    added->mutable_view()->set_chain_plan(stream.view->chain_plan);
    *added->mutable_view()->mutable_columns() = ToProto(stream.view->columns);
  }
  message.set_parallelism(chain.parallelism);
  message.set_max_parallelism(chain.max_parallelism);
  message.set_time_zone(chain.time_zone);
  return message.SerializeAsString();
}

Result<ChainPlan> DeserializeChainPlan(std::string_view bytes, const FunctionRegistry& registry) {
  proto::ChainPlan message;
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return Corrupt("it is larger than 2 GB");
  }
  google::protobuf::LogSilencer silencer;
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kParseDepthMax);
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    return Corrupt("not a chain's plan");
  }
  if (message.version() != kChainPlanVersion) {
    return Corrupt(fmt::format("it has format version {}, this flinkc reads version {}",
                               message.version(), kChainPlanVersion));
  }
  ASSIGN_OR_RETURN(ChainPlan chain, ChainReader(registry).Read(message));
  if (const std::string problem = Verify(chain); !problem.empty()) return Corrupt(problem);
  return chain;
}

}  // namespace flinkc
