#include "compiler/codegen/loop_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/codegen/control_flow.h"
#include "compiler/codegen/function_builder.h"

namespace flinkc {
namespace {

using ::testing::HasSubstr;

int64_t Double(int64_t value) { return 2 * value; }

SymbolTable TestSymbols() {
  SymbolTable symbols;
  symbols.Add(SymbolKind::kNative, NativeSymbolOf<&Double>("double_it"));
  return symbols;
}

// sum of column[i] over i < count where it is positive
LoopModule SumOfPositives() {
  static const SymbolTable symbols = TestSymbols();
  LoopModule module{.name = "sum"};
  FunctionBuilder fn(module, symbols, "sum", ValueType::kI64,
                     {{"column", ValueType::kPtr}, {"count", ValueType::kI64}});
  const LoopVariable sum = fn.DeclareVariable("sum", fn.I64(0));
  {
    Loop rows(fn, fn.I64(0), fn.Parameter(1));
    const LoopValue value =
        fn.Load(ValueType::kI64, fn.Index(fn.Parameter(0), rows.index(), 8));
    If negative(fn, fn.LessSigned(value, fn.I64(0)), Likelihood::kUnlikely);
    rows.Continue();
    negative.End();
    fn.Set(sum, fn.Add(fn.Get(sum), value));
  }
  fn.Return(fn.Get(sum));
  return module;
}

std::string FaultOf(const LoopModule& module) {
  const Status status = Verify(module);
  return status ? "" : status.error().message;
}

TEST(LoopProgramTest, PrintsWhatWasBuilt) {
  EXPECT_EQ(PrintText(SumOfPositives()),
            R"(module "sum"
function i64 @sum(ptr %0 column, i64 %1 count) {
  variable v0 i64 sum
  variable v1 i64 index
entry_0:
  %2 = constant i64 0
  set i64 v0 %2
  %3 = constant i64 0
  set i64 v1 %3
  jump loop_head_1
loop_head_1:
  %4 = get i64 v1
  %5 = less_signed i1 %4, %1
  jump_if %5, loop_body_2, loop_end_4
loop_body_2:
  %6 = pointer_index ptr %0, %4, 8
  %7 = load i64 %6, 0
  %8 = constant i64 0
  %9 = less_signed i1 %7, %8
  jump_if %9, then_5, else_6 unlikely
loop_next_3:
  %12 = constant i64 1
  %13 = add i64 %4, %12
  set i64 v1 %13
  jump loop_head_1
loop_end_4:
  %14 = get i64 v0
  return %14
then_5:
  jump loop_next_3
else_6:
  jump end_if_7
end_if_7:
  %10 = get i64 v0
  %11 = add i64 %10, %7
  set i64 v0 %11
  jump loop_next_3
}
)");
}

TEST(LoopProgramTest, PrintsDataSoThatDistinctBytesDiffer) {
  const SymbolTable symbols;
  LoopModule module{.name = "data"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kPtr, {});
  fn.Data(std::string_view("a\0\\22\"", 6));
  fn.Data("other", 8);
  fn.Return(fn.Data(std::string_view("a\0\\22\"", 6)));
  EXPECT_THAT(PrintText(module), HasSubstr("data d0 align 1 \"a\\00\\5c22\\22\"\n"
                                           "data d1 align 8 \"other\"\nfunction"));
  EXPECT_EQ(FaultOf(module), "");
}

TEST(LoopProgramTest, AcceptsWhatTheBuilderWrites) { EXPECT_EQ(FaultOf(SumOfPositives()), ""); }

TEST(LoopProgramTest, AcceptsScopesWhoseWaysAllReturn) {
  const SymbolTable symbols;
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI64, {{"c", ValueType::kI1}});
  If condition(fn, fn.Parameter(0));
  fn.Return(fn.I64(1));
  condition.Else();
  fn.Return(fn.I64(2));
  condition.End();
  EXPECT_EQ(FaultOf(module), "");
}

TEST(LoopProgramTest, RejectsAMissingTerminator) {
  LoopModule module = SumOfPositives();
  module.functions[0].blocks[7].instructions.pop_back();
  EXPECT_THAT(FaultOf(module), HasSubstr("function sum, block 7"));
  EXPECT_THAT(FaultOf(module), HasSubstr("no terminator"));
}

TEST(LoopProgramTest, RejectsWrongTypesAndTargets) {
  {
    LoopModule module = SumOfPositives();
    module.functions[0].blocks[2].instructions[0].operands[1] = 0;  // a pointer as index
    EXPECT_THAT(FaultOf(module), HasSubstr("wrong operand of pointer_index"));
  }
  {
    LoopModule module = SumOfPositives();
    module.functions[0].blocks[0].instructions.back().targets[0] = 8;
    EXPECT_THAT(FaultOf(module), HasSubstr("jump to block 8"));
  }
  {
    LoopModule module = SumOfPositives();
    module.functions[0].result = ValueType::kI32;
    EXPECT_THAT(FaultOf(module), HasSubstr("wrong operand of return"));
  }
}

TEST(LoopProgramTest, RejectsValuesSetOnOnlyOneWay) {
  const SymbolTable symbols;
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI64, {{"c", ValueType::kI1}});
  LoopValue inside;
  {
    If condition(fn, fn.Parameter(0));
    inside = fn.I64(1);
  }
  fn.Return(inside);
  EXPECT_THAT(FaultOf(module), HasSubstr("may not be set here"));
}

TEST(LoopProgramTest, RejectsVariablesDeclaredOnOnlyOneWay) {
  const SymbolTable symbols;
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI64, {{"c", ValueType::kI1}});
  LoopVariable inside;
  {
    If condition(fn, fn.Parameter(0));
    inside = fn.DeclareVariable("inside", fn.I64(1));
  }
  fn.Return(fn.Get(inside));
  EXPECT_THAT(FaultOf(module), HasSubstr("variable inside may not be set here"));
}

TEST(FunctionBuilderTest, DeclaresEachCalleeOnce) {
  const SymbolTable symbols = TestSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI64, {});
  fn.Return(fn.Call("double_it", {fn.Call("double_it", {fn.I64(3)})}));
  ASSERT_EQ(module.callees.size(), 1u);
  EXPECT_THAT(PrintText(module), HasSubstr("declare native i64 @double_it(i64)"));
  EXPECT_EQ(FaultOf(module), "");
}

TEST(FunctionBuilderTest, ConstantsHaveTheWidthOfTheirType) {
  const SymbolTable symbols;
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI8, {});
  fn.Return(fn.Integer(ValueType::kI8, 255));
  EXPECT_EQ(static_cast<int64_t>(module.functions[0].blocks[0].instructions[0].immediate), -1);
}

TEST(FunctionBuilderDeathTest, ChecksTypesAndNames) {
  const SymbolTable symbols = TestSymbols();
  LoopModule module{.name = "m"};
  FunctionBuilder fn(module, symbols, "f", ValueType::kI64, {});
  EXPECT_DEATH(fn.Add(fn.I64(1), fn.I32(1)), "a.type == b.type");
  EXPECT_DEATH(fn.Call("double_it", {fn.I32(1)}), "callee.parameters");
  EXPECT_DEATH(fn.Call("system", {fn.Null()}), "symbol system is listed");
  EXPECT_DEATH(
      {
        fn.Return(fn.I64(1));
        fn.I64(2);
      },
      "!Terminated");
}

}  // namespace
}  // namespace flinkc
