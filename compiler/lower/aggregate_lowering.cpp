#include "compiler/lower/aggregate_lowering.h"

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/value_access.h"
#include "runtime/abi/keyed_table.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Keys are compared by their bytes, so equal values must have equal bytes.
LoopValue CanonicalPayload(FunctionBuilder& fn, const DataType& type, LoopValue payload) {
  if (type.kind() == TypeKind::kDouble) return fn.Call("flinkc_canonical_double", {payload});
  if (type.kind() == TypeKind::kFloat) return fn.Call("flinkc_canonical_float", {payload});
  return payload;
}

}  // namespace

std::vector<AggregateLowering::PreparedCall> AggregateLowering::PrepareCalls(
    const LoweredRow& row, FailureTarget& failure) {
  std::vector<PreparedCall> prepared;
  for (const AggregateCall& call : aggregate_.calls) {
    PreparedCall result;
    if (layout_.accumulators[prepared.size()].shared) {  // the earlier call does it
      prepared.push_back(std::move(result));
      continue;
    }
    if (call.filter == nullptr) {
      result.active = fn_.Bool(true);
      for (const ExprPtr& argument : call.arguments) {
        LoweredValue value = expressions_.Emit(*argument, row, failure);
        if (value.valid.has_value() && !call.resolution.sees_null) {
          result.active = fn_.And(result.active, *value.valid);
        }
        result.arguments.push_back(value);
      }
      prepared.push_back(std::move(result));
      continue;
    }
    if (call.arguments.empty()) {
      result.active = expressions_.EmitIsTrue(*call.filter, row, failure);
      prepared.push_back(std::move(result));
      continue;
    }
    // if (filter) { arguments = …; active = all are valid }
    const LoopVariable active = fn_.DeclareVariable("active", fn_.Bool(false));
    std::vector<std::pair<LoopVariable, LoopVariable>> variables;
    for (const ExprPtr& argument : call.arguments) {
      const LoweredValue null = LoadNull(fn_, argument->type());
      variables.emplace_back(fn_.DeclareVariable("argument", null.payload),
                             fn_.DeclareVariable("valid", *null.valid));
    }
    {
      If passes(fn_, expressions_.EmitIsTrue(*call.filter, row, failure));
      LoopValue all_valid = fn_.Bool(true);
      for (size_t i = 0; i < call.arguments.size(); ++i) {
        const LoweredValue value = expressions_.Emit(*call.arguments[i], row, failure);
        fn_.Set(variables[i].first, value.payload);
        fn_.Set(variables[i].second, ValidOrTrue(fn_, value));
        if (value.valid.has_value() && !call.resolution.sees_null) {
          all_valid = fn_.And(all_valid, *value.valid);
        }
      }
      fn_.Set(active, all_valid);
    }
    result.active = fn_.Get(active);
    for (const auto& [payload, valid] : variables) {
      result.arguments.push_back({fn_.Get(payload), fn_.Get(valid)});
    }
    prepared.push_back(std::move(result));
  }
  return prepared;
}

LoopValue AggregateLowering::BuildKey(const LoweredRow& row, const Schema& input) {
  const LoopValue key = fn_.StackSlot(std::max(layout_.key_bytes, 8u), 8);
  fn_.MemoryZero(key, std::max(layout_.key_bytes, 8u));
  // A session's number stands behind the keys: 0.
  for (size_t i = 0; i < aggregate_.keys.size(); ++i) {
    const StateSchema::KeyField& field = layout_.keys[i];
    const LoweredValue& value = row.columns[aggregate_.keys[i]];
    const DataType& type = input[aggregate_.keys[i]].type;
    const LoopValue address = fn_.Offset(key, field.offset - KeyedTable::kHashBytes);
    if (!value.valid.has_value()) {
      StorePayload(fn_, type, CanonicalPayload(fn_, type, value.payload), address);
      continue;
    }
    // if (valid) field = value; else null byte = 1
    If valid(fn_, *value.valid);
    StorePayload(fn_, type, CanonicalPayload(fn_, type, value.payload), address);
    valid.Else();
    CHECK(field.null_offset.has_value());
    fn_.Store(fn_.I8(1), key, *field.null_offset - KeyedTable::kHashBytes);
  }
  return key;
}

void AggregateLowering::Accumulate(const std::vector<PreparedCall>& calls, LoopValue state_row,
                                   LoopValue heap, FailureTarget& failure) {
  for (size_t i = 0; i < calls.size(); ++i) {
    if (layout_.accumulators[i].shared) continue;
    AccumulateOne(i, calls[i], state_row, heap, failure);
  }
}

void AggregateLowering::AccumulateOne(size_t call, const PreparedCall& prepared,
                                      LoopValue state_row, LoopValue heap, FailureTarget& failure) {
  const AggregateCall& aggregate_call = aggregate_.calls[call];
  if (!aggregate_call.distinct && !aggregate_call.resolution.accumulate_if.empty()) {
    // accumulate_if(…, active)
    const LoopValue state = fn_.Offset(state_row, layout_.accumulators[call].offset);
    expressions_.LeaveOnFailure(
        fn_.Call(aggregate_call.resolution.accumulate_if, {context_, heap, state, prepared.active}),
        failure);
    return;
  }
  // if (active && (not distinct || value is new)) accumulate(…)
  If active(fn_, prepared.active);
  if (!aggregate_.calls[call].distinct) {
    CallAccumulate(call, prepared.arguments, state_row, heap, failure);
    return;
  }
  const LoopValue is_new = InsertDistinct(call, aggregate_.calls[call].arguments[0]->type(),
                                          prepared.arguments[0].payload, state_row, heap, failure);
  If fresh(fn_, is_new);
  CallAccumulate(call, prepared.arguments, state_row, heap, failure);
}

void AggregateLowering::CallAccumulate(size_t call, const std::vector<LoweredValue>& arguments,
                                       LoopValue state_row, LoopValue heap,
                                       FailureTarget& failure) {
  const AggregateResolution& resolution = aggregate_.calls[call].resolution;
  std::vector<LoopValue> parameters{context_, heap,
                                    fn_.Offset(state_row, layout_.accumulators[call].offset)};
  for (const LoweredValue& argument : arguments) {
    parameters.push_back(argument.payload);
    if (resolution.sees_null) parameters.push_back(ValidOrTrue(fn_, argument));
  }
  for (int64_t immediate : resolution.immediates) parameters.push_back(fn_.I64(immediate));
  expressions_.LeaveOnFailure(fn_.Call(resolution.accumulate, parameters), failure);
}

LoopValue AggregateLowering::InsertDistinct(size_t call, const DataType& type, LoopValue payload,
                                            LoopValue state_row, LoopValue heap,
                                            FailureTarget& failure) {
  const LoopValue set = fn_.Offset(state_row, *layout_.accumulators[call].distinct_offset);
  LoopValue bytes;
  LoopValue size;
  if (type.is_view()) {
    bytes = fn_.Call("flinkc_view_data", {payload});
    size = fn_.ZeroExtend(fn_.Load(ValueType::kI32, payload), ValueType::kI64);
  } else if (type.kind() == TypeKind::kDecimal) {
    bytes = payload;
    size = fn_.I64(sizeof(Int128));
  } else {
    bytes = fn_.StackSlot(8, 8);
    fn_.Store(CanonicalPayload(fn_, type, payload), bytes);
    size = fn_.I64(ByteWidth(type.physical()));
  }
  const LoopValue answer = fn_.Call("flinkc_distinct_insert", {heap, set, bytes, size});
  expressions_.LeaveOnFailure(answer, failure);
  return fn_.Equal(answer, fn_.I32(1));
}

std::vector<LoweredValue> AggregateLowering::LoadKeys(LoopValue state_row) {
  std::vector<LoweredValue> keys;
  for (size_t i = 0; i < aggregate_.keys.size(); ++i) {
    const StateSchema::KeyField& field = layout_.keys[i];
    LoweredValue value;
    const LoopValue address = fn_.Offset(state_row, field.offset);
    if (field.null_offset.has_value()) {
      value.valid = fn_.Equal(fn_.Load(ValueType::kI8, state_row, *field.null_offset), fn_.I8(0));
    }
    if (field.type.is_view()) {
      value.payload = fn_.StackSlot(sizeof(StringValue), 8);
      fn_.Call("flinkc_copy_view", {context_, address, value.payload});
    } else {
      value.payload = LoadPayload(fn_, field.type, address, /*aligned=*/false);
    }
    keys.push_back(value);
  }
  return keys;
}

LoweredValue AggregateLowering::ResultOf(size_t call, LoopValue state_row, FailureTarget& failure) {
  const AggregateResolution& resolution = aggregate_.calls[call].resolution;
  std::vector<LoopValue> parameters{context_,
                                    fn_.Offset(state_row, layout_.accumulators[call].offset)};
  for (int64_t immediate : resolution.immediates) parameters.push_back(fn_.I64(immediate));
  return expressions_.EmitStatusCall(resolution.result_kernel, std::move(parameters),
                                     resolution.result, resolution.result.nullable(),
                                     /*fallible=*/true, failure);
}

void AggregateLowering::Merge(LoopValue into, LoopValue from, LoopValue heap,
                              FailureTarget& failure) {
  for (size_t i = 0; i < aggregate_.calls.size(); ++i) {
    if (layout_.accumulators[i].shared) continue;
    if (aggregate_.calls[i].distinct) {
      MergeDistinct(i, into, from, heap, failure);
      continue;
    }
    const AggregateResolution& resolution = aggregate_.calls[i].resolution;
    const uint32_t offset = layout_.accumulators[i].offset;
    std::vector<LoopValue> parameters{context_, heap, fn_.Offset(into, offset),
                                      fn_.Offset(from, offset)};
    for (int64_t immediate : resolution.immediates) parameters.push_back(fn_.I64(immediate));
    expressions_.LeaveOnFailure(fn_.Call(resolution.merge, parameters), failure);
  }
}

void AggregateLowering::MergeDistinct(size_t call, LoopValue into, LoopValue from, LoopValue heap,
                                      FailureTarget& failure) {
  // for (value in from.set) if (into.set has not value) accumulate(into, value)
  const AggregateCall& aggregate_call = aggregate_.calls[call];
  const DataType& type = aggregate_call.arguments[0]->type();
  const LoopValue set = fn_.Offset(from, *layout_.accumulators[call].distinct_offset);
  const LoopValue cursor = fn_.StackSlot(8, 8);
  const LoopValue address = fn_.StackSlot(8, 8);
  const LoopValue size = fn_.StackSlot(8, 8);
  fn_.Store(fn_.I64(0), cursor);
  While values(fn_, [&] { return fn_.Call("flinkc_distinct_next", {set, cursor, address, size}); });
  const LoopValue bytes = fn_.Load(ValueType::kPtr, address);
  LoopValue payload;
  if (type.is_view()) {
    payload = fn_.StackSlot(sizeof(StringValue), 8);
    fn_.Call("flinkc_make_view", {bytes, fn_.Load(ValueType::kI64, size), payload});
  } else if (type.kind() == TypeKind::kDecimal) {
    payload = fn_.StackSlot(sizeof(Int128), 16);
    fn_.MemoryCopy(payload, bytes, sizeof(Int128));
  } else {
    payload = fn_.Load(PayloadType(type), bytes);
  }
  const LoopValue is_new = InsertDistinct(call, type, payload, into, heap, failure);
  If fresh(fn_, is_new);
  // The other arguments are literals.
  std::vector<LoweredValue> arguments{{payload, std::nullopt}};
  for (size_t i = 1; i < aggregate_call.arguments.size(); ++i) {
    arguments.push_back(expressions_.Emit(*aggregate_call.arguments[i], LoweredRow(), failure));
  }
  CallAccumulate(call, arguments, into, heap, failure);
}

}  // namespace flinkc
