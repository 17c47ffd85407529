#include "runtime/jobmanager/describe_checkpoints.h"

#include <fmt/format.h>

#include "runtime/checkpoint/checkpoint_paths.h"

namespace flinkc {

namespace {

const char* TypeOf(CheckpointKind kind) {
  if (IsStop(kind)) return "SYNC_SAVEPOINT";
  return IsSavepoint(kind) ? "SAVEPOINT" : "CHECKPOINT";
}

void Describe(const SubtaskCheckpointRecord& subtask,
              protocol::SubtaskCheckpointDescription* description) {
  description->set_vertex(subtask.vertex);
  description->set_subtask(subtask.subtask);
  description->set_ack_timestamp(subtask.ack_timestamp);
  description->set_end_to_end_duration(subtask.end_to_end_duration);
  description->set_checkpointed_size(subtask.checkpointed_size);
  description->set_state_size(subtask.state_size);
  description->set_sync_duration(subtask.sync_duration);
  description->set_async_duration(subtask.async_duration);
  description->set_alignment_duration(subtask.alignment_duration);
  description->set_start_delay(subtask.start_delay);
  description->set_stall_micros(subtask.stall_micros);
  description->set_unaligned(subtask.unaligned);
  description->set_persisted_data(subtask.persisted_data);
}

void Describe(const CheckpointRecord& record, const std::string& directory,
              protocol::CheckpointDescription* description) {
  description->set_id(record.id);
  description->set_status(Name(record.status));
  description->set_checkpoint_type(record.unaligned ? "UNALIGNED_CHECKPOINT" : TypeOf(record.kind));
  description->set_persisted_data(record.persisted_data);
  description->set_is_savepoint(record.is_savepoint());
  description->set_trigger_timestamp(record.trigger_timestamp);
  description->set_latest_ack_timestamp(record.latest_ack_timestamp);
  description->set_end_to_end_duration(record.end_to_end_duration);
  description->set_checkpointed_size(record.checkpointed_size);
  description->set_state_size(record.state_size);
  description->set_num_subtasks(record.num_subtasks);
  for (const uint32_t parallelism : record.parallelisms) {
    description->add_parallelisms(parallelism);
  }
  description->set_num_acknowledged_subtasks(record.num_acknowledged_subtasks);
  for (const SubtaskCheckpointRecord& subtask : record.subtasks) {
    Describe(subtask, description->add_subtasks());
  }
  if (record.is_savepoint()) {
    description->set_external_path(record.external_path);
  } else if (record.status == CheckpointStatus::kCompleted) {
    description->set_external_path(
        fmt::format("{}/{}", directory, CheckpointDirectoryName(record.id)));
  }
  description->set_failure_timestamp(record.failure_timestamp);
  description->set_failure_message(record.failure_message);
  description->set_stall_micros(record.stall_micros);
  description->set_discarded(record.discarded);
}

}  // namespace

void DescribeSummary(const Summary& summary, protocol::SummaryDescription* description) {
  description->set_min(summary.min);
  description->set_max(summary.max);
  description->set_avg(summary.avg);
  description->set_p50(summary.p50);
  description->set_p90(summary.p90);
  description->set_p95(summary.p95);
  description->set_p99(summary.p99);
  description->set_p999(summary.p999);
}

void DescribeCheckpoints(const CheckpointStatistics& statistics, const std::string& directory,
                         protocol::CheckpointsDescription* description) {
  const CheckpointStatistics::Counts& counts = statistics.counts();
  description->set_restored(counts.restored);
  description->set_total(counts.total);
  description->set_in_progress(counts.in_progress);
  description->set_completed(counts.completed);
  description->set_failed(counts.failed);
  DescribeSummary(statistics.state_size(), description->mutable_state_size());
  DescribeSummary(statistics.checkpointed_size(), description->mutable_checkpointed_size());
  DescribeSummary(statistics.end_to_end_duration(), description->mutable_end_to_end_duration());
  DescribeSummary(statistics.stall_micros(), description->mutable_stall_micros());
  DescribeSummary(statistics.persisted_data(), description->mutable_persisted_data());
  if (const auto& latest = statistics.latest_completed()) {
    Describe(*latest, directory, description->mutable_latest_completed());
  }
  if (const auto& latest = statistics.latest_savepoint()) {
    Describe(*latest, directory, description->mutable_latest_savepoint());
  }
  if (const auto& latest = statistics.latest_failed()) {
    Describe(*latest, directory, description->mutable_latest_failed());
  }
  if (const auto& latest = statistics.latest_restored()) {
    protocol::CheckpointsDescription::Restored& restored = *description->mutable_latest_restored();
    restored.set_id(latest->id);
    restored.set_restore_timestamp(latest->restore_timestamp);
    restored.set_is_savepoint(latest->is_savepoint);
    restored.set_external_path(latest->external_path);
  }
  for (const CheckpointRecord& record : statistics.history()) {
    Describe(record, directory, description->add_history());
  }
}

void DescribeCheckpointConfig(const CheckpointOptions& options, const std::string& directory,
                              protocol::CheckpointConfigDescription* description) {
  description->set_enabled(!directory.empty());
  description->set_interval(options.interval_micros / 1000);
  description->set_timeout(options.timeout_micros / 1000);
  description->set_min_pause(options.min_pause_micros / 1000);
  description->set_max_concurrent(options.max_concurrent);
  description->set_externalized(options.retention != CheckpointRetention::kNone);
  description->set_delete_on_cancellation(options.retention !=
                                          CheckpointRetention::kRetainOnCancellation);
  description->set_tolerable_failed(options.tolerable_failed);
  description->set_after_tasks_finish(options.after_tasks_finish);
  description->set_incremental(options.incremental);
  description->set_directory(directory);
  description->set_savepoint_directory(options.savepoint_dir);
  description->set_unaligned(options.overtake_after_micros.has_value());
  description->set_aligned_timeout(options.overtake_after_micros.value_or(0) / 1000);
}

}  // namespace flinkc
