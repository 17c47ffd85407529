// A router before a JobManager that knows one job.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/protocol/job_state.h"
#include "runtime/rest/rest_call.h"
#include "runtime/rest/router.h"

namespace flinkc {

inline const std::string kJob(32, 'a');
inline const std::string kTrigger(32, 'b');
inline const std::string kNobody(32, 'c');
inline const std::string kRescale(32, 'd');

inline protocol::JobDescription SampleJob() {
  protocol::JobDescription job;
  job.set_job_id(kJob);
  job.set_name("sample");
  job.set_state(static_cast<uint32_t>(JobState::kRunning));
  job.set_start_time(1000);
  job.set_max_parallelism(128);
  job.set_restarts(2);
  (*job.mutable_timestamps())[static_cast<uint32_t>(JobState::kRunning)] = 1500;
  (*job.mutable_task_counts())[static_cast<uint32_t>(TaskState::kRunning)] = 3;
  for (const char* name : {"source", "sink"}) {
    protocol::VertexDescription& vertex = *job.add_vertices();
    vertex.set_name(name);
    vertex.set_slot_sharing_group("default");
    vertex.set_parallelism(2);
    vertex.set_lower_bound(1);
    vertex.set_upper_bound(4);
    vertex.set_max_parallelism(128);
    for (int i = 0; i < 2; ++i) {
      protocol::VertexDescription::Task& task = *vertex.add_tasks();
      task.set_state(static_cast<uint32_t>(TaskState::kRunning));
      task.set_task_manager_id("tm1");
      task.set_rows_in(10);
      task.set_rows_in_per_second(i == 0 ? 100 : 300);
      task.mutable_times()->set_busy(40);
      task.mutable_times()->set_backpressured(i);
      task.mutable_times()->set_busy_per_second(600);
      task.mutable_times()->set_backpressured_per_second(i * 300);
      task.set_watermark(INT64_MIN);
    }
  }
  job.mutable_vertices(0)->set_is_source(true);
  job.mutable_vertices(1)->add_inputs()->set_partitioning("HASH");
  protocol::FailureDescription& failure = *job.add_failures();
  failure.set_code("NO_SPACE");
  failure.set_message("the disk is full");
  failure.set_timestamp(1200);
  failure.set_task_name("sink (1/2)");
  (*job.mutable_config())["parallelism.default"] = "2";
  job.mutable_checkpoint_config()->set_enabled(true);
  job.mutable_checkpoint_config()->set_interval(500);
  protocol::CheckpointsDescription& checkpoints = *job.mutable_checkpoints();
  checkpoints.set_total(3);
  checkpoints.set_completed(2);
  checkpoints.set_failed(1);
  checkpoints.mutable_end_to_end_duration()->set_p99(44);
  checkpoints.mutable_persisted_data()->set_max(70);
  protocol::CheckpointDescription& latest = *checkpoints.mutable_latest_completed();
  latest.set_id(7);
  latest.set_status("COMPLETED");
  latest.set_checkpoint_type("CHECKPOINT");
  latest.set_checkpointed_size(300);
  latest.set_state_size(900);
  latest.set_end_to_end_duration(42);
  latest.set_stall_micros(1234);
  latest.set_external_path("/ck/chk-7");
  latest.set_num_subtasks(4);
  latest.add_parallelisms(1);
  latest.add_parallelisms(3);
  for (int i = 0; i < 2; ++i) {
    protocol::SubtaskCheckpointDescription& subtask = *latest.add_subtasks();
    subtask.set_vertex(1);
    subtask.set_subtask(static_cast<uint32_t>(i));
    subtask.set_sync_duration(i + 1);
    subtask.set_async_duration(10 * (i + 1));
    subtask.set_alignment_duration(3);
    subtask.set_state_size(100);
  }
  *checkpoints.add_history() = latest;
  protocol::RescalesDescription& rescales = *job.mutable_rescales();
  rescales.set_completed(1);
  rescales.mutable_completed_duration()->set_max(25);
  protocol::RescaleDescription& rescale = *rescales.add_history();
  rescale.set_id(kRescale);
  rescale.set_attempt(1);
  rescale.set_trigger_cause("INITIAL_SCHEDULE");
  rescale.set_terminal_state("COMPLETED");
  rescale.set_start_timestamp(100);
  rescale.set_end_timestamp(125);
  for (int i = 0; i < 2; ++i) rescale.add_vertices()->set_after(2);
  (*rescale.mutable_slots())["default"].set_after(2);
  protocol::RescaleDescription::State& state = *rescale.add_states();
  state.set_name("Executing");
  state.set_enter_timestamp(110);
  state.set_leave_timestamp(125);
  *rescales.mutable_latest_completed() = rescale;
  protocol::CheckpointDescription& failed = *checkpoints.add_history();
  failed.set_id(6);
  failed.set_status("FAILED");
  failed.set_failure_message("too late");
  return job;
}

// A JobManager with one job.
class FakeGateway final : public JobGateway {
 public:
  Result<protocol::DescribeJobsReply> Describe(const protocol::DescribeJobs& request) override {
    if (is_silent) return MakeError(ErrorCode::kUnavailable, "the JobManager does not answer");
    protocol::DescribeJobsReply reply;
    reply.set_task_managers(1);
    reply.set_slots_total(4);
    reply.set_slots_free(2);
    protocol::TaskManagerDescription& task_manager = *reply.add_task_manager_list();
    task_manager.set_id("tm1");
    task_manager.set_data_address("10.0.0.1:6122");
    task_manager.set_slots(4);
    task_manager.set_free_slots(2);
    task_manager.set_memory_bytes(1000);
    task_manager.set_heard_at_millis(1234);
    task_manager.set_cpu_cores(8);
    task_manager.set_physical_memory_bytes(5000);
    task_manager.mutable_usage()->set_managed_bytes(700);
    task_manager.mutable_local_state()->set_read(3);
    task_manager.mutable_usage()->set_resident_bytes(4000);
    if (request.job_id().empty() || request.job_id() == job.job_id()) *reply.add_jobs() = job;
    return reply;
  }
  Result<std::string> Submit(std::string job_graph, std::string job_id) override {
    submitted.push_back(std::move(job_graph));
    if (submitted.back() == "damaged") return MakeError(ErrorCode::kCorrupt, "it is damaged");
    if (!job_id.empty()) return job_id;
    if (submitted.back() == "no job") {
      return MakeError(ErrorCode::kInvalidArgument, "that is no job");
    }
    return kJob;
  }
  Result<protocol::LogText> ReadLog(const std::string& task_manager_id,
                                    bool standard_output) override {
    if (is_silent) return MakeError(ErrorCode::kUnavailable, "the JobManager does not answer");
    if (task_manager_id != "tm1") return MakeError(ErrorCode::kNotFound, "there is none");
    protocol::LogText log;
    log.set_text(standard_output ? "+[1]\n" : "it listens\n");
    log.set_modified_millis(77);
    return log;
  }
  Result<protocol::TaskManagerAnswer> Ask(protocol::AskTaskManager ask) override {
    asked.push_back(ask);
    if (ask_error) return std::unexpected(*ask_error);
    protocol::TaskManagerAnswer answer;
    if (ask.has_list_streams()) *answer.mutable_streams() = streams;
    if (ask.has_read_tap()) *answer.mutable_rows() = std::exchange(rows, {});
    return answer;
  }
  void Cancel(const std::string& job_id) override { cancelled.push_back(job_id); }
  Status UpdateRequirements(const std::string& job_id,
                            protocol::ResourceRequirements requirements) override {
    EXPECT_EQ(job_id, kJob);
    updates.push_back(std::move(requirements));
    if (updates.back().ranges_size() == 2) return {};
    return MakeError(ErrorCode::kInvalidArgument, "a vertex is missing");
  }

  void ReportClientHeartbeat(const std::string& job_id, int64_t expired_timestamp) override {
    heartbeats.push_back(job_id + "@" + std::to_string(expired_timestamp));
  }
  Result<std::string> Trigger(const AsyncOperation& operation) override {
    triggered.push_back(operation);
    if (triggered.back().trigger_id.empty()) triggered.back().trigger_id = kTrigger;
    return triggered.back().trigger_id;
  }
  std::optional<AsyncOperation> FindOperation(const std::string& job_id,
                                              const std::string& trigger_id) override {
    for (const AsyncOperation& operation : triggered) {
      if (operation.job_id == job_id && operation.trigger_id == trigger_id) return operation;
    }
    return std::nullopt;
  }

  protocol::JobDescription job = SampleJob();
  bool is_silent = false;
  std::vector<std::string> submitted;
  std::vector<std::string> cancelled;
  std::vector<protocol::ResourceRequirements> updates;
  std::vector<std::string> heartbeats;
  std::vector<protocol::AskTaskManager> asked;
  std::optional<Error> ask_error;
  protocol::StreamList streams;
  protocol::TapRows rows;
  std::vector<AsyncOperation> triggered;
};

class RouterTest : public testing::Test {
 protected:
  struct Answer {
    int status = 0;
    nlohmann::json json;
  };
  Answer Call(HttpMethod method, const std::string& target, const std::string& body = "") {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    const HttpResponse response = router_.Handle(request);
    return {response.status, nlohmann::json::parse(response.body, nullptr, false)};
  }
  Answer Get(const std::string& target) { return Call(HttpMethod::kGet, target); }
  Answer Post(const std::string& target, const std::string& body) {
    return Call(HttpMethod::kPost, target, body);
  }
  static std::string ErrorIn(const Answer& answer) {
    return answer.json.at("errors").at(0).get<std::string>();
  }
  static std::vector<std::string> KeysOf(const nlohmann::json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
  }

  class TestClock final : public Clock {
   public:
    int64_t NowMicros() const override { return 0; }
    int64_t MonotonicNanos() const override { return seconds * 1'000'000'000; }
    int64_t seconds = 0;
  };

  FakeGateway gateway_;
  TestClock clock_;
  LogTail log_;
  bool is_shut_down_ = false;
  RestRouter router_{&gateway_, &clock_,
                     RestContext{.version = "0.1",
                                 .config = {{"rest.port", "8081"}},
                                 .log_tail = &log_,
                                 .shut_down = [this] { is_shut_down_ = true; }}};
  const std::string job_ = "/jobs/" + kJob;
};

}  // namespace flinkc
