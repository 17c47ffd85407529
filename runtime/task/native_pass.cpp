// What the executor does for native operators (runtime/operator): gives them their outputs, calls
// them as it runs loops, evaluates their conditions.
#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/task/chain_executor.h"

namespace flinkc {

// A port with one channel, as an operator writes to it.
class ChainExecutor::NativeOutput final : public OperatorOutput {
 public:
  NativeOutput(ChainExecutor* executor, uint32_t port)
      : OperatorOutput(executor->ports_[port].builders->open(0),
                       HiddenColumn(executor->layout_.ports[port].schema)),
        executor_(executor),
        port_(port) {}

 private:
  static std::optional<uint32_t> HiddenColumn(const Schema& schema) {
    const std::optional<size_t> column = schema.IndexOf(kWatermarkColumn);
    if (!column) return std::nullopt;
    return static_cast<uint32_t>(*column);
  }
  void Flush() override { executor_->FlushChannel(port_, 0); }

  ChainExecutor* const executor_;
  const uint32_t port_;
};

Status ChainExecutor::OpenOperators(const OperatorServices& services, int64_t now_micros) {
  context_.kernel.now_micros = now_micros;
  for (uint32_t i = 0; i < layout_.natives.size(); ++i) {
    const NativeLayout& layout = layout_.natives[i];
    if (services.factory == nullptr) {
      return MakeError(ErrorCode::kUnsupported,
                       "`" + layout.name + "` is an operator that this process does not have");
    }
    Native native;
    OperatorContext context;
    context.layout = &layout;
    for (const uint32_t state : layout.states) context.states.push_back(states_[state].keyed.get());
    for (const std::optional<uint32_t>& port : layout.outputs) {
      std::unique_ptr<OperatorOutput> output;
      if (port) output = std::make_unique<NativeOutput>(this, *port);
      context.outputs.push_back(output.get());
      native.outputs.push_back(std::move(output));
    }
    context.arena = &*arena_;
    context.memory = memory_;
    context.key_groups = key_groups_;
    context.now_micros = &context_.kernel.now_micros;
    context.blocked = &context_.blocked;
    context.evaluate = [this, &layout](size_t index, const RecordBatch& batch, const Schema& schema,
                                       uint8_t* holds) {
      const ConditionInput input{&batch.layout(), holds};
      return Evaluate(layout.conditions[index], batch, schema, &input);
    };
    context.aggregate = [this, &layout](size_t index, const RecordBatch& batch,
                                        const Schema& schema, AggregateInput* input) {
      input->rows = &batch.layout();
      return Evaluate(layout.aggregates[index].function, batch, schema, input);
    };
    context.counter = [this](std::string_view name) {
      const auto found = std::ranges::find(layout_.counters, name);
      CHECK(found != layout_.counters.end());
      return &counters_[static_cast<size_t>(found - layout_.counters.begin())];
    };
    context.scan_table = services.scan_table;
    context.log = services.log;
    ASSIGN_OR_RETURN(native.op, services.factory(std::move(context)));
    for (uint32_t p = 0; p < layout_.pipelines.size(); ++p) {
      const auto& call = layout_.pipelines[p].native;
      if (call && call->op == i) native.last_pipeline = p;
    }
    natives_.push_back(std::move(native));
  }
  return {};
}

bool ChainExecutor::Evaluate(uint32_t function, const RecordBatch& batch, const Schema& schema,
                             const void* input) {
  // A row that fails is one of these.
  const RecordBatch* const run_batch = std::exchange(run_batch_, &batch);
  const Schema* const run_schema = std::exchange(run_schema_, &schema);
  const int64_t next = code_->Run(function, &context_, input, 0);
  run_batch_ = run_batch;
  run_schema_ = run_schema;
  if (next == kPipelineFailed && !failed_) {
    Fail(Error{ErrorCode::kInternal, "an expression failed without saying why"});
  }
  return next != kPipelineFailed;
}

void ChainExecutor::BeginRun(uint32_t pipeline) {
  arena_->BeginRun();
  for (uint32_t port : layout_.pipelines[pipeline].ports) ports_[port].builders->BeginRun();
  context_.blocked = 0;
  if (taps_->empty()) return;
  taps_->BeginRun(context_.kernel.now_micros);
  if (code_ != chain_.get() && !taps_->needs_probes()) UseCode(chain_.get());
}

ChainExecutor::Step ChainExecutor::FailIn(const NativeLayout& layout, Error error) {
  return Fail(std::move(error).WithContext("`" + layout.name + "`"));
}

int64_t ChainExecutor::RunNative(uint32_t pipeline, const QueuedBatch& input) {
  const NativeCall& call = *layout_.pipelines[pipeline].native;
  BeginRun(pipeline);
  run_first_row_ = input.next_row;
  const Result<int32_t> next =
      natives_[call.op].op->Process(call.input, *input.batch, static_cast<int32_t>(input.next_row));
  if (!next && !failed_) FailIn(layout_.natives[call.op], next.error());
  if (failed_) return kPipelineFailed;
  EndRun(pipeline);
  return *next;
}

// One piece of what a watermark, or the time, causes in the operator that ends at `pipeline`.
template <typename Call>
ChainExecutor::Step ChainExecutor::AdvanceNative(uint32_t pipeline, bool* done, Call call) {
  const uint32_t index = layout_.pipelines[pipeline].native->op;
  if (*done || natives_[index].last_pipeline != pipeline) return Step::kNothingToDo;
  if (!HasRoomFor(pipeline)) return Step::kNoRoom;
  BeginRun(pipeline);
  const Result<bool> finished = call(*natives_[index].op);
  if (!finished && !failed_) return FailIn(layout_.natives[index], finished.error());
  if (failed_) return Step::kFailed;
  EndRun(pipeline);
  *done = *finished;
  return Step::kDidWork;
}

ChainExecutor::Step ChainExecutor::AdvanceNativeWatermark(uint32_t pipeline, int64_t watermark) {
  return AdvanceNative(pipeline, &pass_->native_done,
                       [watermark](NativeOperator& op) { return op.OnWatermark(watermark); });
}

ChainExecutor::Step ChainExecutor::AdvanceNativeTime(uint32_t pipeline, int64_t now_micros) {
  return AdvanceNative(pipeline, &pass_->native_done,
                       [now_micros](NativeOperator& op) { return op.OnTime(now_micros); });
}

}  // namespace flinkc
