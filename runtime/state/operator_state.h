// The keyed state of one operator in one subtask: a table, perhaps of sessions, or the tables of
// its windows; with what a barrier, a restore and the end of a checkpoint do to it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/changing_sessions.h"
#include "runtime/state/frozen_state.h"
#include "runtime/state/memory_table.h"
#include "runtime/state/session_state.h"
#include "runtime/state/slice_key.h"
#include "runtime/state/window_state.h"

namespace flinkc {

// One worker only.
class OperatorState {
 public:
  // `layout` and `pool` must outlive the state and everything frozen of it; `store` (nullptr: all
  // in memory), the state. `store_number`: its own in the store.
  OperatorState(const StateLayout& layout, MemoryPool* pool, StateStore* store = nullptr,
                uint16_t store_number = 0);

  const StateLayout& layout() const { return layout_; }
  // Without a window, or with sessions.
  MemoryTable* table() { return table_.get(); }
  // With a window: one of these.
  WindowState* windows() { return windows_.get(); }
  SessionState* sessions() { return sessions_.get(); }
  ChangingSessions* changing_sessions() { return changing_sessions_.get(); }

  // Before a store: why it is unfit, or nothing; and evicts what is too much, while nobody holds a
  // row.
  std::optional<Error> store_error() const;
  Status Trim();

  // See MemoryTable. Empty tables are left out.
  FrozenState Freeze(const StateFileSet& rewrite, FreezeInto into = FreezeInto::kSegments);
  void Confirm(const FrozenState& frozen);
  void Forget(const FrozenState& frozen);
  void CountStoredBytes(std::map<const StateFile*, uint64_t>* live) const;
  void ForgetKept();

  // Before the first row and all tables, once, with that of all former subtasks; nothing without a
  // window.
  void RestoreProgress(std::span<const WindowProgress> former);
  // What the former subtasks had in flight has been read: from now on every row is behind what the
  // one that was furthest had seen.
  void OnInFlightRead();
  // Whether former subtasks had emitted different windows, so that their tables get other keys.
  bool has_mixed_windows() const { return windows_ != nullptr && windows_->is_mixed(); }
  // The key here of the table that a former subtask had; nothing: its rows count for nothing more.
  std::optional<SliceKey> RestoredKey(const SliceKey& key, const WindowProgress& former) const;
  // Before the first row: the table for rows of this key; nullptr: the key makes no sense here.
  MemoryTable* RestoreTable(const SliceKey& key);

 private:
  template <typename Visit>
  void ForEachTable(Visit visit) const;

  // Constant after construction.
  const StateLayout& layout_;
  StateStore* const store_;
  const uint16_t store_number_;
  const std::unique_ptr<MemoryTable> table_;
  const std::unique_ptr<WindowState> windows_;
  const std::unique_ptr<SessionState> sessions_;
  const std::unique_ptr<ChangingSessions> changing_sessions_;
};

}  // namespace flinkc
