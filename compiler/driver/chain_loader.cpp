#include "compiler/driver/chain_loader.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>

#include "compiler/interpreter/interpreter.h"

namespace flinkc {

namespace {

using ChainPtr = std::shared_ptr<const CompiledChain>;

// What both kinds of loaded chain hold on to.
class LoadedChain : public CompiledChain {
 public:
  explicit LoadedChain(LoweredChain lowered)
      : layout_(std::move(lowered.layout)), states_(std::move(lowered.function_states)) {
    for (const FunctionState& state : states_) state_pointers_.push_back(state.get());
  }

  const ChainLayout& layout() const override { return layout_; }
  const void* const* function_states() const override { return state_pointers_.data(); }

  void SetLoadProbed(std::function<Result<ChainPtr>()> load) { load_probed_ = std::move(load); }
  Result<const CompiledChain*> Probed() const override {
    const std::lock_guard lock(mutex_);
    if (probed_ == nullptr) {
      ASSIGN_OR_RETURN(probed_, load_probed_());
    }
    return probed_.get();
  }

 private:
  // Constant after construction, but for load_probed_, which is set before others have the chain.
  ChainLayout layout_;
  std::vector<FunctionState> states_;
  std::vector<const void*> state_pointers_;
  std::function<Result<ChainPtr>()> load_probed_;
  mutable std::mutex mutex_;
  mutable ChainPtr probed_;  // guarded by mutex_
};

class MachineCodeChain final : public LoadedChain {
 public:
  MachineCodeChain(LoweredChain lowered, std::shared_ptr<const CompiledModule> code)
      : LoadedChain(std::move(lowered)), code_(std::move(code)) {}

  void AddFunction(const std::string& name) {
    entries_.push_back(name.empty()
                           ? nullptr
                           : code_->Function<int64_t(ChainContext*, const void*, int64_t)>(name));
  }

  int64_t Run(uint32_t function, ChainContext* context, const void* input,
              int64_t start_row) const override {
    return entries_[function](context, input, start_row);
  }

 private:
  std::shared_ptr<const CompiledModule> code_;
  std::vector<int64_t (*)(ChainContext*, const void*, int64_t)> entries_;
};

class InterpretedChain final : public LoadedChain {
 public:
  InterpretedChain(LoweredChain lowered, std::shared_ptr<const InterpretedModule> module)
      : LoadedChain(std::move(lowered)), module_(std::move(module)) {}

  void AddFunction(const std::string& name) {
    functions_.push_back(name.empty() ? SIZE_MAX : module_->IndexOf(name));
  }

  int64_t Run(uint32_t function, ChainContext* context, const void* input,
              int64_t start_row) const override {
    const ValueSlot arguments[] = {reinterpret_cast<ValueSlot>(context),
                                   reinterpret_cast<ValueSlot>(input),
                                   static_cast<ValueSlot>(start_row)};
    return static_cast<int64_t>(module_->Run(functions_[function], arguments));
  }

 private:
  std::shared_ptr<const InterpretedModule> module_;
  std::vector<size_t> functions_;
};

}  // namespace

Result<ChainPtr> CompilingChainLoader::Load(std::string_view chain_plan) {
  return LoadAs(chain_plan, Probes::kNone);
}

Result<ChainPtr> CompilingChainLoader::LoadProbed(std::string_view chain_plan) {
  return LoadAs(chain_plan, Probes::kAll);
}

Result<ChainPtr> CompilingChainLoader::LoadAs(std::string_view chain_plan, Probes probes) {
  ASSIGN_OR_RETURN(const ChainPlan chain, DeserializeChainPlan(chain_plan, *registry_));
  LoweredChain lowered = LowerChain(chain, *symbols_, probes);
  const auto load_probed = [loader = *this, plan = std::string(chain_plan)]() mutable {
    return loader.LoadProbed(plan);
  };
  const std::vector<std::string> functions = lowered.functions;
  if (jit_ == nullptr) {
    ASSIGN_OR_RETURN(auto module, InterpretedModule::Make(lowered.module, *symbols_));
    auto loaded = std::make_shared<InterpretedChain>(std::move(lowered), std::move(module));
    for (const std::string& name : functions) loaded->AddFunction(name);
    loaded->SetLoadProbed(load_probed);
    return loaded;
  }
  ASSIGN_OR_RETURN(auto code, jit_->Compile(lowered.module));
  auto loaded = std::make_shared<MachineCodeChain>(std::move(lowered), std::move(code));
  for (const std::string& name : functions) loaded->AddFunction(name);
  loaded->SetLoadProbed(load_probed);
  return loaded;
}

}  // namespace flinkc
