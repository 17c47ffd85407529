#include "compiler/jit/kernel_linker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>

#include <set>

#include "compiler/jit/library_symbols.h"

namespace flinkc {
namespace {

using ::testing::HasSubstr;

class KernelLinkerTest : public ::testing::Test {
 protected:
  KernelLinkerTest() {
    llvm::InitializeNativeTarget();
    std::string error;
    const std::string triple = llvm::sys::getProcessTriple();
    const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
    target_.reset(target->createTargetMachine(triple, "x86-64-v3", "", {}, llvm::Reloc::PIC_));
  }

  std::unique_ptr<llvm::Module> Parse(const char* text) {
    llvm::SMDiagnostic diagnostic;
    auto module = llvm::parseAssemblyString(text, diagnostic, context_);
    EXPECT_NE(module, nullptr) << diagnostic.getMessage().str();
    return module;
  }

  llvm::LLVMContext context_;
  std::unique_ptr<llvm::TargetMachine> target_;
};

constexpr const char* kKernels = R"(
@table = constant [2 x i64] [i64 1, i64 2]
declare double @pow(double, double)
define i64 @wanted(i64 %x) #0 {
  %y = call i64 @helper(i64 %x)
  ret i64 %y
}
define i64 @helper(i64 %x) #0 {
  %p = getelementptr i64, ptr @table, i64 %x
  %y = load i64, ptr %p
  ret i64 %y
}
define i64 @unwanted(i64 %x) #0 {
  ret i64 %x
}
define double @power(double %x) #0 {
  %y = call double @pow(double %x, double 2.0)
  ret double %y
}
attributes #0 = { nounwind uwtable "target-cpu"="x86-64" "tune-cpu"="generic" }
)";

TEST_F(KernelLinkerTest, TakesWhatIsNeededAndMakesItInternal) {
  const auto module = Parse(R"(
declare i64 @wanted(i64)
define i64 @chain(i64 %x) {
  %y = call i64 @wanted(i64 %x)
  ret i64 %y
})");
  ASSERT_TRUE(LinkKernels(Parse(kKernels), *target_, *module));
  EXPECT_TRUE(module->getFunction("chain")->hasExternalLinkage());
  for (const char* name : {"wanted", "helper"}) {
    const llvm::Function* function = module->getFunction(name);
    ASSERT_NE(function, nullptr);
    EXPECT_TRUE(function->hasInternalLinkage());
    EXPECT_EQ(function->getFnAttribute("target-cpu").getValueAsString(), "x86-64-v3");
    EXPECT_FALSE(function->hasFnAttribute("tune-cpu"));
  }
  EXPECT_TRUE(module->getNamedGlobal("table")->hasInternalLinkage());
  EXPECT_EQ(module->getFunction("unwanted"), nullptr);
}

// tried: such a call links, verifies, and silently is not inlined.
TEST_F(KernelLinkerTest, RefusesACallOfAnotherType) {
  const auto module = Parse(R"(
declare i64 @wanted(i128)
define i64 @chain(i128 %x) {
  %y = call i64 @wanted(i128 %x)
  ret i64 %y
})");
  const Status status = LinkKernels(Parse(kKernels), *target_, *module);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("wanted"));
}

TEST_F(KernelLinkerTest, CallsOfLibmAreNotForLlvmToFold) {
  const auto module = Parse(R"(
declare double @power(double)
define double @chain(double %x) {
  %y = call double @power(double %x)
  ret double %y
})");
  ASSERT_TRUE(LinkKernels(Parse(kKernels), *target_, *module));
  const auto* call =
      llvm::cast<llvm::CallBase>(&module->getFunction("power")->getEntryBlock().front());
  EXPECT_TRUE(call->isNoBuiltin());
}

TEST(LibrarySymbolsTest, EachIsListedOnceWithAnAddress) {
  std::set<std::string_view> names;
  for (const LibrarySymbol& symbol : LibrarySymbols()) {
    EXPECT_NE(symbol.address, nullptr) << symbol.name;
    EXPECT_TRUE(names.insert(symbol.name).second) << symbol.name;
  }
  EXPECT_TRUE(names.contains("memcpy"));
  EXPECT_FALSE(names.contains("system"));
}

}  // namespace
}  // namespace flinkc
