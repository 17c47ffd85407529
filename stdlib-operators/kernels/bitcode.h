// The kernels once more, as LLVM bitcode: those of this folder and the engine's own
// (runtime/abi/engine_kernels.cpp), compiled from the same sources as the native ones. Generated
// code links what it needs of it. Target flinkc_stdlib_kernels_bitcode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace flinkc {

std::span<const std::byte> KernelBitcode();
// A hash of the bitcode: equal ids are equal kernels. Part of the keys of cached objects.
uint64_t KernelBuildId();

}  // namespace flinkc
