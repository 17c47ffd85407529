#include "runtime/state/operator_state.h"

namespace flinkc {

OperatorState::OperatorState(const StateLayout& layout, MemoryPool* pool)
    : layout_(layout),
      table_(layout.window ? nullptr : std::make_unique<MemoryTable>(layout, pool)),
      windows_(layout.window ? std::make_unique<WindowState>(layout, pool) : nullptr) {}

template <typename Visit>
void OperatorState::ForEachTable(Visit visit) const {
  if (table_ != nullptr) return visit(WindowState::SliceKey{}, *table_);
  for (const auto& [key, table] : windows_->tables()) visit(key, *table);
}

FrozenState OperatorState::Freeze(const StateFileSet& rewrite) {
  FrozenState frozen;
  frozen.layout = &layout_;
  if (windows_ != nullptr) frozen.progress = windows_->progress();
  ForEachTable([&](const WindowState::SliceKey& key, MemoryTable& table) {
    if (table.row_count != 0) frozen.tables.push_back({key, table.Freeze(rewrite)});
  });
  return frozen;
}

void OperatorState::Confirm(const FrozenState& frozen) {
  ForEachTable([&](const WindowState::SliceKey&, MemoryTable& table) {
    for (const FrozenState::Table& part : frozen.tables) table.Confirm(*part.snapshot);
  });
}

void OperatorState::Forget(const FrozenState& frozen) {
  ForEachTable([&](const WindowState::SliceKey&, MemoryTable& table) {
    for (const FrozenState::Table& part : frozen.tables) table.Forget(*part.snapshot);
  });
}

void OperatorState::CountStoredBytes(std::map<const StateFile*, uint64_t>* live) const {
  ForEachTable(
      [&](const WindowState::SliceKey&, MemoryTable& table) { table.CountStoredBytes(live); });
}

MemoryTable* OperatorState::RestoreTable(const WindowState::SliceKey& key) {
  if (windows_ != nullptr) return windows_->RestoreTable(key);
  return key == WindowState::SliceKey{} ? table_.get() : nullptr;
}

}  // namespace flinkc
