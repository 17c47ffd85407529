#include "compiler/interpreter/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "compiler/codegen/control_flow.h"
#include "compiler/codegen/function_builder.h"

namespace flinkc {
namespace {

using ::testing::HasSubstr;

uint32_t AllOnes() { return UINT32_MAX; }
void Increment(int64_t* number) { ++*number; }

SymbolTable MakeSymbols() {
  SymbolTable symbols;
  symbols.Add(SymbolKind::kNative, NativeSymbolOf<&AllOnes>("all_ones"));
  symbols.Add(SymbolKind::kNative, NativeSymbolOf<&Increment>("increment"));
  return symbols;
}

ValueSlot RunFirst(const LoopModule& module, std::vector<ValueSlot> arguments) {
  const auto interpreted = InterpretedModule::Make(module, MakeSymbols());
  EXPECT_TRUE(interpreted) << interpreted.error().message;
  return (*interpreted)->Run(0, arguments);
}

TEST(InterpreterTest, RunsLoops) {
  const SymbolTable symbols = MakeSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "sum_of_odd", ValueType::kI64, {{"n", ValueType::kI64}});
  const LoopVariable sum = fn.DeclareVariable("sum", fn.I64(0));
  {
    Loop numbers(fn, fn.I64(0), fn.Parameter(0));
    If even(fn, fn.Equal(fn.And(numbers.index(), fn.I64(1)), fn.I64(0)));
    numbers.Continue();
    even.End();
    If enough(fn, fn.LessSigned(fn.I64(100), numbers.index()));
    numbers.Break();
    enough.End();
    fn.Set(sum, fn.Add(fn.Get(sum), numbers.index()));
  }
  fn.Return(fn.Get(sum));
  EXPECT_EQ(RunFirst(module, {0}), 0u);
  EXPECT_EQ(RunFirst(module, {10}), 25u);
  EXPECT_EQ(RunFirst(module, {1000}), 2500u);
}

TEST(InterpreterTest, RunsWhileLoops) {
  const SymbolTable symbols = MakeSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "collatz", ValueType::kI64, {{"n", ValueType::kI64}});
  const LoopVariable n = fn.DeclareVariable("n", fn.Parameter(0));
  const LoopVariable steps = fn.DeclareVariable("steps", fn.I64(0));
  {
    While more(fn, [&] { return fn.NotEqual(fn.Get(n), fn.I64(1)); });
    fn.Set(steps, fn.Add(fn.Get(steps), fn.I64(1)));
    If odd(fn, fn.Truncate(fn.Get(n), ValueType::kI1));
    fn.Set(n, fn.Add(fn.Mul(fn.Get(n), fn.I64(3)), fn.I64(1)));
    odd.Else();
    fn.Set(n, fn.ShiftRightLogical(fn.Get(n), fn.I64(1)));
  }
  fn.Return(fn.Get(steps));
  EXPECT_EQ(RunFirst(module, {27}), 111u);
}

// A thunk extends an unsigned result with zeros; a register holds it sign-extended.
TEST(InterpreterTest, CutsUnsignedResults) {
  const SymbolTable symbols = MakeSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI1, {});
  fn.Return(fn.Equal(fn.Call("all_ones", {}), fn.I32(-1)));
  EXPECT_EQ(RunFirst(module, {}), 1u);
}

TEST(InterpreterTest, AnyBitOfABoolInMemoryMeansTrue) {
  const SymbolTable symbols = MakeSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI64, {{"p", ValueType::kPtr}});
  const LoopValue flag = fn.Load(ValueType::kI1, fn.Parameter(0));
  fn.Store(flag, fn.Parameter(0), 1);
  fn.Return(fn.ZeroExtend(flag, ValueType::kI64));
  uint8_t bytes[] = {0x80, 7};
  EXPECT_EQ(RunFirst(module, {reinterpret_cast<ValueSlot>(bytes)}), 1u);
  EXPECT_EQ(bytes[1], 1);
}

TEST(InterpreterTest, DataLivesAndIsAligned) {
  const SymbolTable symbols = MakeSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kPtr, {});
  fn.Data("first", 16);
  fn.Return(fn.Data("second", 16));
  auto interpreted = InterpretedModule::Make(module, symbols);
  ASSERT_TRUE(interpreted);
  module.data.clear();
  const ValueSlot address = (*interpreted)->Run(0, {});
  EXPECT_EQ(address % 16, 0u);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(address), 6), "second");
}

TEST(InterpreterTest, ManyThreadsRunOneModule) {
  const SymbolTable symbols = MakeSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "count", ValueType::kVoid,
                     {{"n", ValueType::kI64}, {"number", ValueType::kPtr}});
  {
    Loop turns(fn, fn.I64(0), fn.Parameter(0));
    fn.Call("increment", {fn.Parameter(1)});
  }
  fn.Return();
  const auto interpreted = InterpretedModule::Make(module, symbols);
  ASSERT_TRUE(interpreted);
  int64_t numbers[4] = {};
  {
    std::vector<std::jthread> threads;
    for (int64_t& number : numbers) {
      threads.emplace_back([&] {
        const ValueSlot arguments[] = {10000, reinterpret_cast<ValueSlot>(&number)};
        EXPECT_EQ((*interpreted)->Run((*interpreted)->IndexOf("count"), arguments), 0u);
      });
    }
  }
  for (const int64_t number : numbers) EXPECT_EQ(number, 10000);
}

TEST(InterpreterTest, RefusesWhatIsNotListedOrNotWellFormed) {
  const SymbolTable symbols = MakeSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI32, {});
  fn.Return(fn.Call("all_ones", {}));
  const auto unlisted = InterpretedModule::Make(module, SymbolTable());
  ASSERT_FALSE(unlisted);
  EXPECT_THAT(unlisted.error().message, HasSubstr("all_ones"));
  module.functions[0].blocks[0].instructions.pop_back();
  EXPECT_FALSE(InterpretedModule::Make(module, symbols));
}

}  // namespace
}  // namespace flinkc
