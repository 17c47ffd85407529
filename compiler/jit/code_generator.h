// Loop programs to relocatable machine code: emits LLVM IR, links in the kernels it calls,
// optimizes, generates code. Sanitizers see nothing of it: what needs them (atomics, above all)
// stays in native code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/codegen/loop_program.h"
#include "runtime/base/result.h"

namespace flinkc {

struct CompileOptions {
  // Of optimization and code generation: 0 for debugging the compiler, else 2.
  int level = 2;
  // An LLVM name of a CPU ("x86-64-v3"), with its features only; empty: this machine. Goldens pin
  // one, since vector widths depend on it.
  std::string cpu;
};

// A form of a module on its way to machine code, as text.
enum class CodeForm : uint8_t {
  kLlvm,           // as emitted, before kernels are linked in
  kLlvmOptimized,  // kernels inlined, optimized
  kAssembly,
};

struct GeneratedObject {
  std::vector<std::byte> object;
  // True: the module was so big that it was optimized less (see kMaxFullyOptimized).
  bool optimized_less = false;
};

// Thread-safe: each call works in an LLVM context and target machine of its own.
class CodeGenerator {
 public:
  // Over so many instructions in one function, kernels inlined, the module gets a few quick passes
  // and quick code generation (about 10 us an instruction instead of 100: the whole of it would
  // take seconds). Several hundred expressions in one chain are needed to get here.
  static constexpr size_t kMaxFullyOptimized = 15000;

  // `kernel_bitcode` must outlive the generator.
  explicit CodeGenerator(std::span<const std::byte> kernel_bitcode);

  Result<GeneratedObject> Generate(const LoopModule& module, const CompileOptions& options) const;
  Result<std::string> Print(const LoopModule& module, const CompileOptions& options,
                            CodeForm form) const;

  // The CPU and features that `options` mean on this machine, as one text: part of cache keys.
  static std::string TargetText(const CompileOptions& options);

 private:
  std::span<const std::byte> kernel_bitcode_;
};

}  // namespace flinkc
