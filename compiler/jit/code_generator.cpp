#include "compiler/jit/code_generator.h"

#include <fmt/format.h>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/CodeGen/ExpandMemCmp.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "compiler/codegen/llvm_emitter.h"
#include "compiler/jit/kernel_linker.h"

namespace flinkc {
namespace {

std::unexpected<Error> InternalError(const std::string& what, llvm::Error error) {
  return MakeError(ErrorCode::kInternal,
                   fmt::format("{}: {}", what, llvm::toString(std::move(error))));
}

std::string HostFeatures() {
  std::vector<std::string> features;
  for (const auto& feature : llvm::sys::getHostCPUFeatures()) {
    features.push_back((feature.second ? "+" : "-") + feature.first().str());
  }
  std::ranges::sort(features);  // a hash map's order: the text is part of cache keys
  std::string text;
  for (const std::string& feature : features) text += (text.empty() ? "" : ",") + feature;
  return text;
}

struct TargetDescription {
  std::string cpu;
  std::string features;
};

TargetDescription DescribeTarget(const CompileOptions& options) {
  if (!options.cpu.empty()) return {options.cpu, ""};
  static const TargetDescription kHost = {llvm::sys::getHostCPUName().str(), HostFeatures()};
  return kHost;
}

Result<std::unique_ptr<llvm::TargetMachine>> MakeTargetMachine(const CompileOptions& options) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  const std::string triple = llvm::sys::getProcessTriple();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr) return MakeError(ErrorCode::kUnsupported, error);
  const TargetDescription description = DescribeTarget(options);
  if (!options.cpu.empty()) {
    // Asked here, since a target machine of an unknown CPU is made all the same, with a warning on
    // standard error.
    const std::unique_ptr<llvm::MCSubtargetInfo> cpus(
        target->createMCSubtargetInfo(triple, "", ""));
    if (!cpus->isCPUStringValid(options.cpu)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("LLVM knows no CPU \"{}\" for {}", options.cpu, triple));
    }
  }
  llvm::TargetOptions target_options;
  // Interpreter and generated code must round alike: no a * b + c in one step.
  target_options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, description.cpu, description.features, target_options, llvm::Reloc::PIC_,
      llvm::CodeModel::Small,
      options.level == 0 ? llvm::CodeGenOptLevel::None : llvm::CodeGenOptLevel::Default,
      /*JIT=*/true));
  if (machine == nullptr) {
    return MakeError(ErrorCode::kUnsupported, "LLVM cannot generate code for " + triple);
  }
  return machine;
}

// Variables to registers, and what kernels leave behind where their arguments are constant.
constexpr llvm::StringLiteral kQuickPasses =
    "function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg)";

size_t LargestFunction(const llvm::Module& module) {
  size_t largest = 0;
  for (const llvm::Function& function : module) {
    largest = std::max<size_t>(largest, function.getInstructionCount());
  }
  return largest;
}

// Kernels up to this size are inlined before all else, unless their calls together would add more
// than kMostInlined instructions; of the others the inliner decides. They were optimized when they
// were made: it halves the time of O2 to optimize them only where they have come to stand.
constexpr size_t kSmallKernel = 150;
constexpr size_t kMostInlined = 3000;

void MarkSmallKernels(llvm::Module& module) {
  for (llvm::Function& function : module) {
    if (function.isDeclaration() || !function.hasInternalLinkage()) continue;
    if (function.hasFnAttribute(llvm::Attribute::NoInline) ||
        function.hasFnAttribute(llvm::Attribute::Cold)) {
      continue;
    }
    const size_t size = function.getInstructionCount();
    if (size <= kSmallKernel && size * function.getNumUses() <= kMostInlined) {
      function.addFnAttr(llvm::Attribute::AlwaysInline);
    }
  }
}

// One module on its way to machine code, in an LLVM context of its own.
class ModuleCompilation {
 public:
  ModuleCompilation(const LoopModule& source, const CompileOptions& options)
      : source_(source), options_(options) {}

  Status Emit(std::span<const std::byte> kernel_bitcode) {
    RETURN_IF_ERROR(Verify(source_));
    ASSIGN_OR_RETURN(target_, MakeTargetMachine(options_));
    const llvm::StringRef bytes(reinterpret_cast<const char*>(kernel_bitcode.data()),
                                kernel_bitcode.size());
    // Lazily: of hundreds of kernels a chain needs some.
    auto kernels = llvm::getLazyBitcodeModule({bytes, "kernels"}, context_,
                                              /*ShouldLazyLoadMetadata=*/true);
    if (!kernels) return InternalError("the kernel bitcode cannot be read", kernels.takeError());
    kernels_ = std::move(*kernels);
    ASSIGN_OR_RETURN(module_, EmitLlvm(source_, *target_, *kernels_, context_));
    return VerifyLlvm("emitting");
  }

  Status Optimize() {
    RETURN_IF_ERROR(LinkKernels(std::move(kernels_), *target_, *module_));
    RETURN_IF_ERROR(VerifyLlvm("linking kernels"));
    if (options_.level == 0) return {};
    MarkSmallKernels(*module_);
    RunPasses([this](llvm::PassBuilder&) {
      llvm::ModulePassManager passes;
      passes.addPass(llvm::AlwaysInlinerPass());
      passes.addPass(llvm::GlobalDCEPass());
      // Comparisons of keys become loads now, not first in code generation: so the key that a loop
      // builds never needs to be in memory.
      passes.addPass(llvm::createModuleToFunctionPassAdaptor(
          llvm::ExpandMemCmpPass(target_.get())));
      return passes;
    });
    optimized_less_ = LargestFunction(*module_) > CodeGenerator::kMaxFullyOptimized;
    if (optimized_less_) target_->setOptLevel(llvm::CodeGenOptLevel::None);
    RunPasses([this](llvm::PassBuilder& builder) {
      if (!optimized_less_) {
        return builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2);
      }
      llvm::ModulePassManager passes;
      llvm::cantFail(builder.parsePassPipeline(passes, kQuickPasses));
      return passes;
    });
    return {};
  }

  Result<llvm::SmallVector<char, 0>> GenerateFile(llvm::CodeGenFileType type) {
    llvm::SmallVector<char, 0> file;
    llvm::raw_svector_ostream stream(file);
    llvm::legacy::PassManager passes;
    if (target_->addPassesToEmitFile(passes, stream, nullptr, type, /*DisableVerify=*/true)) {
      return MakeError(ErrorCode::kUnsupported, "LLVM cannot generate code for this machine");
    }
    passes.run(*module_);
    return file;
  }

  std::string Text() const {
    std::string text;
    llvm::raw_string_ostream stream(text);
    module_->print(stream, nullptr);
    return text;
  }

  bool optimized_less() const { return optimized_less_; }

 private:
  // `make_passes`: llvm::ModulePassManager (llvm::PassBuilder&).
  template <typename MakePasses>
  void RunPasses(MakePasses make_passes) {
    llvm::LoopAnalysisManager loop_analyses;
    llvm::FunctionAnalysisManager function_analyses;
    llvm::CGSCCAnalysisManager call_graph_analyses;
    llvm::ModuleAnalysisManager module_analyses;
    // Without the target machine nothing would be inlined: the inliner asks it whether the
    // features of caller and callee agree.
    llvm::PassBuilder builder(target_.get());
    builder.registerModuleAnalyses(module_analyses);
    builder.registerCGSCCAnalyses(call_graph_analyses);
    builder.registerFunctionAnalyses(function_analyses);
    builder.registerLoopAnalyses(loop_analyses);
    builder.crossRegisterProxies(loop_analyses, function_analyses, call_graph_analyses,
                                 module_analyses);
    make_passes(builder).run(*module_, module_analyses);
  }

  Status VerifyLlvm(const char* step) const {
    std::string faults;
    llvm::raw_string_ostream stream(faults);
    if (!llvm::verifyModule(*module_, &stream)) return {};
    return MakeError(ErrorCode::kInternal, fmt::format("LLVM IR of {} is wrong after {}: {}",
                                                       source_.name, step, faults));
  }

  const LoopModule& source_;
  const CompileOptions& options_;
  llvm::LLVMContext context_;
  std::unique_ptr<llvm::TargetMachine> target_;
  std::unique_ptr<llvm::Module> kernels_;
  std::unique_ptr<llvm::Module> module_;
  bool optimized_less_ = false;
};

}  // namespace

CodeGenerator::CodeGenerator(std::span<const std::byte> kernel_bitcode)
    : kernel_bitcode_(kernel_bitcode) {}

std::string CodeGenerator::TargetText(const CompileOptions& options) {
  const TargetDescription description = DescribeTarget(options);
  return fmt::format("{} {} {} LLVM {}", llvm::sys::getProcessTriple(), description.cpu,
                     description.features, LLVM_VERSION_STRING);
}

Result<GeneratedObject> CodeGenerator::Generate(const LoopModule& module,
                                                const CompileOptions& options) const {
  ModuleCompilation compilation(module, options);
  RETURN_IF_ERROR(compilation.Emit(kernel_bitcode_));
  RETURN_IF_ERROR(compilation.Optimize());
  ASSIGN_OR_RETURN(const auto file, compilation.GenerateFile(llvm::CodeGenFileType::ObjectFile));
  const auto* bytes = reinterpret_cast<const std::byte*>(file.data());
  return GeneratedObject{{bytes, bytes + file.size()}, compilation.optimized_less()};
}

Result<std::string> CodeGenerator::Print(const LoopModule& module, const CompileOptions& options,
                                         CodeForm form) const {
  ModuleCompilation compilation(module, options);
  RETURN_IF_ERROR(compilation.Emit(kernel_bitcode_));
  if (form == CodeForm::kLlvm) return compilation.Text();
  RETURN_IF_ERROR(compilation.Optimize());
  if (form == CodeForm::kLlvmOptimized) return compilation.Text();
  ASSIGN_OR_RETURN(const auto file, compilation.GenerateFile(llvm::CodeGenFileType::AssemblyFile));
  return std::string(file.begin(), file.end());
}

}  // namespace flinkc
