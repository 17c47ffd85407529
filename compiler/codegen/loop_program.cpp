#include "compiler/codegen/loop_program.h"

namespace flinkc {

const char* Name(ValueType type) {
  switch (type) {
    case ValueType::kVoid: return "void";
    case ValueType::kI1: return "i1";
    case ValueType::kI8: return "i8";
    case ValueType::kI16: return "i16";
    case ValueType::kI32: return "i32";
    case ValueType::kI64: return "i64";
    case ValueType::kF32: return "f32";
    case ValueType::kF64: return "f64";
    case ValueType::kPtr: return "ptr";
  }
  return "unknown";
}

const char* Name(Opcode opcode) {
  switch (opcode) {
    case Opcode::kConstant: return "constant";
    case Opcode::kDataAddress: return "data_address";
    case Opcode::kStackAddress: return "stack_address";
    case Opcode::kAdd: return "add";
    case Opcode::kSub: return "sub";
    case Opcode::kMul: return "mul";
    case Opcode::kAnd: return "and";
    case Opcode::kOr: return "or";
    case Opcode::kXor: return "xor";
    case Opcode::kShiftLeft: return "shift_left";
    case Opcode::kShiftRightLogical: return "shift_right_logical";
    case Opcode::kShiftRightArithmetic: return "shift_right_arithmetic";
    case Opcode::kEqual: return "equal";
    case Opcode::kNotEqual: return "not_equal";
    case Opcode::kLessSigned: return "less_signed";
    case Opcode::kLessEqualSigned: return "less_equal_signed";
    case Opcode::kLessUnsigned: return "less_unsigned";
    case Opcode::kLessEqualUnsigned: return "less_equal_unsigned";
    case Opcode::kZeroExtend: return "zero_extend";
    case Opcode::kSignExtend: return "sign_extend";
    case Opcode::kTruncate: return "truncate";
    case Opcode::kSignedToFloat: return "signed_to_float";
    case Opcode::kFloatToFloat: return "float_to_float";
    case Opcode::kBitCast: return "bit_cast";
    case Opcode::kSelect: return "select";
    case Opcode::kPointerOffset: return "pointer_offset";
    case Opcode::kPointerIndex: return "pointer_index";
    case Opcode::kLoad: return "load";
    case Opcode::kStore: return "store";
    case Opcode::kMemoryCopy: return "memory_copy";
    case Opcode::kMemoryZero: return "memory_zero";
    case Opcode::kGetVariable: return "get";
    case Opcode::kSetVariable: return "set";
    case Opcode::kCall: return "call";
    case Opcode::kJump: return "jump";
    case Opcode::kJumpIf: return "jump_if";
    case Opcode::kReturn: return "return";
  }
  return "unknown";
}

bool IsInteger(ValueType type) { return type >= ValueType::kI1 && type <= ValueType::kI64; }

bool IsFloat(ValueType type) { return type == ValueType::kF32 || type == ValueType::kF64; }

uint32_t ByteWidth(ValueType type) {
  switch (type) {
    case ValueType::kVoid: return 0;
    case ValueType::kI1:
    case ValueType::kI8: return 1;
    case ValueType::kI16: return 2;
    case ValueType::kI32:
    case ValueType::kF32: return 4;
    case ValueType::kI64:
    case ValueType::kF64:
    case ValueType::kPtr: return 8;
  }
  return 0;
}

uint32_t BitWidth(ValueType type) { return type == ValueType::kI1 ? 1 : 8 * ByteWidth(type); }

bool IsTerminator(Opcode opcode) {
  return opcode == Opcode::kJump || opcode == Opcode::kJumpIf || opcode == Opcode::kReturn;
}

size_t OperandCount(const LoopFunction& function, Opcode opcode) {
  switch (opcode) {
    case Opcode::kConstant:
    case Opcode::kDataAddress:
    case Opcode::kStackAddress:
    case Opcode::kGetVariable:
    case Opcode::kCall:
    case Opcode::kJump: return 0;
    case Opcode::kZeroExtend:
    case Opcode::kSignExtend:
    case Opcode::kTruncate:
    case Opcode::kSignedToFloat:
    case Opcode::kFloatToFloat:
    case Opcode::kBitCast:
    case Opcode::kPointerOffset:
    case Opcode::kLoad:
    case Opcode::kMemoryZero:
    case Opcode::kSetVariable:
    case Opcode::kJumpIf: return 1;
    case Opcode::kReturn: return function.result == ValueType::kVoid ? 0 : 1;
    case Opcode::kSelect: return 3;
    default: return 2;
  }
}

}  // namespace flinkc
