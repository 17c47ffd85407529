#include "compiler/jit/kernel_linker.h"

#include <fmt/format.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Module.h>
#include <llvm/Linker/Linker.h>
#include <llvm/Target/TargetMachine.h>

#include <set>
#include <string>
#include <utility>

#include "compiler/jit/library_symbols.h"

namespace flinkc {
namespace {

// Clang's own idea of the target; inlining needs equal ones. Unwind tables serve nothing: nothing
// unwinds through generated code.
constexpr const char* kTargetAttributes[] = {"target-cpu",           "target-features",
                                             "tune-cpu",             "min-legal-vector-width",
                                             "stack-protector-buffer-size", "frame-pointer"};

void SetTarget(llvm::Function& function, const llvm::TargetMachine& target) {
  for (const char* attribute : kTargetAttributes) function.removeFnAttr(attribute);
  function.removeFnAttr(llvm::Attribute::UWTable);
  function.addFnAttr("target-cpu", target.getTargetCPU());
  function.addFnAttr("target-features", target.getTargetFeatureString());
}

Status CheckCall(llvm::CallBase& call) {
  const auto* callee =
      llvm::dyn_cast<llvm::Function>(call.getCalledOperand()->stripPointerCasts());
  if (callee == nullptr || callee->getFunctionType() == call.getFunctionType()) return {};
  return MakeError(ErrorCode::kInternal, fmt::format("a call of {} in {} has another type than it",
                                                     callee->getName().str(),
                                                     call.getFunction()->getName().str()));
}

// A result that LLVM folds at compile time must be the one that libm gives at run time.
void KeepLibraryRounding(llvm::CallBase& call) {
  const llvm::Function* callee = call.getCalledFunction();
  if (callee == nullptr || !callee->isDeclaration()) return;
  const llvm::StringRef name = callee->getName();
  if (IsRoundedByLibrary({name.data(), name.size()})) call.addFnAttr(llvm::Attribute::NoBuiltin);
}

}  // namespace

Status LinkKernels(std::unique_ptr<llvm::Module> kernels, const llvm::TargetMachine& target,
                   llvm::Module& module) {
  std::set<std::string> exported;
  for (const llvm::Function& function : module) {
    if (!function.isDeclaration()) exported.insert(function.getName().str());
  }
  kernels->setTargetTriple(module.getTargetTriple());
  kernels->setDataLayout(module.getDataLayout());
  if (llvm::Linker::linkModules(module, std::move(kernels), llvm::Linker::LinkOnlyNeeded)) {
    return MakeError(ErrorCode::kInternal, "the kernel bitcode cannot be linked");
  }
  for (llvm::Function& function : module) {
    if (function.isDeclaration()) continue;
    SetTarget(function, target);
    if (!exported.contains(function.getName().str())) {
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
      function.setComdat(nullptr);
    }
    for (llvm::BasicBlock& block : function) {
      for (llvm::Instruction& instruction : block) {
        auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
        if (call == nullptr) continue;
        RETURN_IF_ERROR(CheckCall(*call));
        KeepLibraryRounding(*call);
      }
    }
  }
  for (llvm::GlobalVariable& global : module.globals()) {
    if (global.isDeclaration() || global.hasLocalLinkage()) continue;
    global.setLinkage(llvm::GlobalValue::InternalLinkage);
    global.setComdat(nullptr);
  }
  return {};
}

}  // namespace flinkc
