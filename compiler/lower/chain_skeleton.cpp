#include "compiler/lower/chain_skeleton.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "compiler/plan/native_plan.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Whether a column stands behind a hidden one, as that of an `unnest`.
bool HidesBetween(const Schema& schema) {
  const std::optional<size_t> hidden = schema.IndexOf(kWatermarkColumn);
  return hidden && *hidden + 1 < schema.size();
}

// Rows of a sink have no hidden columns.
Schema VisibleSchema(const Schema& schema) {
  Schema visible;
  for (const Field& field : schema) {
    if (field.name != kWatermarkColumn) visible.Add(field);
  }
  return visible;
}

NativeAggregate AggregateLayoutOf(const AggregateCall& call, const Schema& input,
                                  uint32_t function) {
  const StateRowLayout rows = AccumulatorLayout(call, input);
  return {function,       call.Columns(),   Restrict(input, call.Columns()), call.resolution.result,
          rows.row_bytes, rows.blob_offsets};
}

class SkeletonBuilder {
 public:
  explicit SkeletonBuilder(const ChainPlan& chain) {
    skeleton_.chain = &chain;
    skeleton_.layout.name = chain.name;
  }

  ChainSkeleton Build() {
    MakeConsumers();
    MakeTargets();
    MakeMaterializedPorts();
    MakeHead();
    MakeSteps();
    MakePipelines();
    MakeTaps();
    return std::move(skeleton_);
  }

 private:
  const std::vector<LogicalOperator>& operators() const { return skeleton_.chain->operators; }

  void MakeConsumers() {
    for (uint32_t i = 0; i < operators().size(); ++i) {
      for (uint32_t output = 0; output < operators()[i].outputs.size(); ++output) {
        skeleton_.routing[{i, output}];
      }
    }
    for (uint32_t i = 0; i < operators().size(); ++i) {
      for (const LogicalInput& input : operators()[i].inputs) {
        if (!skeleton_.IsInChain(input.op)) continue;
        skeleton_.routing[{skeleton_.OperatorIndex(input.op), input.output}].consumers.push_back(
            {i, std::nullopt});
      }
    }
    for (uint32_t edge = 0; edge < skeleton_.chain->outputs.size(); ++edge) {
      const LogicalInput& from = skeleton_.chain->outputs[edge].from;
      skeleton_.routing[{skeleton_.OperatorIndex(from.op), from.output}].consumers.push_back(
          {std::nullopt, edge});
    }
  }

  uint32_t AddPort(PortLayout port) {
    skeleton_.layout.ports.push_back(std::move(port));
    return static_cast<uint32_t>(skeleton_.layout.ports.size() - 1);
  }

  static std::string OutputName(const LogicalOperator& op, const LogicalOutput& output) {
    return output.name.empty() ? op.Path() : op.stream + "." + output.name;
  }

  // The ports of edges, sinks, and the tables of aggregates.
  void MakeTargets() {
    for (uint32_t edge = 0; edge < skeleton_.chain->outputs.size(); ++edge) {
      const ChainOutput& chain_output = skeleton_.chain->outputs[edge];
      const LogicalOperator& op = operators()[skeleton_.OperatorIndex(chain_output.from.op)];
      const LogicalOutput& output = op.outputs[chain_output.from.output];
      const bool row_kinds = chain_output.row_kinds || output.changelog != ChangelogMode::kAppend;
      PortLayout port{OutputName(op, output), output.schema,     row_kinds,
                      chain_output.hash,      PortTarget::kEdge, edge};
      if (const auto* local = op.As<LocalAggregateOp>()) {
        const auto partial_column = static_cast<uint32_t>(output.schema.size() - 1);
        port.local = LocalAggregateLayout{partial_column, local->adaptive};
      }
      skeleton_.edge_ports.push_back(AddPort(std::move(port)));
    }
    for (uint32_t i = 0; i < operators().size(); ++i) {
      if (const auto* sink = operators()[i].As<SinkOp>()) {
        const Schema schema = VisibleSchema(skeleton_.InputSchema(i));
        const bool kinds = skeleton_.InputChangelog(i) != ChangelogMode::kAppend;
        const auto index = static_cast<uint32_t>(skeleton_.layout.sinks.size());
        skeleton_.layout.sinks.push_back({sink->descriptor, schema, kinds});
        skeleton_.sink_ports[i] =
            AddPort({operators()[i].stream, schema, kinds, false, PortTarget::kSink, index});
      } else if (const auto* aggregate = operators()[i].As<AggregateOp>()) {
        MakeState(i, *aggregate, skeleton_.InputRetracts(i));
      } else if (IsNative(operators()[i])) {
        MakeNative(i);
        if (const auto* over = operators()[i].As<OverOp>()) MakeOver(i, *over);
      }
    }
  }

  // What of an `over` is generated: the accumulators, and the loop that reads steps.
  void MakeOver(uint32_t op, const OverOp& over) {
    MakeState(op, over.aggregate, TakesBack(over));
    skeleton_.layout.states.back().ttl_micros = AccumulatorTtlOf(over);
    if (skeleton_.routing[{op, 0}].consumers.empty()) return;
    const NativeLayout& native = NativeOf(op);
    const auto& descriptor = std::get<OverDescriptor>(native.descriptor);
    skeleton_.step_ports[op] =
        AddPort({native.name + "/steps", StepSchema(native.inputs[0], descriptor)});
  }

  void MakeState(uint32_t op, const AggregateOp& aggregate, bool retracts) {
    const StateRowLayout rows =
        StateRowLayout::Make(aggregate, skeleton_.InputSchema(op), retracts);
    StateLayout state;
    state.state_id = aggregate.state_id;
    state.key_bytes = rows.key_bytes;
    state.row_bytes = rows.row_bytes;
    state.key_view_offsets = rows.key_view_offsets;
    state.blob_offsets = rows.blob_offsets;
    state.schema = rows.Describe(aggregate, skeleton_.InputSchema(op),
                                 VisibleSchema(operators()[op].outputs[0].schema));
    state.ttl_micros = aggregate.state_ttl_micros;
    state.emit_at_end = aggregate.emit == EmitStrategy::kAtEnd;
    if (aggregate.window.has_value()) {
      const WindowSpecification& window = *aggregate.window;
      state.window = WindowLayout{window.size_micros,
                                  window.slide_micros,
                                  std::gcd(window.size_micros, window.slide_micros),
                                  window.offset_micros,
                                  window.lateness_micros,
                                  window.kind,
                                  window.processing_time,
                                  window.each_row,
                                  window.early_micros,
                                  window.late_updates,
                                  retracts};
    }
    skeleton_.states[op] = static_cast<uint32_t>(skeleton_.layout.states.size());
    skeleton_.layout.states.push_back(std::move(state));
    skeleton_.state_ops.push_back(op);
    skeleton_.state_rows[op] = rows;
  }

  // The operator, but for its step, ports and conditions.
  void MakeNative(uint32_t op) {
    const LogicalOperator& logical = operators()[op];
    NativeLayout native;
    native.name = logical.Path();
    native.descriptor = DescriptorOf(logical);
    std::vector<LogicalOutput> inputs(logical.inputs.size());
    std::vector<const LogicalOutput*> input_addresses;
    for (size_t i = 0; i < inputs.size(); ++i) {
      inputs[i].schema = skeleton_.InputSchema(op, i);
      inputs[i].changelog = skeleton_.InputChangelog(op, i);
      native.inputs.push_back(inputs[i].schema);
      native.input_row_kinds.push_back(inputs[i].changelog != ChangelogMode::kAppend);
      input_addresses.push_back(&inputs[i]);
    }
    for (StateLayout& state : NativeStates(logical, input_addresses)) {
      native.states.push_back(static_cast<uint32_t>(skeleton_.layout.states.size()));
      skeleton_.layout.states.push_back(std::move(state));
      skeleton_.state_ops.push_back(op);
    }
    std::vector<const Schema*> schemas;
    for (const Schema& schema : native.inputs) schemas.push_back(&schema);
    native.condition_schemas = ConditionSchemas(logical, schemas);
    native.condition_columns = ConditionColumns(logical);
    native.watermark_delay_micros = WatermarkDelayOf(logical);
    skeleton_.natives[op] = static_cast<uint32_t>(skeleton_.layout.natives.size());
    skeleton_.layout.natives.push_back(std::move(native));
  }

  void MakeMaterializedPorts() {
    for (auto& [key, routing] : skeleton_.routing) {
      const LogicalOperator& op = operators()[key.first];
      const LogicalOutput& output = op.outputs[key.second];
      if (routing.consumers.empty()) continue;
      const Consumer& first = routing.consumers[0];
      const bool is_target =
          routing.consumers.size() == 1 &&
          (first.edge.has_value() || operators()[*first.op].As<SinkOp>() != nullptr);
      const auto* aggregate = key.second == 0 ? op.As<AggregateOp>() : nullptr;
      const bool folds = aggregate != nullptr && aggregate->mini_batch.has_value();
      // Error rows are written natively: straight to the target's port, unless their keys are
      // hashed on the way to it, which only a loop does.
      // So are the rows of native operators.
      const bool is_native_output =
          IsNative(op) && !(op.As<OverOp>() != nullptr && key.second == 0);
      const bool is_written_natively = key.second == op.errors_output || is_native_output;
      const bool hashed = is_target && is_written_natively && first.edge.has_value() &&
                          skeleton_.chain->outputs[*first.edge].hash;
      if (is_target && !hashed && !folds) {
        if (is_written_natively) {
          routing.port = first.edge.has_value() ? skeleton_.edge_ports[*first.edge]
                                                : skeleton_.sink_ports[*first.op];
        }
        continue;
      }
      // A changelog writes up to two rows for one, and that of windows is written by two loops:
      // their consumers' code stands only once.
      const bool updates =
          aggregate != nullptr && (output.changelog == ChangelogMode::kRetract || folds ||
                                   aggregate->emit == EmitStrategy::kWindowUpdate);
      const bool is_read_natively = first.op.has_value() && IsNative(operators()[*first.op]);
      if (routing.consumers.size() > 1 || updates || is_written_natively || is_read_natively) {
        routing.port = AddPort({OutputName(op, output), output.schema,
                                output.changelog != ChangelogMode::kAppend, false,
                                PortTarget::kPipelines, 0, FoldOf(aggregate)});
      }
    }
  }

  static std::optional<FoldLayout> FoldOf(const AggregateOp* aggregate) {
    if (aggregate == nullptr || !aggregate->mini_batch) return std::nullopt;
    return FoldLayout{aggregate->mini_batch->latency_micros, aggregate->mini_batch->rows};
  }

  void MakeHead() {
    ChainLayout& layout = skeleton_.layout;
    const auto* source = operators().empty() ? nullptr : operators()[0].As<SourceOp>();
    if (source == nullptr) {
      layout.heads.clear();
      for (const ChainHead& head : skeleton_.chain->heads) {
        layout.heads.push_back(
            {head.schema, head.changelog != ChangelogMode::kAppend, head.key_hashes});
      }
      return;
    }
    layout.heads[0].schema = source->descriptor.BatchSchema();
    layout.source = ChainSource{source->descriptor, source->event_time, 0};
  }

  void MakeSteps() {
    for (uint32_t i = 0; i < operators().size(); ++i) {
      const uint32_t step = skeleton_.Step(i, operators()[i].on_error);
      if (IsNative(operators()[i])) NativeOf(i).step = step;
      if (skeleton_.layout.source.has_value() && i == 0) skeleton_.layout.source->step = step;
    }
  }

  void MakePipelines() {
    // Breadth first: a port's readers stand behind its writers.
    const ChainLayout& layout = skeleton_.layout;
    if (layout.source.has_value()) {
      AddPipeline({PipelineInput::kHead, 0, layout.heads[0].schema, false, 0, {}});
    } else {
      for (uint32_t i = 0; i < operators().size(); ++i) {
        std::set<size_t> heads;
        for (size_t input = 0; input < operators()[i].inputs.size(); ++input) {
          const bool is_inside = skeleton_.IsInChain(operators()[i].inputs[input].op);
          if (!is_inside) heads.insert(HeadOf(operators()[i], input));
        }
        for (const size_t head : heads) {
          AddPipeline({PipelineInput::kHead,
                       static_cast<uint32_t>(head),
                       layout.heads[head].schema,
                       layout.heads[head].row_kinds,
                       std::nullopt,
                       {i, std::nullopt}});
        }
      }
    }
    for (size_t done = 0; done < skeleton_.pipelines.size(); ++done) {
      const PipelineSkeleton pipeline = skeleton_.pipelines[done];
      if (pipeline.is_native) {
        const NativeCall& call = *layout.pipelines[done].native;
        const bool is_last = call.input + 1 == layout.natives[call.op].inputs.size();
        if (!is_last) continue;
        if (operators()[*pipeline.consumer.op].As<OverOp>() != nullptr) {
          FollowOver(*pipeline.consumer.op);
        } else {
          FollowOutputs(*pipeline.consumer.op, /*main_too=*/true);
        }
      } else if (!pipeline.op.has_value()) {
        Follow(pipeline.consumer);
      } else if (const LogicalOperator& op = operators()[*pipeline.op];
                 op.As<OverOp>() != nullptr) {
        FollowOutput(*pipeline.op, 0);
        if (op.errors_output) FollowOutput(*pipeline.op, *op.errors_output);
      } else {
        FollowOutputs(*pipeline.op, /*main_too=*/true);
      }
    }
  }

  void AddPipeline(PipelineSkeleton pipeline) {
    PipelineLayout layout;
    layout.input = pipeline.input;
    layout.input_index = pipeline.input_index;
    const std::optional<uint32_t> op = pipeline.op.has_value() ? pipeline.op : pipeline.consumer.op;
    layout.name = "pipeline" + std::to_string(skeleton_.pipelines.size());
    if (op.has_value()) {
      layout.first_step = skeleton_.Step(*op, operators()[*op].on_error);
      layout.name += ":" + operators()[*op].Path();
    }
    if (!pipeline.op.has_value() && op.has_value() && IsNative(operators()[*op])) {
      pipeline.is_native = true;
      MakeNativePipeline(*op, &layout);
    }
    skeleton_.layout.pipelines.push_back(std::move(layout));
    skeleton_.pipelines.push_back(std::move(pipeline));
  }

  NativeLayout& NativeOf(uint32_t op) { return skeleton_.layout.natives[skeleton_.natives.at(op)]; }

  // An input of a native operator: the next one that has none yet.
  void MakeNativePipeline(uint32_t op, PipelineLayout* pipeline) {
    NativeLayout& native = NativeOf(op);
    const uint32_t index = skeleton_.natives.at(op);
    const auto inputs = std::ranges::count_if(
        skeleton_.layout.pipelines,
        [&](const PipelineLayout& other) { return other.native && other.native->op == index; });
    pipeline->native = NativeCall{index, static_cast<uint32_t>(inputs)};
    pipeline->states = native.states;
    native.outputs.clear();
    const bool is_over = operators()[op].As<OverOp>() != nullptr;
    for (uint32_t output = 0; output < operators()[op].outputs.size(); ++output) {
      std::optional<uint32_t> port = skeleton_.routing.at({op, output}).port;
      if (is_over && output == 0) port = StepPortOf(op);
      // The errors of `over` are those of its loop.
      const bool is_written = !is_over || operators()[op].errors_output != output;
      if (port && is_written) pipeline->ports.push_back(*port);
      if (operators()[op].errors_output != output) native.outputs.push_back(port);
    }
  }

  // Finds the materialized outputs behind a consumer whose code is inlined.
  void Follow(const Consumer& consumer) {
    if (!consumer.op.has_value()) return;
    const auto* aggregate = operators()[*consumer.op].As<AggregateOp>();
    if (aggregate == nullptr) {
      FollowOutputs(*consumer.op, /*main_too=*/true);
      return;
    }
    const bool changelog = aggregate->emit == EmitStrategy::kChangelog;
    FollowOutputs(*consumer.op, changelog);
    if (changelog) return;
    const uint32_t state = skeleton_.states[*consumer.op];
    skeleton_.layout.states[state].emit_pipeline =
        static_cast<uint32_t>(skeleton_.pipelines.size());
    AddPipeline({PipelineInput::kState,
                 state,
                 operators()[*consumer.op].outputs[0].schema,
                 false,
                 consumer.op,
                 {}});
  }

  std::optional<uint32_t> StepPortOf(uint32_t op) const {
    const auto found = skeleton_.step_ports.find(op);
    return found == skeleton_.step_ports.end() ? std::nullopt : std::optional(found->second);
  }

  // The loop that reads the steps of an `over`, and whoever reads its late rows.
  void FollowOver(uint32_t op) {
    if (const std::optional<uint32_t> port = StepPortOf(op)) {
      AddPipeline(
          {PipelineInput::kPort, *port, skeleton_.layout.ports[*port].schema, false, op, {}});
    }
    if (operators()[op].As<OverOp>()->aggregate.route_late) FollowOutput(op, 1);
  }

  void FollowOutput(uint32_t op, uint32_t output) {
    const OutputRouting& routing = skeleton_.routing[{op, output}];
    if (!routing.port.has_value()) {
      for (const Consumer& consumer : routing.consumers) Follow(consumer);
      return;
    }
    const PortLayout& port = skeleton_.layout.ports[*routing.port];
    if (port.target != PortTarget::kPipelines) return;
    for (const Consumer& consumer : routing.consumers) {
      AddPipeline({PipelineInput::kPort, *routing.port, port.schema, port.row_kinds, std::nullopt,
                   consumer});
    }
  }

  void FollowOutputs(uint32_t op, bool main_too) {
    const bool emits_state = operators()[op].As<AggregateOp>() != nullptr && main_too;
    for (uint32_t output = 0; output < operators()[op].outputs.size(); ++output) {
      const bool is_main = output == 0 && operators()[op].As<AggregateOp>() != nullptr;
      if (is_main ? !main_too : emits_state && IsEmitPipeline(op)) continue;
      FollowOutput(op, output);
    }
  }

  // The late and error outputs of an aggregate belong to the loop that updates it.
  bool IsEmitPipeline(uint32_t op) const {
    return operators()[op].As<AggregateOp>()->emit != EmitStrategy::kChangelog;
  }

  // The port that has the rows of an output and no others.
  std::optional<uint32_t> PortOf(const OutputRouting& routing) const {
    if (routing.port || routing.consumers.size() != 1) return routing.port;
    const Consumer& only = routing.consumers[0];
    if (only.edge) return skeleton_.edge_ports[*only.edge];
    const auto sink = skeleton_.sink_ports.find(*only.op);
    return sink == skeleton_.sink_ports.end() ? std::nullopt : std::optional(sink->second);
  }

  void MakeTaps() {
    ChainLayout& layout = skeleton_.layout;
    std::map<OutputKey, size_t> made;
    for (const NamedStream& stream : skeleton_.chain->streams) {
      const OutputKey key{skeleton_.OperatorIndex(stream.at.op), stream.at.output};
      const LogicalOperator& op = operators()[key.first];
      const LogicalOutput& output = op.outputs[key.second];
      const OutputRouting& routing = skeleton_.routing.at(key);
      if (stream.is_merged) {
        layout.untapped.push_back(
            {stream.name, "the optimizer has made it one with `" + OutputName(op, output) + "`"});
        continue;
      }
      if (routing.consumers.empty()) {
        layout.untapped.push_back({stream.name, "nothing reads it, so it is not computed"});
        continue;
      }
      if (HidesBetween(output.schema)) {
        layout.untapped.push_back({stream.name,
                                   "its rows have the watermark between their columns; look at a "
                                   "stream behind the `select` that follows"});
        continue;
      }
      const auto [tap, is_new] = made.emplace(key, layout.taps.size());
      if (is_new) {
        const std::optional<uint32_t> port = PortOf(routing);
        if (!port) skeleton_.probes[key] = static_cast<uint32_t>(tap->second);
        layout.taps.push_back(
            {{}, VisibleSchema(output.schema), output.changelog != ChangelogMode::kAppend, port});
      }
      AddView(stream, &layout.taps[tap->second]);
    }
  }

  static void AddView(const NamedStream& stream, TapLayout* tap) {
    const std::string plan = stream.view ? stream.view->chain_plan : "";
    const auto same = std::ranges::find(tap->views, plan, &TapView::chain_plan);
    if (same != tap->views.end()) {
      same->names.push_back(stream.name);
    } else {
      tap->views.push_back(
          {{stream.name}, plan.empty() ? tap->schema : stream.view->columns, plan});
    }
  }

  ChainSkeleton skeleton_;
};

}  // namespace

ChainSkeleton ChainSkeleton::Make(const ChainPlan& chain) {
  ChainSkeleton skeleton = SkeletonBuilder(chain).Build();
  auto function = static_cast<uint32_t>(skeleton.pipelines.size());
  for (StateLayout& state : skeleton.layout.states) {
    if (state.window.has_value()) state.merge_function = function++;
  }
  for (const auto& [op, native] : skeleton.natives) {
    NativeLayout& layout = skeleton.layout.natives[native];
    for (size_t i = 0; i < ConditionsOf(chain.operators[op]).size(); ++i) {
      layout.conditions.push_back(function++);
    }
    if (const auto* match = chain.operators[op].As<MatchOp>()) {
      for (const AggregateCall& call : match->aggregates) {
        layout.aggregates.push_back(AggregateLayoutOf(call, layout.inputs[0], function++));
      }
    }
  }
  return skeleton;
}

bool ChainSkeleton::IsInChain(OperatorId id) const {
  return std::ranges::any_of(chain->operators,
                             [&](const LogicalOperator& op) { return op.id == id; });
}

uint32_t ChainSkeleton::OperatorIndex(OperatorId id) const {
  for (uint32_t i = 0; i < chain->operators.size(); ++i) {
    if (chain->operators[i].id == id) return i;
  }
  CHECK(false);
}

const Schema& ChainSkeleton::InputSchema(uint32_t op, size_t index) const {
  const LogicalOperator& logical = chain->operators[op];
  if (logical.inputs.empty() || !IsInChain(logical.inputs[index].op)) {
    return chain->heads[HeadOf(logical, index)].schema;
  }
  const LogicalInput& input = logical.inputs[index];
  return chain->operators[OperatorIndex(input.op)].outputs[input.output].schema;
}

ChangelogMode ChainSkeleton::InputChangelog(uint32_t op, size_t index) const {
  const LogicalOperator& logical = chain->operators[op];
  if (logical.inputs.empty() || !IsInChain(logical.inputs[index].op)) {
    return chain->heads[HeadOf(logical, index)].changelog;
  }
  const LogicalInput& input = logical.inputs[index];
  return chain->operators[OperatorIndex(input.op)].outputs[input.output].changelog;
}

uint32_t ChainSkeleton::Step(uint32_t op, ErrorMode mode) {
  const LogicalOperator& logical = chain->operators[op];
  for (uint32_t i = 0; i < layout.steps.size(); ++i) {
    if (step_ops[i] == op && layout.steps[i].on_error == mode) return i;
  }
  StepLayout step;
  step.path = logical.Path();
  step.on_error = mode;
  if (mode == ErrorMode::kRoute && logical.errors_output.has_value()) {
    step.errors_port = routing.at({op, *logical.errors_output}).port;
  }
  if (const auto* project = logical.As<ProjectOp>()) {
    for (const NamedExpr& column : project->columns) step.columns.push_back(column.name);
  } else if (logical.As<AggregateOp>() != nullptr || logical.As<OverOp>() != nullptr) {
    for (const Field& field : logical.outputs[0].schema) step.columns.push_back(field.name);
  } else if (const auto* source = logical.As<SourceOp>()) {
    for (const Field& field : source->descriptor.BatchSchema()) step.columns.push_back(field.name);
  }
  layout.steps.push_back(std::move(step));
  step_ops.push_back(op);
  return static_cast<uint32_t>(layout.steps.size() - 1);
}

uint32_t ChainSkeleton::Counter(const std::string& name) {
  for (uint32_t i = 0; i < layout.counters.size(); ++i) {
    if (layout.counters[i] == name) return i;
  }
  layout.counters.push_back(name);
  return static_cast<uint32_t>(layout.counters.size() - 1);
}

}  // namespace flinkc
