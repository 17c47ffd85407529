// Generated code and interpreter give the same bits.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>

#include "compiler/codegen/function_builder.h"
#include "compiler/interpreter/interpreter.h"
#include "compiler/jit/jit_compiler.h"
#include "tests/unit/compiler/jit/random_program.h"
#include "tests/unit/compiler/jit/test_symbols.h"

namespace flinkc {
namespace {

using Memory = std::array<uint8_t, kRandomProgramMemory>;
using RandomSignature = int64_t(Memory*, int8_t, int16_t, int32_t, int64_t, bool, float, double);

struct Arguments {
  Memory memory;
  int64_t integer;
  bool flag;
  double number;
};

Arguments DrawArguments(std::mt19937_64& random) {
  Arguments arguments;
  for (uint8_t& byte : arguments.memory) byte = static_cast<uint8_t>(random());
  arguments.integer = static_cast<int64_t>(random() >> (random() % 64));
  arguments.flag = random() % 2 == 0;
  arguments.number = static_cast<double>(random() % 1000000) / 1024 - 300;
  return arguments;
}

int64_t RunCompiled(RandomSignature* function, const Arguments& arguments, Memory& memory) {
  return function(&memory, static_cast<int8_t>(arguments.integer),
                  static_cast<int16_t>(arguments.integer >> 3),
                  static_cast<int32_t>(arguments.integer >> 5), arguments.integer, arguments.flag,
                  static_cast<float>(arguments.number), arguments.number);
}

int64_t RunInterpreted(const InterpretedModule& module, size_t index, const Arguments& arguments,
                       Memory& memory) {
  const auto slot = [](int64_t value) { return static_cast<ValueSlot>(value); };
  const ValueSlot slots[] = {reinterpret_cast<ValueSlot>(&memory),
                             slot(static_cast<int8_t>(arguments.integer)),
                             slot(static_cast<int16_t>(arguments.integer >> 3)),
                             slot(static_cast<int32_t>(arguments.integer >> 5)),
                             slot(arguments.integer),
                             arguments.flag,
                             std::bit_cast<uint32_t>(static_cast<float>(arguments.number)),
                             std::bit_cast<ValueSlot>(arguments.number)};
  return static_cast<int64_t>(module.Run(index, slots));
}

// Compares all functions of a module on `rounds` arguments each.
void ExpectAgreement(JitCompiler& compiler, const LoopModule& module, int level, int rounds,
                     uint64_t seed) {
  const auto interpreted = InterpretedModule::Make(module, TestSymbols());
  ASSERT_TRUE(interpreted) << interpreted.error().message;
  const auto compiled = compiler.Compile(module, {.level = level});
  ASSERT_TRUE(compiled) << compiled.error().message;
  std::mt19937_64 random(seed);
  for (const LoopFunction& function : module.functions) {
    auto* code = (*compiled)->Function<RandomSignature>(function.name);
    const size_t index = (*interpreted)->IndexOf(function.name);
    for (int round = 0; round < rounds; ++round) {
      const Arguments arguments = DrawArguments(random);
      Memory expected = arguments.memory;
      Memory actual = arguments.memory;
      ASSERT_EQ(RunInterpreted(**interpreted, index, arguments, expected),
                RunCompiled(code, arguments, actual))
          << "level " << level << "\n" << PrintText(module, function);
      ASSERT_EQ(expected, actual) << "level " << level << "\n" << PrintText(module, function);
    }
  }
}

TEST(AgreementTest, OnRandomPrograms) {
  const auto compiler = JitCompiler::Make(TestSetup(TestSymbols()));
  ASSERT_TRUE(compiler);
  for (uint64_t seed = 0; seed < 60; ++seed) {
    LoopModule module{.name = "random"};
    for (uint64_t i = 0; i < 5; ++i) {
      AddRandomFunction(module, "random" + std::to_string(i), seed * 100 + i);
    }
    ASSERT_NO_FATAL_FAILURE(ExpectAgreement(**compiler, module, seed % 4 == 0 ? 0 : 2, 8, seed))
        << "seed " << seed;
  }
}

// One function for each operation of integers: all of them on the corners of each width, which
// random programs may miss.
TEST(AgreementTest, OnCornersOfIntegers) {
  using Operation = LoopValue (FunctionBuilder::*)(LoopValue, LoopValue);
  constexpr Operation kOperations[] = {
      &FunctionBuilder::Add,           &FunctionBuilder::Sub,
      &FunctionBuilder::Mul,           &FunctionBuilder::ShiftLeft,
      &FunctionBuilder::ShiftRightLogical, &FunctionBuilder::ShiftRightArithmetic,
      &FunctionBuilder::LessSigned,    &FunctionBuilder::LessEqualSigned,
      &FunctionBuilder::LessUnsigned,  &FunctionBuilder::LessEqualUnsigned,
      &FunctionBuilder::Equal,         &FunctionBuilder::Xor};
  LoopModule module{.name = "corners"};
  for (const ValueType type : {ValueType::kI8, ValueType::kI16, ValueType::kI32, ValueType::kI64}) {
    for (size_t i = 0; i < std::size(kOperations); ++i) {
      FunctionBuilder fn(module, TestSymbols(), std::string(Name(type)) + std::to_string(i),
                         ValueType::kI64, {{"a", ValueType::kI64}, {"b", ValueType::kI64}});
      const LoopValue result = (fn.*kOperations[i])(fn.Truncate(fn.Parameter(0), type),
                                                    fn.Truncate(fn.Parameter(1), type));
      fn.Return(result.type == ValueType::kI1 ? fn.ZeroExtend(result, ValueType::kI64)
                                              : fn.SignExtend(result, ValueType::kI64));
    }
  }
  const auto compiler = JitCompiler::Make(TestSetup(TestSymbols()));
  ASSERT_TRUE(compiler);
  const auto compiled = (*compiler)->Compile(module);
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto interpreted = InterpretedModule::Make(module, TestSymbols());
  ASSERT_TRUE(interpreted);
  constexpr int64_t kCorners[] = {
      0,         1,         -1,        2,         7,        8,        15,        16,
      31,        32,        63,        64,        INT8_MIN, INT8_MAX, INT16_MIN, INT16_MAX,
      INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX, -8,       255,      65535,     4294967295};
  for (size_t f = 0; f < module.functions.size(); ++f) {
    auto* code = (*compiled)->Function<int64_t(int64_t, int64_t)>(module.functions[f].name);
    for (const int64_t a : kCorners) {
      for (const int64_t b : kCorners) {
        const ValueSlot slots[] = {static_cast<ValueSlot>(a), static_cast<ValueSlot>(b)};
        ASSERT_EQ(static_cast<int64_t>((*interpreted)->Run(f, slots)), code(a, b))
            << module.functions[f].name << " of " << a << " and " << b;
      }
    }
  }
  // And the results themselves, so that both are not wrong alike.
  const auto run = [&](const char* name, int64_t a, int64_t b) {
    return (*compiled)->Function<int64_t(int64_t, int64_t)>(name)(a, b);
  };
  EXPECT_EQ(run("i80", INT8_MAX, 1), INT8_MIN);
  EXPECT_EQ(run("i642", INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(run("i323", 1, 33), 2);               // the amount counts modulo the width
  EXPECT_EQ(run("i164", -1, 15), 1);
  EXPECT_EQ(run("i85", -128, 7), -1);
  EXPECT_EQ(run("i88", 127, -1), 1);              // unsigned: 127 < 255
}

// A stack slot declared in a loop is one piece of memory, however often the loop turns: a
// million turns would otherwise overflow the stack.
TEST(AgreementTest, StackSlotsInLoopsAreHoisted) {
  LoopModule module{.name = "slots"};
  FunctionBuilder fn(module, TestSymbols(), "run", ValueType::kI64, {{"n", ValueType::kI64}});
  const LoopBlock head = fn.NewBlock("head");
  const LoopBlock body = fn.NewBlock("body");
  const LoopBlock done = fn.NewBlock("done");
  const LoopVariable i = fn.DeclareVariable("i", fn.I64(0));
  fn.Jump(head);
  fn.SwitchTo(head);
  const LoopValue slot = fn.StackSlot(4096, 16);
  fn.JumpIf(fn.LessSigned(fn.Get(i), fn.Parameter(0)), body, done);
  fn.SwitchTo(body);
  fn.Store(fn.Get(i), slot, 8);
  fn.Call("test_add_i64", {fn.Load(ValueType::kI64, slot, 8), fn.I64(1), fn.Offset(slot, 16)});
  fn.Set(i, fn.Load(ValueType::kI64, slot, 16));
  fn.Jump(head);
  fn.SwitchTo(done);
  fn.Return(fn.Load(ValueType::kI64, slot, 8));
  const auto compiler = JitCompiler::Make(TestSetup(TestSymbols()));
  ASSERT_TRUE(compiler);
  for (const int level : {0, 2}) {
    const auto compiled = (*compiler)->Compile(module, {.level = level});
    ASSERT_TRUE(compiled);
    EXPECT_EQ((*compiled)->Function<int64_t(int64_t)>("run")(1000000), 999999);
  }
  const auto interpreted = InterpretedModule::Make(module, TestSymbols());
  ASSERT_TRUE(interpreted);
  const ValueSlot arguments[] = {1000000};
  EXPECT_EQ((*interpreted)->Run(0, arguments), 999999u);
}

}  // namespace
}  // namespace flinkc
