#include "runtime/state/operator_state.h"

#include "runtime/state/state_store.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

namespace {

std::unique_ptr<MemoryTable> MakeTable(const StateLayout& layout, MemoryPool* pool,
                                       StateStore* store, uint16_t store_number) {
  if (store == nullptr) return std::make_unique<MemoryTable>(layout, pool);
  return std::make_unique<MemoryTable>(layout, pool, store,
                                       StoredPrefix(store_number, layout.window.has_value(), {}));
}

bool HasSessions(const StateLayout& layout) {
  return layout.window && layout.window->kind == WindowKind::kSession;
}

}  // namespace

OperatorState::OperatorState(const StateLayout& layout, MemoryPool* pool, StateStore* store,
                             uint16_t store_number)
    : layout_(layout),
      // Timers are looked for by their time: they stay in memory.
      store_(layout.schema.kind == StateKind::kTimers ? nullptr : store),
      store_number_(store_number),
      table_(layout.window && !HasSessions(layout) ? nullptr
                                                   : MakeTable(layout, pool, store_, store_number)),
      windows_(table_ == nullptr ? std::make_unique<WindowState>(layout, pool, store_, store_number)
                                 : nullptr),
      sessions_(HasSessions(layout) && !layout.window->has_changing_sessions()
                    ? std::make_unique<SessionState>(layout, pool, table_.get())
                    : nullptr),
      changing_sessions_(layout.window && layout.window->has_changing_sessions()
                             ? std::make_unique<ChangingSessions>(layout, pool, table_.get())
                             : nullptr) {}

template <typename Visit>
void OperatorState::ForEachTable(Visit visit) const {
  if (table_ != nullptr) return visit(SliceKey{}, *table_);
  for (const auto& [key, table] : windows_->tables()) visit(key, *table);
}

std::optional<Error> OperatorState::store_error() const {
  return store_ == nullptr ? std::nullopt : store_->error();
}

Status OperatorState::Trim() { return store_ == nullptr ? Status() : store_->Trim(); }

FrozenState OperatorState::Freeze(const StateFileSet& rewrite, FreezeInto into) {
  FrozenState frozen;
  frozen.layout = &layout_;
  if (windows_ != nullptr) frozen.progress = windows_->progress();
  if (sessions_ != nullptr) frozen.progress = sessions_->progress();
  if (changing_sessions_ != nullptr) frozen.progress = changing_sessions_->progress();
  if (store_ != nullptr) frozen.store_number = store_number_;
  ForEachTable([&](const SliceKey& key, MemoryTable& table) {
    if (table.is_empty()) return;
    FrozenState::Table& part = frozen.tables.emplace_back();
    part.key = key;
    part.snapshot = table.Freeze(rewrite, into);
    part.has_stored = table.has_stored();
    if (store_ != nullptr) part.stored_prefix = table.stored_prefix();
  });
  return frozen;
}

void OperatorState::Confirm(const FrozenState& frozen) {
  ForEachTable([&](const SliceKey&, MemoryTable& table) {
    for (const FrozenState::Table& part : frozen.tables) table.Confirm(*part.snapshot);
  });
}

void OperatorState::Forget(const FrozenState& frozen) {
  ForEachTable([&](const SliceKey&, MemoryTable& table) {
    for (const FrozenState::Table& part : frozen.tables) table.Forget(*part.snapshot);
  });
}

void OperatorState::CountStoredBytes(std::map<const StateFile*, uint64_t>* live) const {
  ForEachTable([&](const SliceKey&, MemoryTable& table) { table.CountStoredBytes(live); });
}

void OperatorState::RestoreProgress(std::span<const WindowProgress> former) {
  if (windows_ != nullptr) windows_->RestoreProgress(former);
  if (sessions_ != nullptr) sessions_->RestoreProgress(former);
  if (changing_sessions_ != nullptr) changing_sessions_->RestoreProgress(former);
}

void OperatorState::OnInFlightRead() {
  if (windows_ != nullptr) windows_->OnInFlightRead();
  if (sessions_ != nullptr) sessions_->OnInFlightRead();
  if (changing_sessions_ != nullptr) changing_sessions_->OnInFlightRead();
}

std::optional<SliceKey> OperatorState::RestoredKey(const SliceKey& key,
                                                   const WindowProgress& former) const {
  return windows_ == nullptr ? key : windows_->RestoredKey(key, former);
}

void OperatorState::ForgetKept() {
  ForEachTable([](const SliceKey&, MemoryTable& table) { table.ForgetKept(); });
}

MemoryTable* OperatorState::RestoreTable(const SliceKey& key) {
  if (windows_ != nullptr) return windows_->RestoreTable(key);
  if (sessions_ != nullptr) sessions_->OnRestore();
  if (changing_sessions_ != nullptr) changing_sessions_->OnRestore();
  return key == SliceKey{} ? table_.get() : nullptr;
}

}  // namespace flinkc
