#include "compiler/codegen/function_builder.h"

#include <bit>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

FunctionBuilder::FunctionBuilder(LoopModule& module, const SymbolTable& symbols, std::string name,
                                 ValueType result, std::vector<VariableDeclaration> parameters)
    : module_(&module), symbols_(&symbols), function_(&module.functions.emplace_back()) {
  function_->name = std::move(name);
  function_->result = result;
  function_->parameters = std::move(parameters);
  for (const VariableDeclaration& parameter : function_->parameters) {
    CHECK(parameter.type != ValueType::kVoid);
    function_->value_types.push_back(parameter.type);
  }
  function_->blocks.push_back({"entry", {}});
}

LoopValue FunctionBuilder::Parameter(size_t index) const {
  CHECK(index < function_->parameters.size());
  return {static_cast<uint32_t>(index), function_->parameters[index].type};
}

LoopValue FunctionBuilder::NewValue(ValueType type) {
  function_->value_types.push_back(type);
  return {static_cast<uint32_t>(function_->value_types.size() - 1), type};
}

LoopValue FunctionBuilder::Append(Instruction instruction, bool has_result) {
  CHECK(!Terminated());
  LoopValue value;
  if (has_result) {
    value = NewValue(instruction.type);
    instruction.result = value.id;
  }
  function_->blocks[current_].instructions.push_back(std::move(instruction));
  return value;
}

LoopValue FunctionBuilder::Bool(bool value) {
  return Append({.opcode = Opcode::kConstant, .type = ValueType::kI1, .immediate = value}, true);
}

LoopValue FunctionBuilder::Integer(ValueType type, int64_t value) {
  CHECK(IsInteger(type));
  if (type == ValueType::kI1) return Bool((value & 1) != 0);
  const uint32_t unused = 64 - BitWidth(type);
  const int64_t slot = static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused;
  return Append(
      {.opcode = Opcode::kConstant, .type = type, .immediate = static_cast<uint64_t>(slot)}, true);
}

LoopValue FunctionBuilder::F32(float value) {
  return Append({.opcode = Opcode::kConstant,
                 .type = ValueType::kF32,
                 .immediate = std::bit_cast<uint32_t>(value)},
                true);
}

LoopValue FunctionBuilder::F64(double value) {
  return Append({.opcode = Opcode::kConstant,
                 .type = ValueType::kF64,
                 .immediate = std::bit_cast<uint64_t>(value)},
                true);
}

LoopValue FunctionBuilder::Null() { return Zero(ValueType::kPtr); }

LoopValue FunctionBuilder::Zero(ValueType type) {
  CHECK(type != ValueType::kVoid);
  return Append({.opcode = Opcode::kConstant, .type = type, .immediate = 0}, true);
}

LoopValue FunctionBuilder::Data(std::string_view bytes, uint32_t alignment) {
  CHECK(std::has_single_bit(alignment) && alignment <= 16);
  uint32_t index = 0;
  while (index < module_->data.size() && !(module_->data[index].bytes == bytes &&
                                           module_->data[index].alignment == alignment)) {
    ++index;
  }
  if (index == module_->data.size()) module_->data.push_back({std::string(bytes), alignment});
  return Append({.opcode = Opcode::kDataAddress, .type = ValueType::kPtr, .immediate = index},
                true);
}

LoopValue FunctionBuilder::Binary(Opcode opcode, LoopValue a, LoopValue b) {
  CHECK(a.type == b.type && IsInteger(a.type));
  const bool bitwise =
      opcode == Opcode::kAnd || opcode == Opcode::kOr || opcode == Opcode::kXor;
  CHECK(bitwise || a.type != ValueType::kI1);
  return Append({.opcode = opcode, .type = a.type, .operands = {a.id, b.id}}, true);
}

LoopValue FunctionBuilder::ShiftLeft(LoopValue a, LoopValue amount) {
  return Binary(Opcode::kShiftLeft, a, amount);
}
LoopValue FunctionBuilder::ShiftRightLogical(LoopValue a, LoopValue amount) {
  return Binary(Opcode::kShiftRightLogical, a, amount);
}
LoopValue FunctionBuilder::ShiftRightArithmetic(LoopValue a, LoopValue amount) {
  return Binary(Opcode::kShiftRightArithmetic, a, amount);
}

LoopValue FunctionBuilder::Not(LoopValue condition) {
  CHECK(condition.type == ValueType::kI1);
  return Xor(condition, Bool(true));
}

LoopValue FunctionBuilder::Compare(Opcode opcode, LoopValue a, LoopValue b) {
  const bool is_signed = opcode == Opcode::kLessSigned || opcode == Opcode::kLessEqualSigned;
  CHECK(a.type == b.type);
  CHECK(IsInteger(a.type) || (a.type == ValueType::kPtr && !is_signed));
  return Append({.opcode = opcode, .type = ValueType::kI1, .operands = {a.id, b.id}}, true);
}

LoopValue FunctionBuilder::Convert(Opcode opcode, LoopValue value, ValueType type) {
  return Append({.opcode = opcode, .type = type, .operands = {value.id}}, true);
}

LoopValue FunctionBuilder::ZeroExtend(LoopValue value, ValueType type) {
  CHECK(IsInteger(value.type) && IsInteger(type) && BitWidth(value.type) <= BitWidth(type));
  return value.type == type ? value : Convert(Opcode::kZeroExtend, value, type);
}

LoopValue FunctionBuilder::SignExtend(LoopValue value, ValueType type) {
  CHECK(value.type != ValueType::kI1 || type == ValueType::kI1);  // a bool has no sign
  CHECK(IsInteger(value.type) && IsInteger(type) && BitWidth(value.type) <= BitWidth(type));
  return value.type == type ? value : Convert(Opcode::kSignExtend, value, type);
}

LoopValue FunctionBuilder::Truncate(LoopValue value, ValueType type) {
  CHECK(IsInteger(value.type) && IsInteger(type) && BitWidth(value.type) >= BitWidth(type));
  return value.type == type ? value : Convert(Opcode::kTruncate, value, type);
}

LoopValue FunctionBuilder::SignedToFloat(LoopValue value, ValueType type) {
  CHECK(IsInteger(value.type) && value.type != ValueType::kI1 && IsFloat(type));
  return Convert(Opcode::kSignedToFloat, value, type);
}

LoopValue FunctionBuilder::FloatToFloat(LoopValue value, ValueType type) {
  CHECK(IsFloat(value.type) && IsFloat(type));
  return value.type == type ? value : Convert(Opcode::kFloatToFloat, value, type);
}

LoopValue FunctionBuilder::BitCast(LoopValue value, ValueType type) {
  if (value.type == type) return value;
  CHECK(IsFloat(value.type) != IsFloat(type) && ByteWidth(value.type) == ByteWidth(type));
  CHECK(value.type != ValueType::kPtr && type != ValueType::kPtr);
  return Convert(Opcode::kBitCast, value, type);
}

LoopValue FunctionBuilder::Select(LoopValue condition, LoopValue if_true, LoopValue if_false) {
  CHECK(condition.type == ValueType::kI1 && if_true.type == if_false.type);
  return Append({.opcode = Opcode::kSelect,
                 .type = if_true.type,
                 .operands = {condition.id, if_true.id, if_false.id}},
                true);
}

LoopValue FunctionBuilder::Offset(LoopValue pointer, int64_t offset) {
  CHECK(pointer.type == ValueType::kPtr);
  if (offset == 0) return pointer;
  return Append({.opcode = Opcode::kPointerOffset,
                 .type = ValueType::kPtr,
                 .operands = {pointer.id},
                 .immediate = static_cast<uint64_t>(offset)},
                true);
}

LoopValue FunctionBuilder::Index(LoopValue pointer, LoopValue index, int64_t scale) {
  CHECK(pointer.type == ValueType::kPtr && index.type == ValueType::kI64);
  return Append({.opcode = Opcode::kPointerIndex,
                 .type = ValueType::kPtr,
                 .operands = {pointer.id, index.id},
                 .immediate = static_cast<uint64_t>(scale)},
                true);
}

LoopValue FunctionBuilder::Load(ValueType type, LoopValue pointer, int64_t offset) {
  CHECK(type != ValueType::kVoid && pointer.type == ValueType::kPtr);
  return Append({.opcode = Opcode::kLoad,
                 .type = type,
                 .operands = {pointer.id},
                 .immediate = static_cast<uint64_t>(offset)},
                true);
}

void FunctionBuilder::Store(LoopValue value, LoopValue pointer, int64_t offset) {
  CHECK(value.type != ValueType::kVoid && pointer.type == ValueType::kPtr);
  Append({.opcode = Opcode::kStore,
          .type = value.type,
          .operands = {pointer.id, value.id},
          .immediate = static_cast<uint64_t>(offset)},
         false);
}

void FunctionBuilder::MemoryCopy(LoopValue to, LoopValue from, uint32_t bytes) {
  CHECK(to.type == ValueType::kPtr && from.type == ValueType::kPtr);
  Append({.opcode = Opcode::kMemoryCopy, .operands = {to.id, from.id}, .immediate = bytes}, false);
}

void FunctionBuilder::MemoryZero(LoopValue to, uint32_t bytes) {
  CHECK(to.type == ValueType::kPtr);
  Append({.opcode = Opcode::kMemoryZero, .operands = {to.id}, .immediate = bytes}, false);
}

LoopValue FunctionBuilder::StackSlot(uint32_t bytes, uint32_t alignment) {
  CHECK(bytes > 0 && std::has_single_bit(alignment) && alignment <= 16);
  const uint64_t slot = function_->stack_slots.size();
  function_->stack_slots.push_back({bytes, alignment});
  return Append({.opcode = Opcode::kStackAddress, .type = ValueType::kPtr, .immediate = slot},
                true);
}

LoopVariable FunctionBuilder::DeclareVariable(std::string name, LoopValue initial) {
  CHECK(initial.type != ValueType::kVoid);
  const LoopVariable variable{static_cast<uint32_t>(function_->variables.size()), initial.type};
  function_->variables.push_back({std::move(name), initial.type});
  Set(variable, initial);
  return variable;
}

LoopValue FunctionBuilder::Get(LoopVariable variable) {
  CHECK(variable.id < function_->variables.size());
  return Append({.opcode = Opcode::kGetVariable, .type = variable.type, .immediate = variable.id},
                true);
}

void FunctionBuilder::Set(LoopVariable variable, LoopValue value) {
  CHECK(variable.id < function_->variables.size() && variable.type == value.type);
  Append({.opcode = Opcode::kSetVariable,
          .type = variable.type,
          .operands = {value.id},
          .immediate = variable.id},
         false);
}

SymbolKind FunctionBuilder::SymbolKindOf(std::string_view symbol) const {
  const Symbol* found = symbols_->Find(symbol);
  CHECK(found != nullptr);
  return found->kind;
}

uint32_t FunctionBuilder::CalleeIndex(std::string_view symbol) {
  for (uint32_t i = 0; i < module_->callees.size(); ++i) {
    if (module_->callees[i].name == symbol) return i;
  }
  const Symbol* found = symbols_->Find(symbol);
  if (found == nullptr) {
    CheckFailed(__FILE__, __LINE__, ("symbol " + std::string(symbol) + " is listed").c_str());
  }
  module_->callees.push_back({std::string(symbol), found->kind, found->native.result,
                              found->native.parameters});
  return static_cast<uint32_t>(module_->callees.size() - 1);
}

LoopValue FunctionBuilder::Call(std::string_view symbol, std::span<const LoopValue> arguments) {
  const uint32_t index = CalleeIndex(symbol);
  const LoopCallee& callee = module_->callees[index];
  CHECK(arguments.size() == callee.parameters.size());
  Instruction call{.opcode = Opcode::kCall, .type = callee.result, .immediate = index};
  for (size_t i = 0; i < arguments.size(); ++i) {
    CHECK(arguments[i].type == callee.parameters[i]);
    call.arguments.push_back(arguments[i].id);
  }
  return Append(std::move(call), callee.result != ValueType::kVoid);
}

LoopBlock FunctionBuilder::NewBlock(std::string name) {
  function_->blocks.push_back({std::move(name), {}});
  return {static_cast<uint32_t>(function_->blocks.size() - 1)};
}

void FunctionBuilder::SwitchTo(LoopBlock block) {
  CHECK(block.id < function_->blocks.size());
  current_ = block.id;
}

bool FunctionBuilder::Terminated() const {
  const std::vector<Instruction>& instructions = function_->blocks[current_].instructions;
  return !instructions.empty() && IsTerminator(instructions.back().opcode);
}

void FunctionBuilder::Jump(LoopBlock target) {
  Append({.opcode = Opcode::kJump, .targets = {target.id}}, false);
}

void FunctionBuilder::JumpIf(LoopValue condition, LoopBlock if_true, LoopBlock if_false,
                             Likelihood likelihood) {
  CHECK(condition.type == ValueType::kI1);
  Append({.opcode = Opcode::kJumpIf,
          .likelihood = likelihood,
          .operands = {condition.id},
          .targets = {if_true.id, if_false.id}},
         false);
}

void FunctionBuilder::Return() {
  CHECK(function_->result == ValueType::kVoid);
  Append({.opcode = Opcode::kReturn}, false);
}

void FunctionBuilder::Return(LoopValue value) {
  CHECK(value.type == function_->result && value.type != ValueType::kVoid);
  Append({.opcode = Opcode::kReturn, .operands = {value.id}}, false);
}

}  // namespace flinkc
