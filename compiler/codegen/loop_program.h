// The loop program: what compiler/lower writes for one operator chain, through FunctionBuilder.
// compiler/jit makes machine code of it, compiler/interpreter executes it as it stands; every
// instruction is defined for all its operands, so that both give the same bits:
//   - integers wrap around; a shift amount counts modulo the width of the shifted type;
//   - kI1 is 0 or 1, in memory one byte of which any bit set means 1;
//   - loads and stores need no alignment;
//   - a stack slot belongs to one call of the function, also inside loops; its bytes are undefined
//     until they are written.
// Arithmetic on floats, and all that can fail, is left to kernels.
//
// Plain data: a module may be read by many threads once it is built.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/codegen/symbol_table.h"
#include "runtime/abi/native_symbol.h"
#include "runtime/base/result.h"

namespace flinkc {

// A value of a LoopFunction: assigned once, by the instruction or parameter of that id.
struct LoopValue {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t id = kNone;
  ValueType type = ValueType::kVoid;
};

// A mutable variable of a LoopFunction (in place of phi instructions).
struct LoopVariable {
  uint32_t id = LoopValue::kNone;
  ValueType type = ValueType::kVoid;
};

struct LoopBlock {
  uint32_t id = LoopValue::kNone;
};

enum class Opcode : uint8_t {
  kConstant,      // immediate: the slot (integers sign-extended, floats by their bits, null = 0)
  kDataAddress,   // address of module data `immediate`
  kStackAddress,  // address of stack slot `immediate`
  // result = operands[0] op operands[1], integers of `type`
  kAdd, kSub, kMul, kAnd, kOr, kXor, kShiftLeft, kShiftRightLogical, kShiftRightArithmetic,
  // kI1 = operands[0] op operands[1], integers or (kEqual, kNotEqual, unsigned) pointers
  kEqual, kNotEqual,
  kLessSigned, kLessEqualSigned, kLessUnsigned, kLessEqualUnsigned,
  // conversions of operands[0] to `type`
  kZeroExtend, kSignExtend, kTruncate,
  kSignedToFloat,  // any integer but kI1 to kF32 or kF64, rounded to nearest even
  kFloatToFloat,   // kF32 to kF64 or back
  kBitCast,        // kI32 <-> kF32, kI64 <-> kF64
  kSelect,         // operands[0] (kI1) ? operands[1] : operands[2]
  kPointerOffset,  // operands[0] + immediate bytes
  kPointerIndex,   // operands[0] + operands[1] (kI64) * immediate bytes
  kLoad,           // `type` at operands[0] + immediate
  kStore,          // operands[1], of `type`, to operands[0] + immediate
  kMemoryCopy,     // immediate bytes from operands[1] to operands[0]; they do not overlap
  kMemoryZero,     // immediate bytes at operands[0]
  kGetVariable,    // variable `immediate`
  kSetVariable,    // variable `immediate` = operands[0]
  kCall,           // module callee `immediate` on `arguments`
  // The terminators: each block ends in one.
  kJump,           // to block targets[0]
  kJumpIf,         // operands[0] (kI1): to targets[0], else to targets[1]
  kReturn,         // operands[0], unless the function's result is kVoid
};

// How probable the first target of a kJumpIf is. Decides which blocks are cold.
enum class Likelihood : uint8_t { kUnknown, kLikely, kUnlikely };

struct Instruction {
  Opcode opcode = Opcode::kConstant;
  // Of the result; of a kStore and kSetVariable: of what is written. kVoid: none.
  ValueType type = ValueType::kVoid;
  Likelihood likelihood = Likelihood::kUnknown;
  uint32_t result = LoopValue::kNone;
  uint32_t operands[3] = {};  // value ids; see OperandCount
  uint32_t targets[2] = {};   // block ids, of kJump and kJumpIf
  uint64_t immediate = 0;
  std::vector<uint32_t> arguments;  // value ids, of kCall
};

struct BasicBlock {
  std::string name;  // for people; the block's identity is its index
  std::vector<Instruction> instructions;
};

struct VariableDeclaration {
  std::string name;
  ValueType type = ValueType::kVoid;
};

struct StackSlotDeclaration {
  uint32_t bytes = 0;
  uint32_t alignment = 1;  // a power of two, at most 16
};

struct LoopFunction {
  std::string name;
  ValueType result = ValueType::kVoid;
  std::vector<VariableDeclaration> parameters;  // values 0 … parameters.size() - 1
  std::vector<ValueType> value_types;           // by value id
  std::vector<VariableDeclaration> variables;
  std::vector<StackSlotDeclaration> stack_slots;
  std::vector<BasicBlock> blocks;               // blocks[0] is the entry; nothing jumps to it
};

// A function outside of the module that it calls.
struct LoopCallee {
  std::string name;
  SymbolKind kind = SymbolKind::kNative;
  ValueType result = ValueType::kVoid;
  std::vector<ValueType> parameters;
};

// Constant bytes with an address, such as string literals.
struct LoopData {
  std::string bytes;
  uint32_t alignment = 1;  // a power of two, at most 16
};

struct LoopModule {
  std::string name;
  std::deque<LoopFunction> functions;  // addresses stay valid while functions are added
  std::vector<LoopCallee> callees;
  std::vector<LoopData> data;
};

const char* Name(ValueType type);
const char* Name(Opcode opcode);
bool IsInteger(ValueType type);  // kI1 … kI64
bool IsFloat(ValueType type);
// Bytes in memory; 0 of kVoid.
uint32_t ByteWidth(ValueType type);
// Bits of an integer type.
uint32_t BitWidth(ValueType type);
bool IsTerminator(Opcode opcode);
// How many of `operands` an instruction has in `function` (a kReturn has one if it has a result).
size_t OperandCount(const LoopFunction& function, Opcode opcode);

// The module as text. Complete: equal texts are equal programs (the object cache relies on it).
std::string PrintText(const LoopModule& module);
std::string PrintText(const LoopModule& module, const LoopFunction& function);

// Checks operand types, terminators and targets, and that on every way to a use its value or
// variable was set before. kInternal with the place of the first fault.
Status Verify(const LoopModule& module);

}  // namespace flinkc
