#include "compiler/lower/aggregate_lowering.h"

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/value_access.h"
#include "runtime/abi/keyed_table.h"
#include "runtime/abi/row_error.h"
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

// The value that a shared set is asked for is needed if any of its calls counts the row.
bool AggregateLowering::SharesValues(size_t call) const {
  const std::optional<uint32_t> set = layout_.accumulators[call].distinct_set;
  return set && layout_.distinct_sets[*set].calls.size() > 1;
}

std::vector<AggregateLowering::PreparedCall> AggregateLowering::PrepareCalls(
    const LoweredRow& row, FailureTarget& failure) {
  std::vector<PreparedCall> prepared;
  for (const AggregateCall& call : aggregate_.calls) {
    PreparedCall result;
    if (layout_.accumulators[prepared.size()].shared) {  // the earlier call does it
      prepared.push_back(std::move(result));
      continue;
    }
    if (call.filter == nullptr || SharesValues(prepared.size())) {
      result.active = call.filter == nullptr ? fn_.Bool(true)
                                             : expressions_.EmitIsTrue(*call.filter, row, failure);
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

void AggregateLowering::Update(Step step, const std::vector<PreparedCall>& calls,
                               LoopValue state_row, LoopValue heap, FailureTarget& failure) {
  if (layout_.has_own_row_count) {
    // rows += 1, or -= 1
    const LoopValue rows = fn_.Load(ValueType::kI64, state_row, *layout_.row_count_offset);
    const LoopValue one = fn_.I64(1);
    fn_.Store(step == Step::kAccumulate ? fn_.Add(rows, one) : fn_.Sub(rows, one), state_row,
              *layout_.row_count_offset);
  }
  for (uint32_t i = 0; i < calls.size(); ++i) {
    const StateRowLayout::Accumulator& accumulator = layout_.accumulators[i];
    if (accumulator.shared || aggregate_.calls[i].resolution.per_row) continue;
    if (!accumulator.distinct_set) {
      UpdateCall(step, i, calls[i].active, calls[i].arguments, state_row, heap, failure);
      continue;
    }
    const DistinctSet& set = layout_.distinct_sets[*accumulator.distinct_set];
    if (set.calls[0] != i) continue;  // the first one did it
    if (step == Step::kRetract) {
      RetractCounted(set, calls, state_row, heap, failure);
    } else if (set.counted) {
      AccumulateCounted(set, calls, state_row, heap, failure);
    } else if (set.words != 0) {
      AccumulateShared(set, calls, state_row, heap, failure);
    } else {
      AccumulateDistinct(set, calls[i], state_row, heap, failure);
    }
  }
}

void AggregateLowering::UpdatePerRow(const std::vector<PreparedCall>& calls, LoopValue state_row,
                                     LoopValue heap, FailureTarget& failure) {
  for (uint32_t i = 0; i < calls.size(); ++i) {
    if (!aggregate_.calls[i].resolution.per_row || layout_.accumulators[i].shared) continue;
    UpdateCall(Step::kAccumulate, i, calls[i].active, calls[i].arguments, state_row, heap, failure);
  }
}

void AggregateLowering::Clear(LoopValue state_row, LoopValue heap) {
  const auto free_blob = [&](uint32_t offset) {
    fn_.Call("flinkc_rt_free_blob", {heap, fn_.Offset(state_row, offset)});
  };
  if (layout_.has_own_row_count) fn_.Store(fn_.I64(0), state_row, *layout_.row_count_offset);
  for (uint32_t i = 0; i < aggregate_.calls.size(); ++i) {
    const AggregateResolution& resolution = aggregate_.calls[i].resolution;
    const StateRowLayout::Accumulator& accumulator = layout_.accumulators[i];
    if (accumulator.shared || resolution.per_row) continue;
    for (const uint32_t blob : resolution.blob_offsets) free_blob(accumulator.offset + blob);
    fn_.MemoryZero(fn_.Offset(state_row, accumulator.offset), resolution.state_bytes);
  }
  for (const DistinctSet& set : layout_.distinct_sets) free_blob(set.offset);
}

void AggregateLowering::UpdateCall(Step step, size_t call, LoopValue active,
                                   const std::vector<LoweredValue>& arguments, LoopValue state_row,
                                   LoopValue heap, FailureTarget& failure) {
  const AggregateResolution& resolution = aggregate_.calls[call].resolution;
  if (step == Step::kAccumulate && !resolution.accumulate_if.empty()) {
    // accumulate_if(…, active)
    const LoopValue state = fn_.Offset(state_row, layout_.accumulators[call].offset);
    expressions_.LeaveOnFailure(fn_.Call(resolution.accumulate_if, {context_, heap, state, active}),
                                failure);
    return;
  }
  // if (active) accumulate(…)
  If counts(fn_, active);
  CallKernel(step == Step::kAccumulate ? resolution.accumulate : resolution.retract, call,
             arguments, state_row, heap, failure);
}

void AggregateLowering::CallKernel(std::string_view kernel, size_t call,
                                   const std::vector<LoweredValue>& arguments, LoopValue state_row,
                                   LoopValue heap, FailureTarget& failure) {
  const AggregateResolution& resolution = aggregate_.calls[call].resolution;
  std::vector<LoopValue> parameters{context_, heap,
                                    fn_.Offset(state_row, layout_.accumulators[call].offset)};
  for (const LoweredValue& argument : arguments) {
    parameters.push_back(argument.payload);
    if (resolution.sees_null) parameters.push_back(ValidOrTrue(fn_, argument));
  }
  for (int64_t immediate : resolution.immediates) parameters.push_back(fn_.I64(immediate));
  expressions_.LeaveOnFailure(fn_.Call(kernel, parameters), failure);
}

AggregateLowering::ValueBytes AggregateLowering::BytesOf(const DataType& type, LoopValue payload) {
  if (type.is_view()) {
    return {fn_.Call("flinkc_view_data", {payload}),
            fn_.ZeroExtend(fn_.Load(ValueType::kI32, payload), ValueType::kI64)};
  }
  if (type.kind() == TypeKind::kDecimal) return {payload, fn_.I64(sizeof(Int128))};
  const LoopValue bytes = fn_.StackSlot(8, 8);
  fn_.Store(CanonicalPayload(fn_, type, payload), bytes);
  return {bytes, fn_.I64(ByteWidth(type.physical()))};
}

LoopValue AggregateLowering::DistinctWords(const DistinctSet& set, const ValueBytes& value,
                                           LoopValue state_row, LoopValue heap,
                                           FailureTarget& failure) {
  const LoopValue words = fn_.Call(
      "flinkc_distinct_words",
      {heap, fn_.Offset(state_row, set.offset), value.data, value.size, fn_.I64(set.words)});
  expressions_.LeaveOnFailure(
      fn_.Select(fn_.IsNull(words), fn_.I32(static_cast<int32_t>(RowStatus::kMemoryLimit)),
                 fn_.I32(static_cast<int32_t>(RowStatus::kOk))),
      failure);
  return words;
}

void AggregateLowering::AccumulateDistinct(const DistinctSet& set, const PreparedCall& prepared,
                                           LoopValue state_row, LoopValue heap,
                                           FailureTarget& failure) {
  // if (active) if (value is new) accumulate(…)
  const uint32_t call = set.calls[0];
  If active(fn_, prepared.active);
  const ValueBytes value =
      BytesOf(aggregate_.calls[call].arguments[0]->type(), prepared.arguments[0].payload);
  const LoopValue answer = fn_.Call(
      "flinkc_distinct_insert", {heap, fn_.Offset(state_row, set.offset), value.data, value.size});
  expressions_.LeaveOnFailure(answer, failure);
  If fresh(fn_, fn_.Equal(answer, fn_.I32(1)));
  CallKernel(aggregate_.calls[call].resolution.accumulate, call, prepared.arguments, state_row,
             heap, failure);
}

namespace {

LoopValue AnyActive(FunctionBuilder& fn, const std::vector<uint32_t>& calls,
                    const std::vector<AggregateLowering::PreparedCall>& prepared) {
  LoopValue any = prepared[calls[0]].active;
  for (size_t i = 1; i < calls.size(); ++i) any = fn.Or(any, prepared[calls[i]].active);
  return any;
}

}  // namespace

void AggregateLowering::AccumulateShared(const DistinctSet& set,
                                         const std::vector<PreparedCall>& calls,
                                         LoopValue state_row, LoopValue heap,
                                         FailureTarget& failure) {
  // if (any active) { seen = word(value); word(value) |= active bits;
  //                   for (each active bit that seen has not) accumulate(…) }
  If any(fn_, AnyActive(fn_, set.calls, calls));
  const DataType& type = aggregate_.calls[set.calls[0]].arguments[0]->type();
  const ValueBytes value = BytesOf(type, calls[set.calls[0]].arguments[0].payload);
  const LoopValue word = DistinctWords(set, value, state_row, heap, failure);
  const LoopValue seen = fn_.Load(ValueType::kI64, word);
  LoopValue seen_now = seen;
  std::vector<LoopValue> fresh;
  for (uint32_t place = 0; place < set.calls.size(); ++place) {
    const LoopValue active = calls[set.calls[place]].active;
    const LoopValue bit = fn_.I64(static_cast<int64_t>(uint64_t{1} << place));
    seen_now = fn_.Or(seen_now, fn_.Select(active, bit, fn_.I64(0)));
    fresh.push_back(fn_.And(active, fn_.Equal(fn_.And(seen, bit), fn_.I64(0))));
  }
  fn_.Store(seen_now, word);
  for (uint32_t place = 0; place < set.calls.size(); ++place) {
    const uint32_t call = set.calls[place];
    UpdateCall(Step::kAccumulate, call, fresh[place], calls[call].arguments, state_row, heap,
               failure);
  }
}

void AggregateLowering::AccumulateCounted(const DistinctSet& set,
                                          const std::vector<PreparedCall>& calls,
                                          LoopValue state_row, LoopValue heap,
                                          FailureTarget& failure) {
  // if (any active) for (each active) if (words(value)[i]++ == 0) accumulate(…)
  If any(fn_, AnyActive(fn_, set.calls, calls));
  const DataType& type = aggregate_.calls[set.calls[0]].arguments[0]->type();
  const ValueBytes value = BytesOf(type, calls[set.calls[0]].arguments[0].payload);
  const LoopValue words = DistinctWords(set, value, state_row, heap, failure);
  for (uint32_t place = 0; place < set.calls.size(); ++place) {
    const uint32_t call = set.calls[place];
    If active(fn_, calls[call].active);
    const LoopValue rows = fn_.Load(ValueType::kI64, words, int64_t{8} * place);
    fn_.Store(fn_.Add(rows, fn_.I64(1)), words, int64_t{8} * place);
    If fresh(fn_, fn_.Equal(rows, fn_.I64(0)));
    CallKernel(aggregate_.calls[call].resolution.accumulate, call, calls[call].arguments, state_row,
               heap, failure);
  }
}

void AggregateLowering::RetractCounted(const DistinctSet& set,
                                       const std::vector<PreparedCall>& calls, LoopValue state_row,
                                       LoopValue heap, FailureTarget& failure) {
  // if (any active && value is there) {
  //   for (each active) if (words[i] > 0 && --words[i] == 0) retract(…)
  //   release(words) }
  If any(fn_, AnyActive(fn_, set.calls, calls));
  const DataType& type = aggregate_.calls[set.calls[0]].arguments[0]->type();
  const ValueBytes value = BytesOf(type, calls[set.calls[0]].arguments[0].payload);
  const LoopValue values = fn_.Offset(state_row, set.offset);
  const LoopValue words =
      fn_.Call("flinkc_distinct_find", {values, value.data, value.size, fn_.I64(set.words)});
  If found(fn_, fn_.Not(fn_.IsNull(words)));
  for (uint32_t place = 0; place < set.calls.size(); ++place) {
    const uint32_t call = set.calls[place];
    const LoopValue rows = fn_.Load(ValueType::kI64, words, int64_t{8} * place);
    If active(fn_, fn_.And(calls[call].active, fn_.NotEqual(rows, fn_.I64(0))));
    fn_.Store(fn_.Sub(rows, fn_.I64(1)), words, int64_t{8} * place);
    If last(fn_, fn_.Equal(rows, fn_.I64(1)));
    CallKernel(aggregate_.calls[call].resolution.retract, call, calls[call].arguments, state_row,
               heap, failure);
  }
  fn_.Call("flinkc_distinct_release", {values, words, fn_.I64(set.words)});
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
  if (layout_.has_own_row_count) {
    // into.rows += from.rows
    const uint32_t offset = *layout_.row_count_offset;
    fn_.Store(
        fn_.Add(fn_.Load(ValueType::kI64, into, offset), fn_.Load(ValueType::kI64, from, offset)),
        into, offset);
  }
  for (uint32_t i = 0; i < aggregate_.calls.size(); ++i) {
    const StateRowLayout::Accumulator& accumulator = layout_.accumulators[i];
    if (accumulator.shared) continue;
    if (accumulator.distinct_set) {
      const DistinctSet& set = layout_.distinct_sets[*accumulator.distinct_set];
      if (set.calls[0] == i) MergeDistinct(set, into, from, heap, failure);
      continue;
    }
    const AggregateResolution& resolution = aggregate_.calls[i].resolution;
    const uint32_t offset = accumulator.offset;
    std::vector<LoopValue> parameters{context_, heap, fn_.Offset(into, offset),
                                      fn_.Offset(from, offset)};
    for (int64_t immediate : resolution.immediates) parameters.push_back(fn_.I64(immediate));
    expressions_.LeaveOnFailure(fn_.Call(resolution.merge, parameters), failure);
  }
}

void AggregateLowering::MergeDistinct(const DistinctSet& set, LoopValue into, LoopValue from,
                                      LoopValue heap, FailureTarget& failure) {
  // for (value in from.set) for (each call that has seen it there and not in into.set)
  //   accumulate(into, value)
  const DataType& type = aggregate_.calls[set.calls[0]].arguments[0]->type();
  const LoopValue values = fn_.Offset(from, set.offset);
  const LoopValue cursor = fn_.StackSlot(8, 8);
  const LoopValue address = fn_.StackSlot(8, 8);
  const LoopValue size_slot = fn_.StackSlot(8, 8);
  fn_.Store(fn_.I64(0), cursor);
  LoopValue from_words;
  While loop(fn_, [&] {
    if (set.words == 0) {
      return fn_.Call("flinkc_distinct_next", {values, cursor, address, size_slot});
    }
    from_words = fn_.Call("flinkc_distinct_next_words",
                          {values, cursor, address, size_slot, fn_.I64(set.words)});
    return fn_.Not(fn_.IsNull(from_words));
  });
  const LoopValue bytes = fn_.Load(ValueType::kPtr, address);
  const LoopValue size = fn_.Load(ValueType::kI64, size_slot);
  LoopValue payload;
  if (type.is_view()) {
    payload = fn_.StackSlot(sizeof(StringValue), 8);
    fn_.Call("flinkc_make_view", {bytes, size, payload});
  } else if (type.kind() == TypeKind::kDecimal) {
    payload = fn_.StackSlot(sizeof(Int128), 16);
    fn_.MemoryCopy(payload, bytes, sizeof(Int128));
  } else {
    payload = fn_.Load(PayloadType(type), bytes);
  }
  const auto accumulate = [&](uint32_t call) {
    // The other arguments are literals.
    const AggregateCall& aggregate_call = aggregate_.calls[call];
    std::vector<LoweredValue> arguments{{payload, std::nullopt}};
    for (size_t i = 1; i < aggregate_call.arguments.size(); ++i) {
      arguments.push_back(expressions_.Emit(*aggregate_call.arguments[i], LoweredRow(), failure));
    }
    CallKernel(aggregate_call.resolution.accumulate, call, arguments, into, heap, failure);
  };
  if (set.words == 0) {
    const LoopValue answer =
        fn_.Call("flinkc_distinct_insert", {heap, fn_.Offset(into, set.offset), bytes, size});
    expressions_.LeaveOnFailure(answer, failure);
    If fresh(fn_, fn_.Equal(answer, fn_.I32(1)));
    accumulate(set.calls[0]);
    return;
  }
  const LoopValue into_words = DistinctWords(set, {bytes, size}, into, heap, failure);
  if (set.counted) {
    for (uint32_t place = 0; place < set.calls.size(); ++place) {
      const LoopValue rows = fn_.Load(ValueType::kI64, from_words, int64_t{8} * place);
      const LoopValue before = fn_.Load(ValueType::kI64, into_words, int64_t{8} * place);
      fn_.Store(fn_.Add(before, rows), into_words, int64_t{8} * place);
      If fresh(fn_, fn_.And(fn_.Equal(before, fn_.I64(0)), fn_.NotEqual(rows, fn_.I64(0))));
      accumulate(set.calls[place]);
    }
    return;
  }
  const LoopValue seen = fn_.Load(ValueType::kI64, from_words);
  const LoopValue before = fn_.Load(ValueType::kI64, into_words);
  fn_.Store(fn_.Or(before, seen), into_words);
  for (uint32_t place = 0; place < set.calls.size(); ++place) {
    const LoopValue bit = fn_.I64(static_cast<int64_t>(uint64_t{1} << place));
    If fresh(fn_, fn_.And(fn_.Equal(fn_.And(before, bit), fn_.I64(0)),
                          fn_.NotEqual(fn_.And(seen, bit), fn_.I64(0))));
    accumulate(set.calls[place]);
  }
}

}  // namespace flinkc
