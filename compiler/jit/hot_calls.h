// For tests and for people who tune: which calls a chain's loop really makes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace flinkc {

// The calls in the hot path of each function of `llvm_ir` (CodeForm::kLlvmOptimized), as
// "function: callee", each once. Hot is what can be reached from the entry without a branch that is
// known to be unlikely; intrinsics (llvm.*) are no calls. kInvalidArgument: it is not LLVM IR.
Result<std::vector<std::string>> HotCalls(std::string_view llvm_ir);

}  // namespace flinkc
