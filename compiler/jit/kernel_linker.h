// Kernels come as bitcode made for any CPU, all in one module. Linking takes the ones that a
// module calls (and what these call) and makes them the module's own.
#pragma once

#include <memory>

#include "runtime/base/result.h"

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace flinkc {

// Links the needed kernels into `module`, makes internal all that is not in the module already,
// gives every function the CPU and features of `target`, and checks that each call has the type of
// its callee (else LLVM would not inline it, and say nothing).
Status LinkKernels(std::unique_ptr<llvm::Module> kernels, const llvm::TargetMachine& target,
                   llvm::Module& module);

}  // namespace flinkc
