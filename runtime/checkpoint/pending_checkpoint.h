// A checkpoint under way: who has acknowledged it and with what. Checks what comes in, and makes
// the metadata when all is there. Part of the CheckpointCoordinator.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"

namespace flinkc {

// Subtask `subtask` of vertex `vertex` of the job graph.
struct SubtaskIndex {
  uint32_t vertex = 0;
  uint32_t subtask = 0;
  auto operator<=>(const SubtaskIndex&) const = default;
};

// The numbers of subtasks, by vertex.
using SubtasksByVertex = std::map<uint32_t, std::set<uint32_t>>;

enum class CheckpointKind : uint8_t {
  kPeriodic,
  kManual,   // asked for by a user
  kRescale,  // asked for by the job, for a change of its parallelism
  kSavepoint,
  kStop,       // a savepoint; the sources stop behind the barrier, and the job ends
  kStopDrain,  // the same, and the sources first let all windows close
  kFinal,      // all subtasks have finished
};
inline bool IsSavepoint(CheckpointKind kind) {
  return kind == CheckpointKind::kSavepoint || kind == CheckpointKind::kStop ||
         kind == CheckpointKind::kStopDrain;
}
inline bool IsStop(CheckpointKind kind) {
  return kind == CheckpointKind::kStop || kind == CheckpointKind::kStopDrain;
}

// Size and maker, by path.
struct KnownFile {
  uint64_t size_bytes = 0;
  uint64_t created_by = 0;
};
using KnownFiles = std::map<std::string, KnownFile>;

class PendingCheckpoint {
 public:
  enum class Stage : uint8_t {
    kReserving,   // its id is being made lasting
    kCollecting,  // triggered
    kCommitting,  // all have acknowledged; the outcome of the commit is awaited
  };

  PendingCheckpoint(uint64_t id, CheckpointKind kind) : id_(id), kind_(kind) {}

  uint64_t id() const { return id_; }
  CheckpointKind kind() const { return kind_; }

  // Takes a subtask's snapshot. kInvalidArgument, with nothing taken: it refers to a file that is
  // neither its own new one nor in `known`, or it calls a file new that is not. A second one of a
  // subtask is ignored.
  Status Acknowledge(SubtaskIndex index, const proto::SubtaskAcknowledgement& acknowledgement,
                     const KnownFiles& known);
  bool HasAcknowledged(SubtaskIndex index) const { return snapshots_.contains(index); }
  size_t acknowledged() const { return snapshots_.size(); }
  bool HasUnassigned(uint32_t vertex) const {
    const auto splits = unassigned_splits.find(vertex);
    return splits != unassigned_splits.end() && !splits->second.empty();
  }
  // All files that the snapshots refer to.
  const KnownFiles& files() const { return files_; }

  // Fills in vertices and files; the snapshots are given away.
  void TakeSnapshots(proto::CheckpointMetadata* metadata);

  Stage stage = Stage::kReserving;
  int64_t deadline_micros = 0;
  int64_t triggered_at_millis = 0;
  std::optional<uint64_t> request;  // who asked for it
  bool full = false;                // it is to refer to no file of an earlier one
  std::string savepoint_directory;
  // By vertex: the splits that nobody had at the trigger.
  std::map<uint32_t, std::vector<proto::SplitState>> unassigned_splits;
  std::set<SubtaskIndex> triggered;

 private:
  const uint64_t id_;
  const CheckpointKind kind_;
  std::map<SubtaskIndex, proto::SubtaskSnapshot> snapshots_;
  KnownFiles files_;
  std::set<std::string> new_files_;
};

}  // namespace flinkc
