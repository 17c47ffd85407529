#include "compiler/interpreter/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {
namespace {

class Decoder {
 public:
  Decoder(const LoopModule& module, const LoopFunction& function,
          const std::vector<std::unique_ptr<char[]>>& data, const SymbolTable& symbols)
      : module_(module), function_(function), data_(data), symbols_(symbols) {}

  Result<InterpretedFunction> Run() {
    result_.name = function_.name;
    result_.parameter_count = static_cast<uint32_t>(function_.parameters.size());
    result_.registers.assign(function_.value_types.size() + function_.variables.size(), 0);
    LayOutStack();
    std::vector<uint32_t> starts;
    for (const BasicBlock& block : function_.blocks) {
      starts.push_back(static_cast<uint32_t>(result_.instructions.size()));
      for (const Instruction& instruction : block.instructions) {
        RETURN_IF_ERROR(DecodeInstruction(instruction));
      }
    }
    for (DecodedInstruction& decoded : result_.instructions) {
      if (decoded.operation != Operation::kJump && decoded.operation != Operation::kJumpIf)
        continue;
      decoded.b = starts[decoded.b];
      decoded.c = starts[decoded.c];
    }
    return std::move(result_);
  }

 private:
  void LayOutStack() {
    uint32_t offset = 0;
    for (const StackSlotDeclaration& slot : function_.stack_slots) {
      offset = (offset + slot.alignment - 1) / slot.alignment * slot.alignment;
      stack_offsets_.push_back(offset);
      offset += slot.bytes;
    }
    result_.stack_bytes = offset;
  }

  uint32_t VariableRegister(const Instruction& instruction) const {
    return static_cast<uint32_t>(function_.value_types.size() + instruction.immediate);
  }

  ValueType OperandType(const Instruction& instruction, size_t index) const {
    return function_.value_types[instruction.operands[index]];
  }

  void Add(const Instruction& instruction, Operation operation) {
    const uint32_t width = IsInteger(instruction.type) ? BitWidth(instruction.type) : 64;
    result_.instructions.push_back({.operation = operation,
                                    .width = static_cast<uint8_t>(width),
                                    .result = instruction.result,
                                    .a = instruction.operands[0],
                                    .b = instruction.operands[1],
                                    .c = instruction.operands[2],
                                    .immediate = instruction.immediate});
  }

  void Move(uint32_t to, uint32_t from) {
    result_.instructions.push_back({.operation = Operation::kMove, .result = to, .a = from});
  }

  Status DecodeInstruction(const Instruction& instruction) {
    switch (instruction.opcode) {
      case Opcode::kConstant:
        result_.registers[instruction.result] = instruction.immediate;
        break;
      case Opcode::kDataAddress:
        result_.registers[instruction.result] =
            reinterpret_cast<ValueSlot>(data_[instruction.immediate].get());
        break;
      case Opcode::kStackAddress:
        result_.stack_registers.push_back(
            {instruction.result, stack_offsets_[instruction.immediate]});
        break;
      case Opcode::kAdd: Add(instruction, Operation::kAdd); break;
      case Opcode::kSub: Add(instruction, Operation::kSub); break;
      case Opcode::kMul: Add(instruction, Operation::kMul); break;
      case Opcode::kAnd: Add(instruction, Operation::kAnd); break;
      case Opcode::kOr: Add(instruction, Operation::kOr); break;
      case Opcode::kXor: Add(instruction, Operation::kXor); break;
      case Opcode::kShiftLeft: Add(instruction, Operation::kShiftLeft); break;
      case Opcode::kShiftRightLogical: Add(instruction, Operation::kShiftRightLogical); break;
      case Opcode::kShiftRightArithmetic: Add(instruction, Operation::kShiftRightArithmetic); break;
      case Opcode::kEqual: Add(instruction, Operation::kEqual); break;
      case Opcode::kNotEqual: Add(instruction, Operation::kNotEqual); break;
      case Opcode::kLessSigned: Add(instruction, Operation::kLessSigned); break;
      case Opcode::kLessEqualSigned: Add(instruction, Operation::kLessEqualSigned); break;
      case Opcode::kLessUnsigned: Add(instruction, Operation::kLessUnsigned); break;
      case Opcode::kLessEqualUnsigned: Add(instruction, Operation::kLessEqualUnsigned); break;
      case Opcode::kSelect: Add(instruction, Operation::kSelect); break;
      case Opcode::kPointerOffset: Add(instruction, Operation::kPointerOffset); break;
      case Opcode::kPointerIndex: Add(instruction, Operation::kPointerIndex); break;
      case Opcode::kMemoryCopy: Add(instruction, Operation::kMemoryCopy); break;
      case Opcode::kMemoryZero: Add(instruction, Operation::kMemoryZero); break;
      case Opcode::kLoad: Add(instruction, LoadOf(instruction.type)); break;
      case Opcode::kStore: Add(instruction, StoreOf(instruction.type)); break;
      case Opcode::kGetVariable: Move(instruction.result, VariableRegister(instruction)); break;
      case Opcode::kSetVariable:
        Move(VariableRegister(instruction), instruction.operands[0]);
        break;
      case Opcode::kCall: return DecodeCall(instruction);
      case Opcode::kJump:
      case Opcode::kJumpIf: DecodeJump(instruction); break;
      case Opcode::kReturn:
        Add(instruction, function_.result == ValueType::kVoid ? Operation::kReturnVoid
                                                              : Operation::kReturn);
        break;
      default: DecodeConversion(instruction); break;
    }
    return {};
  }

  void DecodeConversion(const Instruction& instruction) {
    const ValueType from = OperandType(instruction, 0);
    switch (instruction.opcode) {
      case Opcode::kZeroExtend:
        Add(instruction, Operation::kZeroExtend);
        result_.instructions.back().width = static_cast<uint8_t>(BitWidth(from));
        break;
      case Opcode::kSignExtend: Add(instruction, Operation::kMove); break;
      case Opcode::kTruncate:
        Add(instruction, instruction.type == ValueType::kI1 ? Operation::kTruncateToBool
                                                            : Operation::kTruncate);
        break;
      case Opcode::kSignedToFloat:
        Add(instruction, instruction.type == ValueType::kF32 ? Operation::kToF32
                                                             : Operation::kToF64);
        break;
      case Opcode::kFloatToFloat:
        Add(instruction, from == ValueType::kF32 ? Operation::kF32ToF64 : Operation::kF64ToF32);
        break;
      case Opcode::kBitCast:
        Add(instruction, instruction.type == ValueType::kF32   ? Operation::kMaskTo32
                         : instruction.type == ValueType::kI32 ? Operation::kTruncate
                                                               : Operation::kMove);
        break;
      default: CHECK(false);
    }
  }

  static Operation LoadOf(ValueType type) {
    switch (type) {
      case ValueType::kI1: return Operation::kLoadBool;
      case ValueType::kI8: return Operation::kLoad8;
      case ValueType::kI16: return Operation::kLoad16;
      case ValueType::kI32: return Operation::kLoad32;
      case ValueType::kF32: return Operation::kLoadFloat;
      default: return Operation::kLoad64;
    }
  }

  static Operation StoreOf(ValueType type) {
    switch (ByteWidth(type)) {
      case 1: return Operation::kStore8;
      case 2: return Operation::kStore16;
      case 4: return Operation::kStore32;
      default: return Operation::kStore64;
    }
  }

  void DecodeJump(const Instruction& instruction) {
    const bool always = instruction.opcode == Opcode::kJump;
    // Blocks for now; Run makes instructions of them when it knows where each block starts.
    result_.instructions.push_back(
        {.operation = always ? Operation::kJump : Operation::kJumpIf,
         .a = instruction.operands[0],
         .b = instruction.targets[0],
         .c = always ? instruction.targets[0] : instruction.targets[1]});
  }

  Status DecodeCall(const Instruction& instruction) {
    const LoopCallee& callee = module_.callees[instruction.immediate];
    const Symbol* symbol = symbols_.Find(callee.name);
    if (symbol == nullptr || symbol->native.result != callee.result ||
        symbol->native.parameters != callee.parameters) {
      return MakeError(ErrorCode::kInternal,
                       fmt::format("function {} calls {}, which is not listed with these types",
                                   function_.name, callee.name));
    }
    const bool is_integer = IsInteger(callee.result);
    result_.instructions.push_back(
        {.operation = callee.result == ValueType::kVoid             ? Operation::kCallVoid
                      : is_integer && callee.result != ValueType::kI1 ? Operation::kCall
                                                                      : Operation::kCallUncut,
         .width = static_cast<uint8_t>(is_integer ? BitWidth(callee.result) : 64),
         .arguments = static_cast<uint16_t>(instruction.arguments.size()),
         .result = instruction.result,
         .a = static_cast<uint32_t>(result_.arguments.size()),
         .immediate = reinterpret_cast<uint64_t>(symbol->native.thunk)});
    result_.arguments.insert(result_.arguments.end(), instruction.arguments.begin(),
                             instruction.arguments.end());
    result_.most_arguments = std::max<uint32_t>(
        result_.most_arguments, static_cast<uint32_t>(instruction.arguments.size()));
    return {};
  }

  const LoopModule& module_;
  const LoopFunction& function_;
  const std::vector<std::unique_ptr<char[]>>& data_;
  const SymbolTable& symbols_;
  std::vector<uint32_t> stack_offsets_;
  InterpretedFunction result_;
};

}  // namespace

Result<InterpretedFunction> Decode(const LoopModule& module, const LoopFunction& function,
                                   const std::vector<std::unique_ptr<char[]>>& data,
                                   const SymbolTable& symbols) {
  return Decoder(module, function, data, symbols).Run();
}

}  // namespace flinkc
