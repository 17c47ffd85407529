// What is told of a job's checkpoints: in logs, metrics and over REST, under Flink's names.
// Plain data, kept by the CheckpointCoordinator.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/checkpoint/pending_checkpoint.h"
#include "runtime/metrics/summary.h"

namespace flinkc {

enum class CheckpointStatus : uint8_t { kInProgress, kCompleted, kFailed };
// "IN_PROGRESS", …
const char* Name(CheckpointStatus status);

// Bytes, durations in milliseconds, timestamps in milliseconds since 1970.
struct SubtaskCheckpointRecord {
  uint32_t vertex = 0;
  uint32_t subtask = 0;
  int64_t ack_timestamp = 0;
  int64_t end_to_end_duration = 0;
  // What it wrote, and what its snapshot consists of: less and more under incremental ones.
  uint64_t checkpointed_size = 0;
  uint64_t state_size = 0;
  int64_t sync_duration = 0;
  int64_t async_duration = 0;
  int64_t alignment_duration = 0;
  int64_t start_delay = 0;
  bool unaligned = false;       // its barrier has overtaken rows
  uint64_t persisted_data = 0;  // of what it wrote: those rows
  // Microseconds: the longest time that the checkpoint has held the worker without a pause.
  int64_t stall_micros = 0;
};

struct CheckpointRecord {
  uint64_t id = 0;
  CheckpointStatus status = CheckpointStatus::kInProgress;
  CheckpointKind kind = CheckpointKind::kPeriodic;
  int64_t trigger_timestamp = 0;
  int64_t latest_ack_timestamp = 0;
  int64_t end_to_end_duration = 0;
  uint64_t checkpointed_size = 0;
  uint64_t state_size = 0;
  uint64_t persisted_data = 0;         // rows that barriers have overtaken
  bool unaligned = false;              // one of them has
  std::vector<uint32_t> parallelisms;  // by vertex, when it was triggered
  uint32_t num_subtasks = 0;
  uint32_t num_acknowledged_subtasks = 0;
  std::vector<SubtaskCheckpointRecord> subtasks;  // those that have acknowledged
  std::string external_path;                      // completed savepoints
  int64_t failure_timestamp = 0;
  std::string failure_message;
  int64_t stall_micros = 0;  // the greatest of its subtasks'
  bool discarded = false;    // complete, and deleted since

  bool is_savepoint() const { return IsSavepoint(kind); }
};

class CheckpointStatistics {
 public:
  // As web.checkpoints.history.
  static constexpr size_t kHistoryMax = 10;

  struct Counts {
    uint64_t restored = 0, total = 0, in_progress = 0, completed = 0, failed = 0;
  };
  struct Restored {
    uint64_t id = 0;
    int64_t restore_timestamp = 0;
    bool is_savepoint = false;
    std::string external_path;
  };

  void OnTriggered(uint64_t id, CheckpointKind kind, std::vector<uint32_t> parallelisms,
                   int64_t timestamp);
  void OnAcknowledged(uint64_t id, uint32_t vertex, uint32_t subtask,
                      const proto::SubtaskAcknowledgement& acknowledgement, int64_t timestamp);
  void OnCompleted(uint64_t id, const std::string& external_path, int64_t timestamp);
  void OnFailed(uint64_t id, const std::string& message, int64_t timestamp);
  void OnRestored(Restored restored);
  // Newer ones have taken its place.
  void OnDiscarded(uint64_t id);

  const Counts& counts() const { return counts_; }
  // The newest first; those in progress are among them.
  const std::deque<CheckpointRecord>& history() const { return history_; }
  const std::optional<CheckpointRecord>& latest_completed() const { return latest_completed_; }
  const std::optional<CheckpointRecord>& latest_savepoint() const { return latest_savepoint_; }
  const std::optional<CheckpointRecord>& latest_failed() const { return latest_failed_; }
  const std::optional<Restored>& latest_restored() const { return latest_restored_; }
  // Over the last 1,000 completed ones.
  Summary checkpointed_size() const { return SummarizeColumn(0); }
  Summary state_size() const { return SummarizeColumn(1); }
  Summary end_to_end_duration() const { return SummarizeColumn(2); }
  Summary stall_micros() const { return SummarizeColumn(3); }
  Summary persisted_data() const { return SummarizeColumn(4); }

 private:
  CheckpointRecord* Find(uint64_t id);
  Summary SummarizeColumn(size_t column) const;
  void Trim();

  Counts counts_;
  std::deque<CheckpointRecord> history_;
  std::optional<CheckpointRecord> latest_completed_, latest_savepoint_, latest_failed_;
  std::optional<Restored> latest_restored_;
  std::deque<std::array<int64_t, 5>> completed_;
};

}  // namespace flinkc
