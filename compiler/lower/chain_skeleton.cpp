#include "compiler/lower/chain_skeleton.h"

#include <algorithm>
#include <numeric>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Rows of a sink have no hidden columns.
Schema VisibleSchema(const Schema& schema) {
  Schema visible;
  for (const Field& field : schema) {
    if (field.name != kWatermarkColumn) visible.Add(field);
  }
  return visible;
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
      skeleton_.edge_ports.push_back(AddPort({OutputName(op, output), output.schema, row_kinds,
                                              chain_output.hash, PortTarget::kEdge, edge}));
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
        MakeState(i, *aggregate);
      }
    }
  }

  void MakeState(uint32_t op, const AggregateOp& aggregate) {
    const StateRowLayout rows = StateRowLayout::Make(aggregate, skeleton_.InputSchema(op));
    StateLayout state;
    state.state_id = aggregate.state_id;
    state.key_bytes = rows.key_bytes;
    state.row_bytes = rows.row_bytes;
    state.key_view_offsets = rows.key_view_offsets;
    state.blob_offsets = rows.blob_offsets;
    state.schema =
        rows.Describe(aggregate, skeleton_.InputSchema(op), operators()[op].outputs[0].schema);
    state.ttl_micros = aggregate.state_ttl_micros;
    state.emit_at_end = aggregate.emit == EmitStrategy::kAtEnd;
    if (aggregate.window.has_value()) {
      const WindowSpecification& window = *aggregate.window;
      state.window = WindowLayout{window.size_micros, window.slide_micros,
                                  std::gcd(window.size_micros, window.slide_micros),
                                  window.offset_micros, window.lateness_micros};
    }
    skeleton_.states[op] = static_cast<uint32_t>(skeleton_.layout.states.size());
    skeleton_.layout.states.push_back(std::move(state));
    skeleton_.state_ops.push_back(op);
    skeleton_.state_rows[op] = rows;
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
      // Error rows are written natively: straight to the target's port, unless their keys are
      // hashed on the way to it, which only a loop does.
      const bool hashed_errors = is_target && key.second == op.errors_output &&
                                 first.edge.has_value() &&
                                 skeleton_.chain->outputs[*first.edge].hash;
      if (is_target && !hashed_errors) {
        if (key.second == op.errors_output) {
          routing.port = first.edge.has_value() ? skeleton_.edge_ports[*first.edge]
                                                : skeleton_.sink_ports[*first.op];
        }
        continue;
      }
      // A changelog writes up to two rows for one: their consumers' code stands only once.
      const bool updates = op.As<AggregateOp>() != nullptr && key.second == 0 &&
                           output.changelog == ChangelogMode::kRetract;
      if (routing.consumers.size() > 1 || updates || hashed_errors ||
          key.second == op.errors_output) {
        routing.port =
            AddPort({OutputName(op, output), output.schema,
                     output.changelog != ChangelogMode::kAppend, false, PortTarget::kPipelines, 0});
      }
    }
  }

  void MakeHead() {
    ChainLayout& layout = skeleton_.layout;
    const auto* source = operators().empty() ? nullptr : operators()[0].As<SourceOp>();
    if (source == nullptr) {
      layout.head_schema = skeleton_.chain->head_schema;
      layout.head_row_kinds = skeleton_.chain->head_changelog != ChangelogMode::kAppend;
      layout.head_key_hashes = skeleton_.chain->head_key_hashes;
      return;
    }
    layout.head_schema = source->descriptor.BatchSchema();
    layout.source = ChainSource{source->descriptor, source->event_time, 0};
  }

  void MakeSteps() {
    for (uint32_t i = 0; i < operators().size(); ++i) {
      const uint32_t step = skeleton_.Step(i, operators()[i].on_error);
      if (skeleton_.layout.source.has_value() && i == 0) skeleton_.layout.source->step = step;
    }
  }

  void MakePipelines() {
    // Breadth first: a port's readers stand behind its writers.
    const ChainLayout& layout = skeleton_.layout;
    if (layout.source.has_value()) {
      AddPipeline({PipelineInput::kHead, 0, layout.head_schema, false, 0, {}});
    } else {
      for (uint32_t i = 0; i < operators().size(); ++i) {
        const auto& inputs = operators()[i].inputs;
        const bool from_gate = std::ranges::any_of(
            inputs, [&](const LogicalInput& input) { return !skeleton_.IsInChain(input.op); });
        if (!from_gate) continue;
        AddPipeline({PipelineInput::kHead,
                     0,
                     layout.head_schema,
                     layout.head_row_kinds,
                     std::nullopt,
                     {i, std::nullopt}});
      }
    }
    for (size_t done = 0; done < skeleton_.pipelines.size(); ++done) {
      const PipelineSkeleton pipeline = skeleton_.pipelines[done];
      if (!pipeline.op.has_value()) {
        Follow(pipeline.consumer);
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
    skeleton_.layout.pipelines.push_back(std::move(layout));
    skeleton_.pipelines.push_back(std::move(pipeline));
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

  void FollowOutputs(uint32_t op, bool main_too) {
    const bool emits_state = operators()[op].As<AggregateOp>() != nullptr && main_too;
    for (uint32_t output = 0; output < operators()[op].outputs.size(); ++output) {
      const bool is_main = output == 0 && operators()[op].As<AggregateOp>() != nullptr;
      if (is_main ? !main_too : emits_state && IsEmitPipeline(op)) continue;
      const OutputRouting& routing = skeleton_.routing[{op, output}];
      if (!routing.port.has_value()) {
        for (const Consumer& consumer : routing.consumers) Follow(consumer);
        continue;
      }
      const PortLayout& port = skeleton_.layout.ports[*routing.port];
      if (port.target != PortTarget::kPipelines) continue;
      for (const Consumer& consumer : routing.consumers) {
        AddPipeline({PipelineInput::kPort, *routing.port, port.schema, port.row_kinds, std::nullopt,
                     consumer});
      }
    }
  }

  // The late and error outputs of an aggregate belong to the loop that updates it.
  bool IsEmitPipeline(uint32_t op) const {
    return operators()[op].As<AggregateOp>()->emit != EmitStrategy::kChangelog;
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

const Schema& ChainSkeleton::InputSchema(uint32_t op) const {
  const LogicalOperator& logical = chain->operators[op];
  if (logical.inputs.empty() || !IsInChain(logical.inputs[0].op)) return chain->head_schema;
  const LogicalInput& input = logical.inputs[0];
  return chain->operators[OperatorIndex(input.op)].outputs[input.output].schema;
}

ChangelogMode ChainSkeleton::InputChangelog(uint32_t op) const {
  const LogicalOperator& logical = chain->operators[op];
  if (logical.inputs.empty() || !IsInChain(logical.inputs[0].op)) return chain->head_changelog;
  const LogicalInput& input = logical.inputs[0];
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
  } else if (logical.As<AggregateOp>() != nullptr) {
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
