// Random loop programs that always end and touch only their own memory, for comparing the ways to
// run them.
#pragma once

#include <cstdint>

#include "compiler/codegen/loop_program.h"

namespace flinkc {

constexpr uint32_t kRandomProgramMemory = 256;  // bytes

// Adds function `name` to `module`: i64 (ptr memory, i8, i16, i32, i64, i1, f32, f64). Its result
// depends on every value that it computed. Calls kernels of test_kernels.h and "count_call".
void AddRandomFunction(LoopModule& module, const std::string& name, uint64_t seed);

}  // namespace flinkc
