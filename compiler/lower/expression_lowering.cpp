#include "compiler/lower/expression_lowering.h"

#include <algorithm>
#include <cstddef>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/value_access.h"
#include "compiler/lower/value_variable.h"
#include "runtime/abi/chain_context.h"
#include "runtime/abi/element.h"
#include "runtime/abi/row_error.h"
#include "runtime/base/check.h"
#include "runtime/data/element_kind.h"

namespace flinkc {

namespace {

// More are not looked for, so that a huge expression is not compared with itself again and again.
constexpr size_t kKnownValuesMax = 32;

}  // namespace

FailureTarget FailureTarget::Make(FunctionBuilder& fn) {
  return {fn.DeclareVariable("status", fn.I32(0)), fn.NewBlock("failure"), false};
}

uint32_t FunctionStates::Add(const Resolution& resolution, std::vector<Value> constants) {
  if (resolution.takes_time_zone) constants.push_back(Value{time_zone_});
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].prepare == resolution.prepare && entries_[i].constants == constants) {
      return static_cast<uint32_t>(i);
    }
  }
  entries_.push_back({resolution.prepare, std::move(constants)});
  return static_cast<uint32_t>(entries_.size() - 1);
}

std::vector<FunctionState> FunctionStates::Prepare() const {
  std::vector<FunctionState> states;
  for (const Entry& entry : entries_) states.push_back(entry.prepare(entry.constants));
  return states;
}

// A part of an expression that control may pass by.
class ExpressionLowering::Optional {
 public:
  explicit Optional(ExpressionLowering& lowering)
      : lowering_(lowering), known_(lowering.known_.size()) {}
  ~Optional() { lowering_.known_.resize(known_); }
  Optional(const Optional&) = delete;
  Optional& operator=(const Optional&) = delete;

 private:
  ExpressionLowering& lowering_;
  const size_t known_;
};

bool ExpressionLowering::IsNativeCall(const Expr& expr) const {
  return expr.kind() == ExprKind::kCall && !expr.is_volatile() &&
         fn_.SymbolKindOf(expr.resolution().kernel) == SymbolKind::kNative;
}

LoweredValue ExpressionLowering::Emit(const Expr& expr, const LoweredRow& row,
                                      FailureTarget& failure) {
  if (depth_ == 0) known_.clear();
  ++depth_;
  const bool native = IsNativeCall(expr);
  const auto known =
      native ? std::ranges::find_if(
                   known_, [&](const KnownValue& value) { return value.expr->Equals(expr); })
             : known_.end();
  LoweredValue value;
  if (known != known_.end()) {
    value = known->value;
  } else {
    value = EmitFresh(expr, row, failure);
    if (native && known_.size() < kKnownValuesMax) known_.push_back({&expr, value});
  }
  --depth_;
  return value;
}

LoweredValue ExpressionLowering::EmitFresh(const Expr& expr, const LoweredRow& row,
                                           FailureTarget& failure) {
  switch (expr.kind()) {
    case ExprKind::kLiteral:
      return LoadLiteral(fn_, expr.type(), expr.literal());
    case ExprKind::kColumn:
      return row.columns[expr.column()];
    case ExprKind::kCall:
      return EmitCall(expr, row, failure);
    case ExprKind::kAnd:
    case ExprKind::kOr:
      return EmitLogical(expr, row, failure);
    case ExprKind::kNot: {
      LoweredValue value = Emit(*expr.arguments()[0], row, failure);
      value.payload = fn_.Not(value.payload);
      return value;
    }
    case ExprKind::kIsNull: {
      const LoweredValue value = Emit(*expr.arguments()[0], row, failure);
      return {value.valid.has_value() ? fn_.Not(*value.valid) : fn_.Bool(false), std::nullopt};
    }
    case ExprKind::kCase:
      return EmitCase(expr, row, failure);
    case ExprKind::kCoalesce:
      return EmitCoalesce(expr, row, failure);
    case ExprKind::kTry:
      return EmitTry(expr, row);
    case ExprKind::kParameter:
      return parameters_[expr.level()];
    case ExprKind::kHigherOrder:
      return EmitHigherOrder(expr, row, failure);
  }
  CHECK(false);
}

LoopValue ExpressionLowering::EmitIsTrue(const Expr& expr, const LoweredRow& row,
                                         FailureTarget& failure) {
  const LoweredValue value = Emit(expr, row, failure);
  return value.valid.has_value() ? fn_.And(*value.valid, value.payload) : value.payload;
}

void ExpressionLowering::LeaveOnFailure(LoopValue status, FailureTarget& failure) {
  // if (status > kNull) { failure.status = status; goto failure }
  failure.used = true;
  const LoopBlock failed = fn_.NewBlock("failed");
  const LoopBlock fine = fn_.NewBlock("fine");
  fn_.JumpIf(fn_.LessSigned(fn_.I32(static_cast<int32_t>(RowStatus::kNull)), status), failed, fine,
             Likelihood::kUnlikely);
  fn_.SwitchTo(failed);
  fn_.Set(failure.status, status);
  fn_.Jump(failure.block);
  fn_.SwitchTo(fine);
}

LoweredValue ExpressionLowering::EmitStatusCall(std::string_view kernel,
                                                std::vector<LoopValue> arguments,
                                                const DataType& result, bool may_be_null,
                                                bool fallible, FailureTarget& failure) {
  const ValueType payload = PayloadType(result);
  const LoopValue out = fn_.StackSlot(16, 16);
  // NULL leaves `out` unset, and an address must be safe to read.
  if (payload == ValueType::kPtr && may_be_null) fn_.MemoryZero(out, 16);
  arguments.push_back(out);
  const LoopValue status = fn_.Call(kernel, arguments);
  if (fallible) LeaveOnFailure(status, failure);
  LoweredValue value;
  if (may_be_null) {
    value.valid = fn_.Equal(status, fn_.I32(static_cast<int32_t>(RowStatus::kOk)));
    if (payload != ValueType::kPtr) {
      value.payload = fn_.Select(*value.valid, fn_.Load(payload, out), fn_.Zero(payload));
      return value;
    }
  }
  value.payload = payload == ValueType::kPtr ? out : fn_.Load(payload, out);
  return value;
}

LoweredValue ExpressionLowering::EmitCall(const Expr& expr, const LoweredRow& row,
                                          FailureTarget& failure) {
  const Resolution& resolution = expr.resolution();
  std::vector<LoopValue> arguments;
  if (resolution.takes_context) arguments.push_back(context_);
  if (resolution.prepare != nullptr) {
    // state = context->kernel.function_states[index]
    std::vector<Value> constants;
    for (uint32_t prepared : resolution.prepared_arguments) {
      constants.push_back(expr.arguments()[prepared]->literal());
    }
    const uint32_t index = states_.Add(resolution, std::move(constants));
    const LoopValue states =
        fn_.Load(ValueType::kPtr, context_, offsetof(KernelContext, function_states));
    arguments.push_back(fn_.Load(ValueType::kPtr, states, int64_t{8} * index));
  }
  const bool sees_null = resolution.null_rule == NullRule::kSeesNull;
  std::optional<LoopValue> all_valid;
  std::optional<LoopValue> packed;
  if (resolution.packs_arguments) {
    // PackedArgument packed[count]
    const size_t count = expr.arguments().size() - resolution.prepared_arguments.size();
    packed = fn_.StackSlot(static_cast<uint32_t>(count * sizeof(PackedArgument)), 16);
    arguments.push_back(*packed);
    arguments.push_back(fn_.I64(static_cast<int64_t>(count)));
  }
  int64_t packed_at = 0;
  for (uint32_t i = 0; i < expr.arguments().size(); ++i) {
    if (std::ranges::find(resolution.prepared_arguments, i) !=
        resolution.prepared_arguments.end()) {
      continue;
    }
    const LoweredValue argument = Emit(*expr.arguments()[i], row, failure);
    if (packed.has_value()) {
      StorePacked(expr.arguments()[i]->type(), argument, fn_.Offset(*packed, packed_at));
      packed_at += sizeof(PackedArgument);
    } else {
      arguments.push_back(argument.payload);
      if (sees_null) arguments.push_back(ValidOrTrue(fn_, argument));
    }
    if (!sees_null && argument.valid.has_value()) {
      all_valid = all_valid.has_value() ? fn_.And(*all_valid, *argument.valid) : argument.valid;
    }
  }
  for (int64_t immediate : resolution.immediates) arguments.push_back(fn_.I64(immediate));

  if (resolution.convention == KernelConvention::kValue) {
    // Harmless on the payload of a NULL, so that no branch is needed.
    return {fn_.Call(resolution.kernel, arguments), all_valid};
  }
  if (!all_valid.has_value()) {
    return EmitStatusCall(resolution.kernel, std::move(arguments), expr.type(),
                          resolution.may_be_null, resolution.fallible, failure);
  }
  // if (all arguments valid) result = kernel(…), else NULL
  ValueVariable result(fn_, expr.type(), /*nullable=*/true);
  {
    If valid(fn_, *all_valid);
    result.Set(fn_, EmitStatusCall(resolution.kernel, std::move(arguments), expr.type(),
                                   resolution.may_be_null, resolution.fallible, failure));
  }
  return result.Get(fn_);
}

void ExpressionLowering::StorePacked(const DataType& type, const LoweredValue& value,
                                     LoopValue address) {
  // *address = {payload, kind, valid}
  StorePayload(fn_, type, value.payload, fn_.Offset(address, offsetof(PackedArgument, bytes)));
  fn_.Store(fn_.I32(static_cast<int32_t>(ElementKindOf(type))), address,
            offsetof(PackedArgument, kind));
  fn_.Store(ValidOrTrue(fn_, value), address, offsetof(PackedArgument, valid));
}

LoweredValue ExpressionLowering::EmitLogical(const Expr& expr, const LoweredRow& row,
                                             FailureTarget& failure) {
  // AND is FALSE if any argument is, else NULL if any is, else TRUE; OR is its mirror image.
  const bool is_and = expr.kind() == ExprKind::kAnd;
  std::optional<LoopVariable> saw_null;
  const LoopVariable result = fn_.DeclareVariable("result", fn_.Bool(is_and));
  const LoopBlock decided = fn_.NewBlock("decided");
  if (std::ranges::any_of(expr.arguments(),
                          [](const ExprPtr& argument) { return argument->type().nullable(); })) {
    saw_null = fn_.DeclareVariable("saw_null", fn_.Bool(false));
  }
  std::optional<Optional> later;  // all arguments but the first
  for (const ExprPtr& argument : expr.arguments()) {
    const LoweredValue value = Emit(*argument, row, failure);
    if (!later) later.emplace(*this);
    // if (argument is the deciding value) { result = it; saw_null = false; goto decided }
    LoopValue decides = is_and ? fn_.Not(value.payload) : value.payload;
    if (value.valid.has_value()) decides = fn_.And(*value.valid, decides);
    const LoopBlock stop = fn_.NewBlock("stop");
    const LoopBlock next = fn_.NewBlock("next");
    fn_.JumpIf(decides, stop, next);
    fn_.SwitchTo(stop);
    fn_.Set(result, fn_.Bool(!is_and));
    if (saw_null.has_value()) fn_.Set(*saw_null, fn_.Bool(false));
    fn_.Jump(decided);
    fn_.SwitchTo(next);
    if (value.valid.has_value() && saw_null.has_value()) {
      fn_.Set(*saw_null, fn_.Or(fn_.Get(*saw_null), fn_.Not(*value.valid)));
    }
  }
  fn_.Jump(decided);
  fn_.SwitchTo(decided);
  LoweredValue value{fn_.Get(result), std::nullopt};
  if (saw_null.has_value()) value.valid = fn_.Not(fn_.Get(*saw_null));
  return value;
}

LoweredValue ExpressionLowering::EmitCase(const Expr& expr, const LoweredRow& row,
                                          FailureTarget& failure) {
  const std::vector<ExprPtr>& arguments = expr.arguments();
  ValueVariable result(fn_, expr.type(), expr.type().nullable());
  const LoopBlock end = fn_.NewBlock("case_end");
  std::optional<Optional> later;  // all but the first condition
  for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
    const LoopBlock then = fn_.NewBlock("then");
    const LoopBlock otherwise = fn_.NewBlock("otherwise");
    fn_.JumpIf(EmitIsTrue(*arguments[i], row, failure), then, otherwise);
    if (!later) later.emplace(*this);
    fn_.SwitchTo(then);
    {
      const Optional chosen(*this);
      result.Set(fn_, Emit(*arguments[i + 1], row, failure));
    }
    fn_.Jump(end);
    fn_.SwitchTo(otherwise);
  }
  result.Set(fn_, Emit(*arguments.back(), row, failure));
  fn_.Jump(end);
  fn_.SwitchTo(end);
  return result.Get(fn_);
}

LoweredValue ExpressionLowering::EmitCoalesce(const Expr& expr, const LoweredRow& row,
                                              FailureTarget& failure) {
  ValueVariable result(fn_, expr.type(), expr.type().nullable());
  const LoopBlock end = fn_.NewBlock("coalesce_end");
  std::optional<Optional> later;  // all arguments but the first
  for (const ExprPtr& argument : expr.arguments()) {
    const LoweredValue value = Emit(*argument, row, failure);
    if (!later) later.emplace(*this);
    result.Set(fn_, value);
    if (!value.valid.has_value()) break;
    const LoopBlock next = fn_.NewBlock("next");
    fn_.JumpIf(*value.valid, end, next);
    fn_.SwitchTo(next);
  }
  fn_.Jump(end);
  fn_.SwitchTo(end);
  return result.Get(fn_);
}

LoweredValue ExpressionLowering::EmitTry(const Expr& expr, const LoweredRow& row) {
  ValueVariable result(fn_, expr.type(), /*nullable=*/true);
  FailureTarget failure = FailureTarget::Make(fn_);
  const LoopBlock end = fn_.NewBlock("try_end");
  const Optional tried(*this);
  result.Set(fn_, Emit(*expr.arguments()[0], row, failure));
  fn_.Jump(end);
  fn_.SwitchTo(failure.block);  // result is still NULL
  fn_.Jump(end);
  fn_.SwitchTo(end);
  return result.Get(fn_);
}

}  // namespace flinkc
