// Functions of lambdas as loops over the elements, with the lambda's body inside of them.
#include <optional>
#include <utility>

#include "compiler/codegen/control_flow.h"
#include "compiler/expression/higher_order.h"
#include "compiler/lower/expression_lowering.h"
#include "compiler/lower/value_access.h"
#include "compiler/lower/value_variable.h"
#include "runtime/abi/element.h"
#include "runtime/base/check.h"
#include "runtime/data/element_kind.h"

namespace flinkc {

namespace {

LoopValue KindValue(FunctionBuilder& fn, const DataType& type) {
  return fn.I64(static_cast<int64_t>(ElementKindOf(type)));
}

// A value that stays where it is while the body that made it runs again: views and DECIMALs lie in
// stack slots, of which each instruction has one.
class StableValue {
 public:
  StableValue(FunctionBuilder& fn, const DataType& type, const LoweredValue& initial)
      : variable_(fn, type, type.nullable()) {
    if (PayloadType(type) == ValueType::kPtr) slot_ = fn.StackSlot(16, 16);
    Set(fn, initial);
  }
  void Set(FunctionBuilder& fn, LoweredValue value) const {
    if (slot_.has_value()) {
      fn.MemoryCopy(*slot_, value.payload, 16);
      value.payload = *slot_;
    }
    variable_.Set(fn, value);
  }
  LoweredValue Get(FunctionBuilder& fn) const { return variable_.Get(fn); }

 private:
  ValueVariable variable_;
  std::optional<LoopValue> slot_;
};

}  // namespace

// The lambda's parameters while its body is lowered.
class ExpressionLowering::Body {
 public:
  Body(ExpressionLowering& lowering, const Expr& call, std::vector<LoweredValue> values)
      : lowering_(lowering), level_(call.level()), known_(lowering.known_) {
    // What was made of parameters is not what the same text means in here.
    std::erase_if(lowering.known_,
                  [](const KnownValue& value) { return value.expr->free_parameters() != 0; });
    for (LoweredValue& value : values) {
      outer_.push_back(std::exchange(Slot(outer_.size()), std::move(value)));
    }
  }
  ~Body() {
    for (size_t i = 0; i < outer_.size(); ++i) Slot(i) = std::move(outer_[i]);
    lowering_.known_ = std::move(known_);
  }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

 private:
  LoweredValue& Slot(size_t i) {
    std::vector<LoweredValue>& parameters = lowering_.parameters_;
    if (parameters.size() <= level_ + i) parameters.resize(level_ + i + 1);
    return parameters[level_ + i];
  }

  ExpressionLowering& lowering_;
  const uint32_t level_;
  std::vector<KnownValue> known_;
  std::vector<LoweredValue> outer_;
};

LoweredValue ExpressionLowering::EmitElement(std::string_view kernel, LoopValue collection,
                                             LoopValue index, const DataType& type,
                                             FailureTarget& failure) {
  return EmitStatusCall(kernel, {collection, index, KindValue(fn_, type)}, type, type.nullable(),
                        /*fallible=*/false, failure);
}

LoweredValue ExpressionLowering::EmitHigherOrder(const Expr& expr, const LoweredRow& row,
                                                 FailureTarget& failure) {
  const HigherOrder& function = *FindHigherOrder(expr.name());
  std::vector<LoweredValue> values;
  for (size_t i = 0; i < function.values; ++i) {
    values.push_back(Emit(*expr.arguments()[i], row, failure));
  }
  if (function.function == HigherOrderFunction::kLet) {
    const Body body(*this, expr, {values[0]});
    return Emit(*expr.arguments().back(), row, failure);
  }
  // if (collection is valid) result = loop, else NULL
  ValueVariable result(fn_, expr.type(), expr.type().nullable());
  std::optional<If> valid;
  if (values[0].valid.has_value()) valid.emplace(fn_, *values[0].valid);
  switch (function.function) {
    case HigherOrderFunction::kAnyMatch:
    case HigherOrderFunction::kAllMatch:
    case HigherOrderFunction::kNoneMatch:
      result.Set(fn_, EmitMatch(expr, values[0].payload, row, failure));
      break;
    case HigherOrderFunction::kReduce:
      result.Set(fn_, EmitReduce(expr, values[0].payload, values[1], row, failure));
      break;
    default:
      result.Set(fn_, EmitCollection(expr, values[0].payload, row, failure));
  }
  valid.reset();
  return result.Get(fn_);
}

LoweredValue ExpressionLowering::EmitMatch(const Expr& expr, LoopValue array, const LoweredRow& row,
                                           FailureTarget& failure) {
  // As EmitLogical: result = what no element decides; the first that decides ends the loop.
  const HigherOrderFunction function = FindHigherOrder(expr.name())->function;
  const bool is_and = function == HigherOrderFunction::kAllMatch;
  const DataType& element = expr.arguments()[0]->type().children()[0];
  const Expr& condition = *expr.arguments().back();
  const LoopVariable result = fn_.DeclareVariable("result", fn_.Bool(is_and));
  std::optional<LoopVariable> saw_null;
  if (condition.type().nullable()) saw_null = fn_.DeclareVariable("saw_null", fn_.Bool(false));
  {
    Loop elements(fn_, fn_.I64(0), ElementCount(array));
    const LoopValue index = fn_.Add(elements.index(), fn_.I64(1));
    const LoweredValue value = EmitElement("flinkc_array_get", array, index, element, failure);
    const Body body(*this, expr, {value});
    const LoweredValue found = Emit(condition, row, failure);
    LoopValue decides = is_and ? fn_.Not(found.payload) : found.payload;
    if (found.valid.has_value()) decides = fn_.And(*found.valid, decides);
    const LoopBlock stop = fn_.NewBlock("stop");
    const LoopBlock next = fn_.NewBlock("next");
    fn_.JumpIf(decides, stop, next);
    fn_.SwitchTo(stop);
    fn_.Set(result, fn_.Bool(!is_and));
    if (saw_null.has_value()) fn_.Set(*saw_null, fn_.Bool(false));
    elements.Break();
    fn_.SwitchTo(next);
    if (saw_null.has_value() && found.valid.has_value()) {
      fn_.Set(*saw_null, fn_.Or(fn_.Get(*saw_null), fn_.Not(*found.valid)));
    }
  }
  LoweredValue value{fn_.Get(result), std::nullopt};
  if (function == HigherOrderFunction::kNoneMatch) value.payload = fn_.Not(value.payload);
  if (saw_null.has_value()) value.valid = fn_.Not(fn_.Get(*saw_null));
  return value;
}

LoweredValue ExpressionLowering::EmitReduce(const Expr& expr, LoopValue array,
                                            const LoweredValue& initial, const LoweredRow& row,
                                            FailureTarget& failure) {
  // accumulated = initial; for (element : array) accumulated = body(accumulated, element)
  const DataType& element = expr.arguments()[0]->type().children()[0];
  const StableValue accumulated(fn_, expr.arguments()[1]->type(), initial);
  {
    Loop elements(fn_, fn_.I64(0), ElementCount(array));
    const LoopValue index = fn_.Add(elements.index(), fn_.I64(1));
    const LoweredValue value = EmitElement("flinkc_array_get", array, index, element, failure);
    const Body body(*this, expr, {accumulated.Get(fn_), value});
    accumulated.Set(fn_, Emit(*expr.arguments().back(), row, failure));
  }
  return accumulated.Get(fn_);
}

LoweredValue ExpressionLowering::EmitCollection(const Expr& expr, LoopValue collection,
                                                const LoweredRow& row, FailureTarget& failure) {
  // PackedArgument items[count]; for (element : collection) if (kept) items[kept++] = …
  const HigherOrderFunction function = FindHigherOrder(expr.name())->function;
  const DataType& type = expr.arguments()[0]->type();
  const bool is_map = type.kind() == TypeKind::kMap;
  const Expr& lambda = *expr.arguments().back();
  const bool filters =
      function == HigherOrderFunction::kFilter || function == HigherOrderFunction::kMapFilter;
  const int64_t item_bytes = is_map ? 2 * sizeof(PackedArgument) : sizeof(PackedArgument);
  const LoopValue count = ElementCount(collection);
  const LoopValue items = fn_.Call("flinkc_list_begin", {context_, count, fn_.I64(item_bytes)});
  const LoopVariable kept = fn_.DeclareVariable("kept", fn_.I64(0));
  {
    Loop elements(fn_, fn_.I64(0), count);
    std::vector<LoweredValue> values;
    if (is_map) {
      values = {EmitElement("flinkc_map_key_at", collection, elements.index(), type.children()[0],
                            failure),
                EmitElement("flinkc_map_value_at", collection, elements.index(), type.children()[1],
                            failure)};
    } else {
      values = {EmitElement("flinkc_array_get", collection, fn_.Add(elements.index(), fn_.I64(1)),
                            type.children()[0], failure)};
    }
    const Body body(*this, expr, values);
    std::optional<If> keep;
    if (filters) {
      keep.emplace(fn_, EmitIsTrue(lambda, row, failure));
    } else {
      const LoweredValue made = Emit(lambda, row, failure);
      values[function == HigherOrderFunction::kMapTransformValues ? 1 : 0] = made;
    }
    const LoopValue item = fn_.Index(items, fn_.Get(kept), item_bytes);
    for (size_t i = 0; i < values.size(); ++i) {
      const DataType& made = expr.type().children()[i];
      StorePacked(made, values[i],
                  fn_.Offset(item, static_cast<int64_t>(i * sizeof(PackedArgument))));
    }
    fn_.Set(kept, fn_.Add(fn_.Get(kept), fn_.I64(1)));
  }
  // What is larger than a value can be does not come of expressions in earnest, so the call does
  // not count as fallible; it fails all the same.
  std::vector<LoopValue> arguments = {context_, items, fn_.Get(kept)};
  if (!is_map) arguments.push_back(KindValue(fn_, expr.type().children()[0]));
  return EmitStatusCall(is_map ? "flinkc_native_list_map" : "flinkc_list_array",
                        std::move(arguments), expr.type(), /*may_be_null=*/false,
                        /*fallible=*/true, failure);
}

LoopValue ExpressionLowering::ElementCount(LoopValue collection) {
  return fn_.SignExtend(fn_.Call("flinkc_array_size", {collection}), ValueType::kI64);
}

}  // namespace flinkc
