// What a JobMaster tells of its job to those who ask.
#include "runtime/jobmanager/describe_checkpoints.h"
#include "runtime/jobmanager/job_master.h"

namespace flinkc {

namespace {

const char* Name(Partitioning partitioning) {
  switch (partitioning) {
    case Partitioning::kForward:
      return "FORWARD";
    case Partitioning::kHash:
      return "HASH";
    case Partitioning::kRebalance:
      return "REBALANCE";
  }
  return "";
}

}  // namespace

protocol::JobDescription JobMaster::Describe(bool with_details) const {
  protocol::JobDescription description;
  description.set_job_id(job_id_);
  description.set_name(graph_->name);
  description.set_state(static_cast<uint32_t>(state_));
  record_.Describe(&description);
  description.set_restarts(restart_.restarts());
  description.set_max_parallelism(graph_->max_parallelism);
  description.set_waiting_for(waiting_for_);
  description.set_job_graph_hash(graph_hash_);
  for (uint32_t state = 0; state < kTaskStates; ++state) {
    const uint32_t count = execution_.Count(static_cast<TaskState>(state));
    if (count != 0) (*description.mutable_task_counts())[state] = count;
  }
  if (!with_details) return description;
  for (const JobVertex& vertex : graph_->vertices) DescribeVertex(vertex, &description);
  for (const JobEdge& edge : graph_->edges) {
    protocol::VertexDescription::Input& input =
        *description.mutable_vertices(static_cast<int>(edge.target.value()))->add_inputs();
    input.set_vertex(edge.source.value());
    input.set_partitioning(Name(edge.partitioning));
  }
  record_.DescribeFailures(&description);
  for (const auto& [key, value] : graph_->config) (*description.mutable_config())[key] = value;
  DescribeCheckpoints(coordinator_.statistics(), prepared_.checkpoint_directory,
                      description.mutable_checkpoints());
  rescales_.Describe(description.mutable_rescales());
  DescribeCheckpointConfig(coordinator_.options(), prepared_.checkpoint_directory,
                           description.mutable_checkpoint_config());
  return description;
}

void JobMaster::DescribeVertex(const JobVertex& vertex,
                               protocol::JobDescription* description) const {
  protocol::VertexDescription& described = *description->add_vertices();
  described.set_name(vertex.name);
  described.set_slot_sharing_group(vertex.slot_sharing_group);
  described.set_parallelism(vertex.parallelism);
  described.set_is_source(vertex.source.has_value());
  const ResourceRequirements::Range& range = requirements_.of(vertex.id.value());
  described.set_lower_bound(range.lower);
  described.set_upper_bound(range.upper);
  described.set_max_parallelism(
      ResourceRequirements::ParallelismMax(*submitted_, vertex.id.value()));
  for (uint32_t i = 0; i < vertex.parallelism; ++i) {
    protocol::VertexDescription::Task& task = *described.add_tasks();
    task.set_state(static_cast<uint32_t>(execution_.state(vertex.id.value(), i)));
    task.set_task_manager_id(execution_.TaskManagerOf(vertex.id.value(), i));
    task.set_attempt(region_attempts_[regions_.Of(vertex.id.value(), i)]);
    record_.DescribeTask(vertex.id.value(), i, &task);
    const auto progress = progress_.find({vertex.id.value(), i});
    if (progress == progress_.end()) continue;
    task.set_watermark(progress->second.watermark());
    task.set_rows_in(progress->second.rows_in());
    task.set_rows_out(progress->second.rows_out());
    task.set_bytes_read(progress->second.bytes_read());
    *task.mutable_times() = progress->second.times();
    if (execution_.state(vertex.id.value(), i) == TaskState::kRunning) {
      task.set_rows_in_per_second(progress->second.rows_in_per_second());
      task.set_rows_out_per_second(progress->second.rows_out_per_second());
      task.set_is_held_back(progress->second.is_held_back());
      if (const auto drift = alignment_.DriftOf(vertex.id.value(), i)) {
        task.set_alignment_drift_micros(*drift);
      }
    } else {
      task.mutable_times()->clear_busy_per_second();
      task.mutable_times()->clear_idle_per_second();
      task.mutable_times()->clear_backpressured_per_second();
    }
  }
}

}  // namespace flinkc
