// A loop program as LLVM IR: one to one, without optimization. Variables and stack slots become
// allocas of the entry block (a later pass makes registers of them).
#pragma once

#include <memory>

#include "compiler/codegen/loop_program.h"
#include "runtime/base/result.h"

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
}  // namespace llvm

namespace flinkc {

// `module` must satisfy Verify. Kernels take their types and attributes from `kernels` (their
// bitcode, loaded in `context`): clang lowers some C++ signatures in its own way, and a call of
// another type would link, verify, and silently never be inlined. kInternal: a kernel is missing
// there or has other parameters than its NativeSymbol says.
Result<std::unique_ptr<llvm::Module>> EmitLlvm(const LoopModule& module,
                                               const llvm::TargetMachine& target,
                                               const llvm::Module& kernels,
                                               llvm::LLVMContext& context);

}  // namespace flinkc
