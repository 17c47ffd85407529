#include "runtime/checkpoint/checkpoint_statistics.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace flinkc {

namespace {

constexpr size_t kSamplesMax = 1'000;

uint64_t StateSize(const proto::SubtaskSnapshot& snapshot) {
  uint64_t bytes = 0;
  for (const proto::StateSnapshot& state : snapshot.states()) {
    for (const proto::TableSnapshotHandle& table : state.tables()) {
      for (const uint64_t length : table.segments().length()) bytes += length;
    }
  }
  for (const proto::StoreHandle::File& file : snapshot.store().files()) bytes += file.length();
  bytes += snapshot.in_flight().length();
  return bytes;
}

}  // namespace

const char* Name(CheckpointStatus status) {
  switch (status) {
    case CheckpointStatus::kInProgress:
      return "IN_PROGRESS";
    case CheckpointStatus::kCompleted:
      return "COMPLETED";
    case CheckpointStatus::kFailed:
      return "FAILED";
  }
  return "";
}

CheckpointRecord* CheckpointStatistics::Find(uint64_t id) {
  const auto found = std::ranges::find(history_, id, &CheckpointRecord::id);
  return found == history_.end() ? nullptr : &*found;
}

void CheckpointStatistics::OnTriggered(uint64_t id, CheckpointKind kind,
                                       std::vector<uint32_t> parallelisms, int64_t timestamp) {
  CheckpointRecord record;
  record.id = id;
  record.kind = kind;
  record.num_subtasks = std::reduce(parallelisms.begin(), parallelisms.end());
  record.parallelisms = std::move(parallelisms);
  record.trigger_timestamp = timestamp;
  history_.push_front(std::move(record));
  ++counts_.total;
  ++counts_.in_progress;
  Trim();
}

void CheckpointStatistics::OnAcknowledged(uint64_t id, uint32_t vertex, uint32_t subtask,
                                          const proto::SubtaskAcknowledgement& acknowledgement,
                                          int64_t timestamp) {
  CheckpointRecord* record = Find(id);
  if (record == nullptr) return;
  SubtaskCheckpointRecord one;
  one.vertex = vertex;
  one.subtask = subtask;
  one.ack_timestamp = timestamp;
  one.end_to_end_duration = timestamp - record->trigger_timestamp;
  for (const auto& file : acknowledgement.files()) one.checkpointed_size += file.size_bytes();
  one.state_size = StateSize(acknowledgement.snapshot());
  one.sync_duration = acknowledgement.sync_micros() / 1000;
  one.async_duration = acknowledgement.async_micros() / 1000;
  one.alignment_duration = acknowledgement.alignment_micros() / 1000;
  one.unaligned = acknowledgement.snapshot().has_in_flight();
  one.persisted_data = acknowledgement.snapshot().in_flight().length();
  one.start_delay = acknowledgement.start_delay_micros() / 1000;
  one.stall_micros = std::max(acknowledgement.stall_micros(), acknowledgement.sync_micros());
  record->latest_ack_timestamp = timestamp;
  record->end_to_end_duration = one.end_to_end_duration;
  record->checkpointed_size += one.checkpointed_size;
  record->state_size += one.state_size;
  record->persisted_data += one.persisted_data;
  record->unaligned |= one.unaligned;
  record->stall_micros = std::max(record->stall_micros, one.stall_micros);
  ++record->num_acknowledged_subtasks;
  record->subtasks.push_back(one);
}

void CheckpointStatistics::OnCompleted(uint64_t id, const std::string& external_path,
                                       int64_t timestamp) {
  CheckpointRecord* record = Find(id);
  if (record == nullptr) return;
  record->status = CheckpointStatus::kCompleted;
  record->external_path = external_path;
  record->end_to_end_duration = timestamp - record->trigger_timestamp;
  --counts_.in_progress;
  ++counts_.completed;
  completed_.push_back({static_cast<int64_t>(record->checkpointed_size),
                        static_cast<int64_t>(record->state_size), record->end_to_end_duration,
                        record->stall_micros, static_cast<int64_t>(record->persisted_data)});
  if (completed_.size() > kSamplesMax) completed_.pop_front();
  (record->is_savepoint() ? latest_savepoint_ : latest_completed_) = *record;
  Trim();
}

void CheckpointStatistics::OnFailed(uint64_t id, const std::string& message, int64_t timestamp) {
  CheckpointRecord* record = Find(id);
  if (record == nullptr) return;
  record->status = CheckpointStatus::kFailed;
  record->failure_message = message;
  record->failure_timestamp = timestamp;
  record->end_to_end_duration = timestamp - record->trigger_timestamp;
  --counts_.in_progress;
  ++counts_.failed;
  latest_failed_ = *record;
  Trim();
}

void CheckpointStatistics::OnRestored(Restored restored) {
  ++counts_.restored;
  latest_restored_ = std::move(restored);
}

// Those in progress stay, however many have ended since.
void CheckpointStatistics::Trim() {
  for (size_t i = history_.size(); i-- > 0 && history_.size() > kHistoryMax;) {
    if (history_[i].status != CheckpointStatus::kInProgress) {
      history_.erase(history_.begin() + static_cast<int64_t>(i));
    }
  }
}

void CheckpointStatistics::OnDiscarded(uint64_t id) {
  if (CheckpointRecord* record = Find(id)) record->discarded = true;
  if (latest_completed_ && latest_completed_->id == id) latest_completed_->discarded = true;
}

Summary CheckpointStatistics::SummarizeColumn(size_t column) const {
  std::vector<int64_t> values;
  values.reserve(completed_.size());
  for (const auto& sample : completed_) values.push_back(sample[column]);
  return Summarize(std::move(values));
}

}  // namespace flinkc
