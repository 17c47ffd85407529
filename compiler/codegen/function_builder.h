// FunctionBuilder writes one LoopFunction, in the order in which it shall run. Types are checked
// as the program is written: a wrong one is our own mistake and a CHECK.
//
//   FunctionBuilder fn(module, symbols, "pipeline0", ValueType::kI64,
//                      {{"context", ValueType::kPtr}, {"batch", ValueType::kPtr}});
//   LoopVariable total = fn.DeclareVariable("total", fn.I64(0));
//   {
//     Loop rows(fn, fn.I64(0), row_count);                       // control_flow.h
//     LoopValue price = fn.Load(ValueType::kI64, fn.Index(column, rows.index(), 8));
//     If expensive(fn, fn.LessSigned(fn.I64(100), price));
//     fn.Set(total, fn.Add(fn.Get(total), price));
//   }
//   fn.Return(fn.Get(total));
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/codegen/loop_program.h"
#include "compiler/codegen/symbol_table.h"

namespace flinkc {

// One thread. `module` and `symbols` must outlive the builder.
class FunctionBuilder {
 public:
  // Appends the function to the module and starts in its entry block.
  FunctionBuilder(LoopModule& module, const SymbolTable& symbols, std::string name,
                  ValueType result, std::vector<VariableDeclaration> parameters);
  FunctionBuilder(const FunctionBuilder&) = delete;
  FunctionBuilder& operator=(const FunctionBuilder&) = delete;

  LoopValue Parameter(size_t index) const;
  const LoopFunction& function() const { return *function_; }

  // Constants.
  LoopValue Bool(bool value);
  LoopValue I8(int8_t value) { return Integer(ValueType::kI8, value); }
  LoopValue I16(int16_t value) { return Integer(ValueType::kI16, value); }
  LoopValue I32(int32_t value) { return Integer(ValueType::kI32, value); }
  LoopValue I64(int64_t value) { return Integer(ValueType::kI64, value); }
  LoopValue F32(float value);
  LoopValue F64(double value);
  LoopValue Null();
  // `value`, cut to the width of the integer type.
  LoopValue Integer(ValueType type, int64_t value);
  // The zero of any type but kVoid.
  LoopValue Zero(ValueType type);
  // The address of constant bytes; equal bytes of equal alignment are kept once.
  LoopValue Data(std::string_view bytes, uint32_t alignment = 1);

  // Integers of one type; they wrap around. And, Or and Xor also of kI1.
  LoopValue Add(LoopValue a, LoopValue b) { return Binary(Opcode::kAdd, a, b); }
  LoopValue Sub(LoopValue a, LoopValue b) { return Binary(Opcode::kSub, a, b); }
  LoopValue Mul(LoopValue a, LoopValue b) { return Binary(Opcode::kMul, a, b); }
  LoopValue And(LoopValue a, LoopValue b) { return Binary(Opcode::kAnd, a, b); }
  LoopValue Or(LoopValue a, LoopValue b) { return Binary(Opcode::kOr, a, b); }
  LoopValue Xor(LoopValue a, LoopValue b) { return Binary(Opcode::kXor, a, b); }
  // The amount counts modulo the width.
  LoopValue ShiftLeft(LoopValue a, LoopValue amount);
  LoopValue ShiftRightLogical(LoopValue a, LoopValue amount);
  LoopValue ShiftRightArithmetic(LoopValue a, LoopValue amount);
  LoopValue Not(LoopValue condition);  // of kI1

  // Comparisons of integers of one type, or of pointers (as unsigned); the result is kI1.
  LoopValue Equal(LoopValue a, LoopValue b) { return Compare(Opcode::kEqual, a, b); }
  LoopValue NotEqual(LoopValue a, LoopValue b) { return Compare(Opcode::kNotEqual, a, b); }
  LoopValue LessSigned(LoopValue a, LoopValue b) { return Compare(Opcode::kLessSigned, a, b); }
  LoopValue LessEqualSigned(LoopValue a, LoopValue b) {
    return Compare(Opcode::kLessEqualSigned, a, b);
  }
  LoopValue LessUnsigned(LoopValue a, LoopValue b) { return Compare(Opcode::kLessUnsigned, a, b); }
  LoopValue LessEqualUnsigned(LoopValue a, LoopValue b) {
    return Compare(Opcode::kLessEqualUnsigned, a, b);
  }
  LoopValue IsNull(LoopValue pointer) { return Equal(pointer, Null()); }

  // Conversions. To the same type: the value itself.
  LoopValue ZeroExtend(LoopValue value, ValueType type);
  LoopValue SignExtend(LoopValue value, ValueType type);
  LoopValue Truncate(LoopValue value, ValueType type);
  LoopValue SignedToFloat(LoopValue value, ValueType type);
  LoopValue FloatToFloat(LoopValue value, ValueType type);
  LoopValue BitCast(LoopValue value, ValueType type);

  LoopValue Select(LoopValue condition, LoopValue if_true, LoopValue if_false);

  // Memory. Offsets, scales and sizes in bytes; no alignment is assumed.
  LoopValue Offset(LoopValue pointer, int64_t offset);
  LoopValue Index(LoopValue pointer, LoopValue index, int64_t scale);  // index: kI64
  LoopValue Load(ValueType type, LoopValue pointer, int64_t offset = 0);
  void Store(LoopValue value, LoopValue pointer, int64_t offset = 0);
  void MemoryCopy(LoopValue to, LoopValue from, uint32_t bytes);  // must not overlap
  void MemoryZero(LoopValue to, uint32_t bytes);
  // Memory of this call of the function, one piece however often the instruction is passed: for
  // views, 128-bit integers, keys and the results of kernels.
  LoopValue StackSlot(uint32_t bytes, uint32_t alignment = 8);

  LoopVariable DeclareVariable(std::string name, LoopValue initial);
  LoopValue Get(LoopVariable variable);
  void Set(LoopVariable variable, LoopValue value);

  // Calls a symbol of the table with its types; the result of a void function is no value.
  LoopValue Call(std::string_view symbol, std::span<const LoopValue> arguments);
  LoopValue Call(std::string_view symbol, std::initializer_list<LoopValue> arguments) {
    return Call(symbol, std::span<const LoopValue>(arguments.begin(), arguments.size()));
  }

  // How a symbol of the table is called.
  SymbolKind SymbolKindOf(std::string_view symbol) const;

  // Control flow by blocks, for continuations that RAII scopes cannot say.
  LoopBlock NewBlock(std::string name);
  // Continues writing in `block`.
  void SwitchTo(LoopBlock block);
  LoopBlock current_block() const { return LoopBlock{current_}; }
  // True after Jump, JumpIf or Return: nothing can be added to the current block.
  bool Terminated() const;
  void Jump(LoopBlock target);
  void JumpIf(LoopValue condition, LoopBlock if_true, LoopBlock if_false,
              Likelihood likelihood = Likelihood::kUnknown);
  void Return();
  void Return(LoopValue value);

 private:
  LoopValue NewValue(ValueType type);
  // Appends to the current block; the result is a new value of instruction.type when `has_result`.
  LoopValue Append(Instruction instruction, bool has_result);
  LoopValue Binary(Opcode opcode, LoopValue a, LoopValue b);
  LoopValue Compare(Opcode opcode, LoopValue a, LoopValue b);
  LoopValue Convert(Opcode opcode, LoopValue value, ValueType type);
  uint32_t CalleeIndex(std::string_view symbol);

  LoopModule* module_;
  const SymbolTable* symbols_;
  LoopFunction* function_;
  uint32_t current_ = 0;
};

}  // namespace flinkc
