// Loop programs to functions that can be called: from the object cache when this program was
// compiled before by this build for this CPU, else through LLVM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/codegen/loop_program.h"
#include "compiler/codegen/symbol_table.h"
#include "compiler/jit/code_generator.h"
#include "compiler/jit/object_cache.h"
#include "compiler/jit/object_loader.h"
#include "runtime/base/result.h"

namespace flinkc {

// The machine code of one module. Immutable; it goes with this object: nobody may be in it then.
class CompiledModule {
 public:
  CompiledModule(std::unique_ptr<LoadedObject> object, bool from_cache, bool optimized_less)
      : object_(std::move(object)), from_cache_(from_cache), optimized_less_(optimized_less) {}

  // Of a function of the module; any other name is a CHECK.
  void* Address(std::string_view function) const { return object_->Address(function); }
  // Address as the C function type, as in Function<int64_t(void*, void*)>("pipeline0").
  template <typename Signature>
  Signature* Function(std::string_view function) const {
    return reinterpret_cast<Signature*>(Address(function));
  }
  bool from_cache() const { return from_cache_; }
  // Compiled at a lower level because of its size; not known of an object from the cache.
  bool optimized_less() const { return optimized_less_; }

 private:
  std::unique_ptr<LoadedObject> object_;
  bool from_cache_;
  bool optimized_less_;
};

struct JitSetup {
  // Only read while the compiler is made.
  const SymbolTable* symbols = nullptr;
  // Must outlive the compiler.
  std::span<const std::byte> kernel_bitcode;
  // Names the bitcode's content: part of cache keys.
  uint64_t kernel_build_id = 0;
  ObjectCacheOptions cache;
};

// Thread-safe.
class JitCompiler {
 public:
  static Result<std::shared_ptr<JitCompiler>> Make(const JitSetup& setup);

  Result<std::shared_ptr<const CompiledModule>> Compile(const LoopModule& module,
                                                        const CompileOptions& options = {});
  // Several modules, on up to `threads` threads; the results in the order of the modules.
  std::vector<Result<std::shared_ptr<const CompiledModule>>> CompileAll(
      std::span<const LoopModule* const> modules, const CompileOptions& options, size_t threads);

  // The module on its way to machine code, for people; never from the cache.
  Result<std::string> Print(const LoopModule& module, const CompileOptions& options,
                            CodeForm form) const {
    return generator_.Print(module, options, form);
  }

  const ObjectCache& cache() const { return cache_; }
  // The key of a module's object: its text, the builds of kernels and code generator, LLVM, CPU,
  // features and options.
  ObjectKey KeyOf(const LoopModule& module, const CompileOptions& options) const;

 private:
  JitCompiler(const JitSetup& setup, std::shared_ptr<ObjectLoader> loader);

  CodeGenerator generator_;
  std::shared_ptr<ObjectLoader> loader_;
  ObjectCache cache_;
  uint64_t kernel_build_id_;
};

}  // namespace flinkc
