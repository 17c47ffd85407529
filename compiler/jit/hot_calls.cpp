#include "compiler/jit/hot_calls.h"

#include <fmt/format.h>
#include <llvm/Analysis/BranchProbabilityInfo.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/SourceMgr.h>

#include <algorithm>
#include <set>

namespace flinkc {
namespace {

// A branch taken less often than this is unlikely. Written likelihoods are 1 in 2000; what LLVM
// guesses from the shape of the code is never so sure.
const llvm::BranchProbability kUnlikelyBranch(1, 100);

std::string NameOf(const llvm::CallBase& call) {
  if (call.isInlineAsm()) return "inline assembly";
  const llvm::Value* callee = call.getCalledOperand()->stripPointerCasts();
  return llvm::isa<llvm::Function>(callee) ? callee->getName().str() : "indirect";
}

void AddHotCalls(llvm::Function& function, std::vector<std::string>& calls) {
  const llvm::DominatorTree dominators(function);
  const llvm::LoopInfo loops(dominators);
  const llvm::BranchProbabilityInfo probabilities(function, loops);
  std::set<const llvm::BasicBlock*> hot = {&function.getEntryBlock()};
  std::vector<const llvm::BasicBlock*> open = {&function.getEntryBlock()};
  while (!open.empty()) {
    const llvm::BasicBlock* block = open.back();
    open.pop_back();
    for (const llvm::Instruction& instruction : *block) {
      const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (call == nullptr || llvm::isa<llvm::IntrinsicInst>(call)) continue;
      std::string text = fmt::format("{}: {}", function.getName().str(), NameOf(*call));
      if (std::ranges::find(calls, text) == calls.end()) calls.push_back(std::move(text));
    }
    const llvm::Instruction* terminator = block->getTerminator();
    for (unsigned i = 0; i < terminator->getNumSuccessors(); ++i) {
      if (probabilities.getEdgeProbability(block, i) < kUnlikelyBranch) continue;
      if (hot.insert(terminator->getSuccessor(i)).second)
        open.push_back(terminator->getSuccessor(i));
    }
  }
}

}  // namespace

Result<std::vector<std::string>> HotCalls(std::string_view llvm_ir) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic diagnostic;
  const std::string terminated(llvm_ir);  // the parser reads up to a NUL
  const std::unique_ptr<llvm::Module> module =
      llvm::parseAssemblyString(terminated, diagnostic, context);
  if (module == nullptr) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("this is not LLVM IR: line {}: {}", diagnostic.getLineNo(),
                                 diagnostic.getMessage().str()));
  }
  std::vector<std::string> calls;
  for (llvm::Function& function : *module) {
    if (!function.isDeclaration()) AddHotCalls(function, calls);
  }
  return calls;
}

}  // namespace flinkc
