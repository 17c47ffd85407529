#include "compiler/jit/object_loader.h"

#include <fmt/format.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/Support/TargetSelect.h>

#include <atomic>
#include <mutex>
#include <utility>

#include "compiler/jit/library_symbols.h"
#include "runtime/base/check.h"

namespace flinkc {
namespace {

namespace orc = llvm::orc;

// What the session reports beside the error of a lookup (by default it prints to standard error).
class SessionErrors {
 public:
  void Add(llvm::Error error) {
    const std::lock_guard lock(mutex_);
    text_ += (text_.empty() ? "" : "; ") + llvm::toString(std::move(error));
  }
  std::string Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, "");
  }

 private:
  std::mutex mutex_;
  std::string text_;  // guarded by mutex_
};

class OrcObject final : public LoadedObject {
 public:
  OrcObject(std::shared_ptr<orc::LLJIT> jit, orc::JITDylib& library)
      : jit_(std::move(jit)), library_(&library) {}
  ~OrcObject() override {
    // Fails only if the library is not of this session.
    if (llvm::Error error = jit_->getExecutionSession().removeJITDylib(*library_)) {
      llvm::consumeError(std::move(error));
    }
  }

  llvm::Error Find(const std::vector<std::string>& functions) {
    for (const std::string& name : functions) {
      auto address = jit_->lookup(*library_, name);
      if (!address) return address.takeError();
      addresses_[name] = address->toPtr<void*>();
    }
    return llvm::Error::success();
  }

 private:
  std::shared_ptr<orc::LLJIT> jit_;
  orc::JITDylib* library_;
};

class OrcLoader final : public ObjectLoader {
 public:
  explicit OrcLoader(std::shared_ptr<orc::LLJIT> jit)
      : jit_(std::move(jit)), errors_(std::make_shared<SessionErrors>()) {
    jit_->getExecutionSession().setErrorReporter(
        [errors = errors_](llvm::Error error) { errors->Add(std::move(error)); });
  }

  llvm::Error DefineSymbols(const SymbolTable& symbols) {
    orc::SymbolMap map;
    const auto add = [&](std::string_view name, void* address) {
      map[jit_->mangleAndIntern({name.data(), name.size()})] = {
          orc::ExecutorAddr::fromPtr(address),
          llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
    };
    for (const LibrarySymbol& symbol : LibrarySymbols()) add(symbol.name, symbol.address);
    // Kernels are absent: they are linked as bitcode, never called by address.
    for (const auto& [name, symbol] : symbols.symbols()) {
      if (symbol.kind != SymbolKind::kKernel) add(name, symbol.native.address);
    }
    orc::JITDylib& library = jit_->getExecutionSession().createBareJITDylib("flinkc");
    listed_ = &library;
    return library.define(orc::absoluteSymbols(std::move(map)));
  }

  Result<std::unique_ptr<LoadedObject>> Load(std::span<const std::byte> object,
                                             const std::vector<std::string>& functions) override {
    const std::string name = fmt::format("chain{}", next_library_.fetch_add(1));
    orc::JITDylib& library = jit_->getExecutionSession().createBareJITDylib(name);
    auto loaded = std::make_unique<OrcObject>(jit_, library);
    library.addToLinkOrder(*listed_);
    auto buffer = llvm::MemoryBuffer::getMemBufferCopy(
        {reinterpret_cast<const char*>(object.data()), object.size()}, name);
    if (llvm::Error error = jit_->addObjectFile(library, std::move(buffer))) {
      return LoadError(std::move(error));
    }
    if (llvm::Error error = loaded->Find(functions)) return LoadError(std::move(error));
    return loaded;
  }

 private:
  std::unexpected<Error> LoadError(llvm::Error error) {
    std::string message = llvm::toString(std::move(error));
    const std::string reported = errors_->Take();
    if (!reported.empty()) message += ": " + reported;
    return MakeError(ErrorCode::kInternal, "generated code cannot be loaded: " + message);
  }

  // Constant after Make. Loaded objects keep the LLJIT alive.
  std::shared_ptr<orc::LLJIT> jit_;
  std::shared_ptr<SessionErrors> errors_;
  orc::JITDylib* listed_ = nullptr;

  std::atomic<uint64_t> next_library_ = 0;
};

}  // namespace

void* LoadedObject::Address(std::string_view function) const {
  const auto address = addresses_.find(function);
  CHECK(address != addresses_.end());
  return address->second;
}

Result<std::shared_ptr<ObjectLoader>> ObjectLoader::Make(const SymbolTable& symbols) {
  static std::once_flag initialized;
  std::call_once(initialized, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  // Without process symbols the native platform refuses to start; objects of chains need none.
  auto jit = orc::LLJITBuilder()
                 .setLinkProcessSymbolsByDefault(false)
                 .setPlatformSetUp(orc::setUpInactivePlatform)
                 .create();
  if (!jit) {
    return MakeError(ErrorCode::kInternal,
                     "LLVM's JIT does not start: " + llvm::toString(jit.takeError()));
  }
  auto loader = std::make_shared<OrcLoader>(std::shared_ptr<orc::LLJIT>(std::move(*jit)));
  if (llvm::Error error = loader->DefineSymbols(symbols)) {
    return MakeError(ErrorCode::kInternal,
                     "symbols of generated code: " + llvm::toString(std::move(error)));
  }
  return loader;
}

}  // namespace flinkc
