#include "tests/unit/compiler/jit/random_program.h"

#include <map>
#include <random>

#include "compiler/codegen/control_flow.h"
#include "tests/unit/compiler/jit/test_symbols.h"

namespace flinkc {
namespace {

constexpr ValueType kIntegers[] = {ValueType::kI8, ValueType::kI16, ValueType::kI32,
                                   ValueType::kI64};

class RandomFunction {
 public:
  RandomFunction(LoopModule& module, const std::string& name, uint64_t seed)
      : random_(seed),
        fn_(module, TestSymbols(), name, ValueType::kI64,
            {{"memory", ValueType::kPtr},
             {"a", ValueType::kI8},
             {"b", ValueType::kI16},
             {"c", ValueType::kI32},
             {"d", ValueType::kI64},
             {"flag", ValueType::kI1},
             {"x", ValueType::kF32},
             {"y", ValueType::kF64}}) {
    for (size_t i = 1; i < 8; ++i) Keep(fn_.Parameter(i));
    for (const ValueType type : {ValueType::kI8, ValueType::kI16, ValueType::kI32, ValueType::kI64,
                                 ValueType::kI1, ValueType::kF32, ValueType::kF64}) {
      variables_.push_back(fn_.DeclareVariable("v", Any(type)));
    }
    checksum_ = fn_.DeclareVariable("checksum", fn_.I64(17));
    const LoopValue slot = fn_.StackSlot(64, 16);
    fn_.MemoryZero(slot, 64);
    stack_ = slot;
  }

  void Build() {
    Statements(12, 3);
    for (const auto& variable : variables_) Mix(fn_.Get(variable));
    fn_.Return(fn_.Get(checksum_));
  }

 private:
  uint64_t Pick(uint64_t count) { return random_() % count; }

  void Keep(LoopValue value) { values_[value.type].push_back(value); }

  LoopValue Constant(ValueType type) {
    if (type == ValueType::kI1) return fn_.Bool(Pick(2) == 0);
    if (type == ValueType::kF32) return fn_.F32(static_cast<float>(Pick(1000)) / 8);
    if (type == ValueType::kF64) return fn_.F64(static_cast<double>(Pick(100000)) / 7);
    constexpr int64_t kCorners[] = {0, 1, -1, INT8_MIN, INT16_MAX, INT32_MIN, INT64_MIN, INT64_MAX};
    return fn_.Integer(type, Pick(2) == 0 ? kCorners[Pick(8)] : static_cast<int64_t>(random_()));
  }

  // A value of the type that is set here.
  LoopValue Any(ValueType type) {
    const std::vector<LoopValue>& known = values_[type];
    if (known.empty() || Pick(5) == 0) return Constant(type);
    // Rather a recent one.
    const size_t recent = std::min<size_t>(known.size(), 12);
    return known[known.size() - 1 - Pick(recent)];
  }


  // Folds a value into the checksum, bit by bit.
  void Mix(LoopValue value) {
    LoopValue bits = value;
    if (value.type == ValueType::kF32) bits = fn_.BitCast(value, ValueType::kI32);
    if (value.type == ValueType::kF64) bits = fn_.BitCast(value, ValueType::kI64);
    const LoopValue wide = bits.type == ValueType::kI1 || Pick(2) == 0
                               ? fn_.ZeroExtend(bits, ValueType::kI64)
                               : fn_.SignExtend(bits, ValueType::kI64);
    fn_.Set(checksum_, fn_.Add(fn_.Mul(fn_.Get(checksum_), fn_.I64(6364136223846793005)), wide));
  }

  LoopValue Arithmetic(ValueType type) {
    const LoopValue a = Any(type);
    const LoopValue b = Any(type);
    switch (Pick(9)) {
      case 0: return fn_.Add(a, b);
      case 1: return fn_.Sub(a, b);
      case 2: return fn_.Mul(a, b);
      case 3: return fn_.And(a, b);
      case 4: return fn_.Or(a, b);
      case 5: return fn_.Xor(a, b);
      case 6: return fn_.ShiftLeft(a, b);
      case 7: return fn_.ShiftRightLogical(a, b);
      default: return fn_.ShiftRightArithmetic(a, b);
    }
  }

  LoopValue Comparison() {
    if (Pick(8) == 0) {
      return fn_.LessUnsigned(fn_.Offset(stack_, static_cast<int64_t>(Pick(60))),
                              fn_.Offset(stack_, static_cast<int64_t>(Pick(60))));
    }
    const ValueType type = Pick(6) == 0 ? ValueType::kI1 : kIntegers[Pick(4)];
    const LoopValue a = Any(type);
    const LoopValue b = Any(type);
    switch (Pick(6)) {
      case 0: return fn_.Equal(a, b);
      case 1: return fn_.NotEqual(a, b);
      case 2: return fn_.LessSigned(a, b);
      case 3: return fn_.LessEqualSigned(a, b);
      case 4: return fn_.LessUnsigned(a, b);
      default: return fn_.LessEqualUnsigned(a, b);
    }
  }

  LoopValue Conversion() {
    const ValueType from = kIntegers[Pick(4)];
    const ValueType to = kIntegers[Pick(4)];
    switch (Pick(6)) {
      case 0: return fn_.SignedToFloat(Any(from), ValueType::kF64);
      case 1: return fn_.SignedToFloat(Any(from), ValueType::kF32);
      case 2: return fn_.FloatToFloat(Any(ValueType::kF32), ValueType::kF64);
      case 3: return fn_.ZeroExtend(Any(ValueType::kI1), to);
      case 4: return fn_.Truncate(Any(from), ValueType::kI1);
      default: break;
    }
    const LoopValue value = Any(from);
    if (BitWidth(from) >= BitWidth(to)) return fn_.Truncate(value, to);
    return Pick(2) == 0 ? fn_.ZeroExtend(value, to) : fn_.SignExtend(value, to);
  }

  // An address with room for 16 bytes, in the argument's memory or on the stack, computed at run
  // time or a constant; aligned to nothing.
  LoopValue Address() {
    const bool on_stack = Pick(2) == 0;
    const LoopValue base = on_stack ? stack_ : fn_.Parameter(0);
    const uint64_t room = on_stack ? 48 : kRandomProgramMemory - 16;
    if (Pick(2) == 0) return fn_.Offset(base, static_cast<int64_t>(Pick(room)));
    const LoopValue index = fn_.And(Any(ValueType::kI64), fn_.I64(on_stack ? 15 : 127));
    return fn_.Index(base, index, static_cast<int64_t>(Pick(on_stack ? 3 : 2)));
  }

  LoopValue Call() {
    switch (Pick(8)) {
      case 0: return fn_.Call("test_twice_i8", {Any(ValueType::kI8)});
      case 1: return fn_.Call("test_both", {Any(ValueType::kI1), Any(ValueType::kI1)});
      // Halved, so that it never overflows: the sign of a NaN would not be defined.
      case 2: return fn_.Call("test_scale", {Any(ValueType::kF64), fn_.F64(0.5),
                                             Any(ValueType::kF64)});
      case 3: return fn_.Call("test_half", {Any(ValueType::kF32)});
      case 4: return fn_.Call("test_high_bits", {Any(ValueType::kI64)});
      case 5: return fn_.Call("count_call", {fn_.Parameter(0), Any(ValueType::kI1),
                                             Any(ValueType::kI8)});
      case 6: {
        const LoopValue out = fn_.StackSlot(16, 16);  // also within loops
        const LoopValue a = Address();
        fn_.Call(Pick(4) == 0 ? "test_divide_i128" : "test_add_i128", {a, Address(), out});
        return fn_.Load(ValueType::kI64, out, Pick(2) == 0 ? 0 : 8);
      }
      default: {
        const LoopValue out = fn_.StackSlot(8);
        Keep(fn_.Call("test_add_i64", {Any(ValueType::kI64), Any(ValueType::kI64), out}));
        return fn_.Load(ValueType::kI64, out);
      }
    }
  }

  void Memory() {
    const ValueType integers[] = {ValueType::kI1, ValueType::kI8, ValueType::kI16, ValueType::kI32,
                                  ValueType::kI64};
    const ValueType type = integers[Pick(5)];
    switch (Pick(5)) {
      case 0:
      case 1: fn_.Store(Any(type), Address()); break;
      case 2: fn_.MemoryZero(Address(), static_cast<uint32_t>(Pick(17))); break;
      case 3: {
        const LoopValue copy = fn_.StackSlot(16);
        fn_.MemoryCopy(copy, Address(), 16);
        fn_.MemoryCopy(Address(), copy, 16);
        break;
      }
      default: Keep(fn_.Load(type, Address())); break;
    }
  }

  void Statement(int depth) {
    const ValueType type = kIntegers[Pick(4)];
    switch (Pick(depth > 0 ? 13 : 10)) {
      case 0:
      case 1: Keep(Arithmetic(type)); break;
      case 2: Keep(Comparison()); break;
      case 3: Keep(Conversion()); break;
      case 4: Keep(fn_.Select(Any(ValueType::kI1), Any(type), Any(type))); break;
      case 5: Keep(Call()); break;
      case 6: Memory(); break;
      case 7: Keep(fn_.Get(variables_[Pick(variables_.size())])); break;
      case 8: {
        const LoopVariable variable = variables_[Pick(variables_.size())];
        fn_.Set(variable, Any(variable.type));
        break;
      }
      case 9: Mix(Any(type)); break;
      case 10: Branch(depth); break;
      default: Repeat(depth); break;
    }
  }

  void Statements(uint64_t most, int depth) {
    const uint64_t count = 3 + Pick(most);
    for (uint64_t i = 0; i < count; ++i) Statement(depth);
  }

  // Values set inside of a scope are not set after it.
  void Scope(int depth) {
    const auto outside = values_;
    Statements(8, depth - 1);
    values_ = outside;
  }

  void Branch(int depth) {
    constexpr Likelihood kLikelihoods[] = {Likelihood::kUnknown, Likelihood::kLikely,
                                           Likelihood::kUnlikely};
    If condition(fn_, Any(ValueType::kI1), kLikelihoods[Pick(3)]);
    Scope(depth);
    if (Pick(2) == 0) return;
    condition.Else();
    Scope(depth);
    if (Pick(6) == 0) fn_.Return(fn_.Get(checksum_));
  }

  void Repeat(int depth) {
    Loop turns(fn_, fn_.I64(-static_cast<int64_t>(Pick(3))),
               fn_.I64(static_cast<int64_t>(Pick(5))));
    const auto outside = values_;
    Keep(turns.index());
    Statements(8, depth - 1);
    if (Pick(3) == 0) {
      If stop(fn_, Any(ValueType::kI1));
      Pick(2) == 0 ? turns.Break() : turns.Continue();
    }
    Mix(turns.index());
    values_ = outside;
  }

  std::mt19937_64 random_;
  FunctionBuilder fn_;
  std::map<ValueType, std::vector<LoopValue>> values_;
  std::vector<LoopVariable> variables_;
  LoopVariable checksum_;
  LoopValue stack_;
};

}  // namespace

void AddRandomFunction(LoopModule& module, const std::string& name, uint64_t seed) {
  RandomFunction(module, name, seed).Build();
}

}  // namespace flinkc
