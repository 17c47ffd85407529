// A function of a loop program as the interpreter holds it: one array of instructions over one
// array of registers, which holds values, then variables. Constants are registers that are filled
// before the function starts and never written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/abi/native_symbol.h"

namespace flinkc {

// The opcodes of a loop program by what must be done about the width of their operands. Registers
// hold integers sign-extended, so that copies, comparisons and bitwise operations are the same for
// every width (sign extension keeps the order of unsigned integers, too).
enum class Operation : uint8_t {
  kMove,                 // also sign extension, and casts between kI64 and kF64
  kAdd, kSub, kMul,      // then cut to the width
  kAnd, kOr, kXor,
  kShiftLeft, kShiftRightLogical, kShiftRightArithmetic,
  kEqual, kNotEqual, kLessSigned, kLessEqualSigned, kLessUnsigned, kLessEqualUnsigned,
  kZeroExtend,           // `width` is the source's
  kTruncate, kTruncateToBool,
  kToF32, kToF64,
  kF32ToF64, kF64ToF32,
  kMaskTo32,             // kI32 to kF32: a float's slot is its bits, zero-extended
  kSelect,
  kPointerOffset, kPointerIndex,
  kLoadBool, kLoad8, kLoad16, kLoad32, kLoadFloat, kLoad64,
  kStore8, kStore16, kStore32, kStore64,
  kMemoryCopy, kMemoryZero,
  kCall,                 // the result is cut to the width: thunks extend unsigned ones with zeros
  kCallUncut, kCallVoid,
  kJump, kJumpIf, kReturn, kReturnVoid,
};

struct DecodedInstruction {
  Operation operation = Operation::kMove;
  uint8_t width = 64;      // bits of the integer type
  uint16_t arguments = 0;  // of a call: how many
  uint32_t result = 0;
  // Registers. Of jumps: instructions, in b (taken) and c (not taken). Of a call, a is the position
  // of its first argument in `arguments`.
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint64_t immediate = 0;  // of a call: the thunk
};

struct StackRegister {
  uint32_t register_index;
  uint32_t offset;  // in the function's stack memory
};

struct InterpretedFunction {
  std::string name;
  std::vector<DecodedInstruction> instructions;
  std::vector<uint32_t> arguments;  // of all calls
  std::vector<ValueSlot> registers;  // as they are when the function starts
  std::vector<StackRegister> stack_registers;
  uint32_t stack_bytes = 0;
  uint32_t parameter_count = 0;
  uint32_t most_arguments = 0;
};

}  // namespace flinkc
