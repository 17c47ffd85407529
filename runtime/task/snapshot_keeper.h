// The checkpoints of one subtask, from the barrier to their end: what is frozen, what is being
// written in the background, what is sealed and not yet committed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/state/kept_store.h"
#include "runtime/task/chain_executor.h"
#include "runtime/task/source_driver.h"
#include "runtime/task/subtask.h"

namespace flinkc {

// Worker only, but for what it hands to the background.
class SnapshotKeeper {
 public:
  // `descriptor` must outlive the keeper, its callbacks everything that runs in the background.
  explicit SnapshotKeeper(const SubtaskDescriptor& descriptor) : descriptor_(descriptor) {}

  // Before the first barrier: the store began with these files, which need not be kept again.
  void SetKeptFiles(KeptFiles files) { confirmed_ = std::move(files); }

  // At a barrier, whose first channel brought it `start_delay_micros` after the trigger and whose
  // last one `alignment_micros` later: freezes the state, seals the sinks and lets the rest be done
  // in the background, after which descriptor.on_snapshot is called. `in_flight`: what the barrier
  // has overtaken. An Error fails the subtask: a
  // sink that cannot seal, a source that does not know where it is.
  Status Take(const CheckpointBarrier& barrier, ChainExecutor* executor, const SourceDriver* driver,
              const std::vector<std::shared_ptr<SinkWriter>>& sinks,
              std::vector<InFlightChannel> in_flight, int64_t start_delay_micros,
              int64_t alignment_micros);
  // The last snapshot of a subtask that has finished: its sealed output, already on the disk.
  Result<proto::SubtaskSnapshot> TakeLast(const std::vector<std::shared_ptr<SinkWriter>>& sinks);

  // The worker turns to something else.
  void OnPolled();
  void OnComplete(uint64_t checkpoint, ChainExecutor* executor);
  void OnAborted(uint64_t checkpoint, ChainExecutor* executor);
  // Whether the background still reads the executor's tables.
  bool needs_state() const;

 private:
  struct Pending {
    uint64_t id = 0;
    BarrierKind kind = BarrierKind::kCheckpoint;
    std::vector<FrozenState> states;
    std::shared_ptr<StallMeter> stall;
    std::shared_ptr<KeptFiles> kept_files;  // of a store
    // Told to the background: it is over, and need not be written any more.
    std::shared_ptr<std::atomic<bool>> given_up = std::make_shared<std::atomic<bool>>(false);
  };
  struct Sealed {
    uint64_t checkpoint = 0;  // the first that lists it
    std::string sink;
    std::string unit;
  };

  // Whether the background still reads its tables.
  static bool IsRead(const Pending& pending);
  void EndThose(const std::function<bool(const Pending&)>& are_over,
                std::optional<uint64_t> complete, ChainExecutor* executor);
  Status Seal(uint64_t checkpoint, const std::vector<std::shared_ptr<SinkWriter>>& sinks);
  void AddSealed(proto::SubtaskSnapshot* snapshot) const;
  StateFileSet FilesToRewrite(ChainExecutor* executor) const;

  const SubtaskDescriptor& descriptor_;
  std::list<Pending> pending_;
  std::vector<Sealed> sealed_;
  KeptFiles confirmed_;  // of the last complete checkpoint that this subtask was told of
};

}  // namespace flinkc
