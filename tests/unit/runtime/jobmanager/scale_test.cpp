// Jobs and clusters as large as they come, through the Dispatcher: everything is placed and told
// once, and what it takes is printed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

class Scale : public testing::Test {
 protected:
  void RegisterAll(uint32_t count, uint32_t slots) {
    for (uint32_t i = 0; i < count; ++i) {
      protocol::Envelope envelope;
      protocol::RegisterTaskManager& registration = *envelope.mutable_register_task_manager();
      registration.set_task_manager_id(fmt::format("host-{}.example.org", i));
      registration.set_data_address(fmt::format("host-{}.example.org:40000", i));
      registration.set_slots(slots);
      dispatcher_.OnMessage(envelope);
    }
  }
  DispatcherCommands Submit(uint32_t parallelism) {
    JobGraph graph = TwoVertexGraph(parallelism);
    graph.max_parallelism = std::max(graph.max_parallelism, parallelism);
    protocol::Envelope envelope;
    envelope.set_from("client/c");
    envelope.mutable_submit_job()->set_job_graph(Serialize(graph));
    dispatcher_.OnMessage(envelope);
    const std::string job_id = "job" + std::to_string(jobs_);
    EXPECT_THAT(WordsOf(dispatcher_.OnJobKept(job_id, {})), testing::Contains("accepted"));
    return dispatcher_.OnPrepared(job_id, WithSplits(1));
  }
  DispatcherCommands Tell(const std::string& job_id, uint32_t vertex, uint32_t subtask,
                          TaskState state) {
    protocol::Envelope envelope;
    *envelope.mutable_task_state_update() = StateOf(job_id, vertex, subtask, state);
    return dispatcher_.OnMessage(envelope);
  }

  int jobs_ = 0;
  TestTime time_;
  Dispatcher dispatcher_{[this] { return "job" + std::to_string(++jobs_); }, time_.environment()};
};

TEST_F(Scale, TenThousandByTenThousandOnAThousandTaskManagers) {
  constexpr uint32_t kParallelism = 10'000, kTaskManagers = 1'000, kSlots = 10;
  const Stopwatch registering;
  RegisterAll(kTaskManagers, kSlots);
  fmt::print("{} TaskManagers in {:.2f} s\n", kTaskManagers, registering.Seconds());

  const Stopwatch deploying;
  const DispatcherCommands commands = Submit(kParallelism);
  fmt::print("deployed in {:.2f} s\n", deploying.Seconds());
  std::set<std::string> told;
  size_t bytes = 0;
  for (const DispatcherCommand& command : commands) {
    const auto* send = std::get_if<SendCommand>(&command);
    if (send == nullptr || !send->envelope.has_deploy_tasks()) continue;
    told.insert(send->envelope.to());
    bytes += send->envelope.ByteSizeLong();
  }
  EXPECT_EQ(told.size(), kTaskManagers);
  fmt::print("{} MiB of messages\n", bytes >> 20);
  EXPECT_LT(bytes, size_t{128} << 20);

  const Stopwatch running;
  for (const TaskState state : {TaskState::kRunning, TaskState::kFinished}) {
    for (uint32_t vertex = 0; vertex < 2; ++vertex) {
      for (uint32_t subtask = 0; subtask < kParallelism; ++subtask) {
        Tell("job1", vertex, subtask, state);
      }
    }
  }
  EXPECT_THAT(WordsOf(dispatcher_.OnCommitted("job1", 0, {})), testing::Contains("FINISHED"));
  fmt::print("{} tasks started and finished in {:.2f} s\n", 2 * kParallelism, running.Seconds());
}

TEST_F(Scale, AThousandJobs) {
  constexpr int kJobs = 1'000;
  RegisterAll(100, 20);
  const Stopwatch watch;
  for (int i = 0; i < kJobs; ++i) {
    EXPECT_THAT(WordsOf(Submit(2)), testing::Contains("RUNNING"));
  }
  dispatcher_.OnTimer();
  for (int i = 1; i <= kJobs; ++i) {
    const std::string job_id = "job" + std::to_string(i);
    for (const TaskState state : {TaskState::kRunning, TaskState::kFinished}) {
      for (uint32_t task = 0; task < 4; ++task) Tell(job_id, task / 2, task % 2, state);
    }
    EXPECT_THAT(WordsOf(dispatcher_.OnCommitted(job_id, 0, {})), testing::Contains("FINISHED"));
  }
  fmt::print("{} jobs from their start to their end in {:.2f} s\n", kJobs, watch.Seconds());
}

TEST_F(Scale, TenThousandHeartbeats) {
  constexpr uint32_t kTaskManagers = 1'000, kRounds = 10;
  RegisterAll(kTaskManagers, 10);
  Submit(1'000);
  const Stopwatch watch;
  for (uint32_t round = 0; round < kRounds; ++round) {
    time_.micros += 1'000'000;
    for (uint32_t i = 0; i < kTaskManagers; ++i) {
      protocol::Envelope envelope;
      protocol::TaskProgressReport& report = *envelope.mutable_task_progress_report();
      report.set_task_manager_id(fmt::format("host-{}.example.org", i));
      for (uint32_t vertex = 0; vertex < 2; ++vertex) {
        *report.add_tasks()->mutable_task() = TaskIdOf("job1", vertex, i);
      }
      dispatcher_.OnMessage(envelope);
    }
    EXPECT_THAT(WordsOf(dispatcher_.OnTimer()), testing::Contains("heartbeat@host-0.example.org"));
  }
  fmt::print("{} heartbeats in {:.2f} s\n", kTaskManagers * kRounds, watch.Seconds());
  EXPECT_EQ(kTaskManagers, [&] {
    protocol::Envelope envelope;
    envelope.mutable_describe_jobs();
    const DispatcherCommands commands = dispatcher_.OnMessage(envelope);
    return std::get<SendCommand>(commands.at(0)).envelope.describe_jobs_reply().task_managers();
  }());
}

}  // namespace
}  // namespace flinkc
