#include "compiler/jit/jit_compiler.h"

#include <fmt/format.h>
#include <llvm/Support/BLAKE3.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "compiler/jit/generator_build_id.h"

namespace flinkc {

JitCompiler::JitCompiler(const JitSetup& setup, std::shared_ptr<ObjectLoader> loader)
    : generator_(setup.kernel_bitcode),
      loader_(std::move(loader)),
      cache_(setup.cache),
      kernel_build_id_(setup.kernel_build_id) {}

Result<std::shared_ptr<JitCompiler>> JitCompiler::Make(const JitSetup& setup) {
  ASSIGN_OR_RETURN(std::shared_ptr<ObjectLoader> loader, ObjectLoader::Make(*setup.symbols));
  return std::shared_ptr<JitCompiler>(new JitCompiler(setup, std::move(loader)));
}

ObjectKey JitCompiler::KeyOf(const LoopModule& module, const CompileOptions& options) const {
  const std::string build =
      fmt::format("kernels {:x} generator {:x} level {} target {}\n", kernel_build_id_,
                  kGeneratorBuildId, options.level, CodeGenerator::TargetText(options));
  llvm::BLAKE3 hash;
  hash.update(llvm::StringRef(build));
  hash.update(llvm::StringRef(PrintText(module)));
  const auto digest = hash.final<std::tuple_size_v<ObjectKey>>();
  ObjectKey key;
  std::memcpy(key.data(), digest.data(), key.size());
  return key;
}

Result<std::shared_ptr<const CompiledModule>> JitCompiler::Compile(const LoopModule& module,
                                                                   const CompileOptions& options) {
  std::vector<std::string> functions;
  for (const LoopFunction& function : module.functions) functions.push_back(function.name);
  ObjectKey key{};
  if (cache_.enabled()) {
    key = KeyOf(module, options);
    if (const auto object = cache_.Find(key)) {
      ASSIGN_OR_RETURN(auto loaded, loader_->Load(*object, functions));
      return std::make_shared<CompiledModule>(std::move(loaded), true, false);
    }
  }
  ASSIGN_OR_RETURN(const GeneratedObject generated, generator_.Generate(module, options));
  ASSIGN_OR_RETURN(auto loaded, loader_->Load(generated.object, functions));
  cache_.Store(key, generated.object);
  return std::make_shared<CompiledModule>(std::move(loaded), false, generated.optimized_less);
}

std::vector<Result<std::shared_ptr<const CompiledModule>>> JitCompiler::CompileAll(
    std::span<const LoopModule* const> modules, const CompileOptions& options, size_t threads) {
  std::vector<Result<std::shared_ptr<const CompiledModule>>> results(modules.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next.fetch_add(1); i < modules.size(); i = next.fetch_add(1)) {
      results[i] = Compile(*modules[i], options);
    }
  };
  {
    std::vector<std::jthread> others;
    for (size_t i = 1; i < std::min(threads, modules.size()); ++i) others.emplace_back(work);
    work();
  }
  return results;
}

}  // namespace flinkc
