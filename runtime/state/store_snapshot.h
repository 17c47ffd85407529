// The state of a subtask at a barrier, where its tables stand before a RowStore: the store as it
// was, and the rows that it lacked. A checkpoint keeps these as segments beside the store's files;
// a savepoint has them written to the store first, to be read from there in order. Whoever comes
// first does that and takes the cut: the background thread on its way, or the worker that is about
// to write something newer.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/state/frozen_state.h"
#include "runtime/state/row_store.h"
#include "runtime/state/stall_meter.h"

namespace flinkc {

class StoreSnapshot {
 public:
  // Worker, at the barrier. `with_files`: see RowStore::Cut; without, the cut has all rows.
  StoreSnapshot(std::shared_ptr<RowStore> rows, std::vector<FrozenState> states, bool with_files)
      : rows_(std::move(rows)), states_(std::move(states)), with_files_(with_files) {}

  // Worker: what counts the time that a Seal holds it.
  void SetStallMeter(std::shared_ptr<StallMeter> stall) { stall_ = std::move(stall); }
  StallMeter* stall() { return stall_.get(); }

  // Any thread; the second one waits for the first. When it returns, newer rows may be written. An
  // Error: the snapshot cannot be had; the store itself says if it is unfit as well.
  Status Seal();
  bool is_sealed() const { return sealed_.load(std::memory_order_acquire); }
  // After Seal was OK.
  StoreCut& cut() { return *cut_; }

 private:
  Status WriteFrozen();

  // Constant after construction.
  const std::shared_ptr<RowStore> rows_;
  const std::vector<FrozenState> states_;
  const bool with_files_;
  // Worker only.
  std::shared_ptr<StallMeter> stall_;
  // Guarded by mutex_, constant once sealed_.
  std::mutex mutex_;
  Status status_;
  std::shared_ptr<StoreCut> cut_;
  // Any thread.
  std::atomic<bool> sealed_{false};
};

}  // namespace flinkc
