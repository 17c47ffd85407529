// A TaskManager and the test in the JobManager's place: what it answers to messages that do not
// fit. That jobs run is shown by the golden jobs (tests/exec).
#include "runtime/taskmanager/task_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "runtime/graph/job_graph.h"
#include "runtime/protocol/in_process_transport.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

class EmptyChain final : public CompiledChain {
 public:
  explicit EmptyChain(bool is_source) {
    if (!is_source) return;
    layout_.source.emplace();
    layout_.source->descriptor.name = "in";
    layout_.source->descriptor.connector = "missing";
    layout_.steps.emplace_back();
  }
  const ChainLayout& layout() const override { return layout_; }
  const void* const* function_states() const override { return nullptr; }
  int64_t Run(uint32_t, ChainContext*, const void*, int64_t) const override { return 0; }
  void AddEdgePort() {
    layout_.ports.emplace_back();
    layout_.ports.back().target = PortTarget::kEdge;
  }

 private:
  ChainLayout layout_;
};

// "bad" cannot be loaded; "sourceless", "wide" (with an output) and all else are chains that do
// nothing.
class FakeLoader final : public ChainLoader {
 public:
  Result<std::shared_ptr<const CompiledChain>> Load(std::string_view chain_plan) override {
    if (chain_plan == "bad") return MakeError(ErrorCode::kCorrupt, "no chain");
    auto chain = std::make_shared<EmptyChain>(chain_plan != "sourceless");
    if (chain_plan == "wide") chain->AddEdgePort();
    return chain;
  }
};

// One without channels.
class WatchingExchange final : public DataExchange {
 public:
  std::shared_ptr<Parking> parking() override { return std::make_shared<Parking>(); }
  void Add(const std::string&, uint32_t, std::vector<PeerChannels>,
           std::function<void(const Error&)>) override {}
  void Remove(const std::string&, uint32_t) override {}
  void WatchPeers(int64_t interval_micros, int64_t timeout_micros) override {
    watched.set_value({interval_micros, timeout_micros});
  }

  std::promise<std::pair<int64_t, int64_t>> watched;
};

class TaskManagerTest : public testing::Test {
 protected:
  TaskManagerTest() : memory_(0) {
    transport_.Listen("jobmanager", [this](protocol::Envelope envelope) {
      std::lock_guard lock(mutex_);
      if (envelope.has_task_progress_report()) return;
      received_.push_back(std::move(envelope));
      changed_.notify_one();
    });
    Start(nullptr);
  }
  void Start(LocalState* local_state) {
    task_manager_.reset();
    TaskManagerServices services;
    services.transport = &transport_;
    services.loader = &loader_;
    services.connectors = &connectors_;
    services.memory = &memory_;
    services.clock = &clock_;
    services.local_state = local_state;
    task_manager_ = std::make_unique<TaskManager>(TaskManagerOptions{"t", 2, "jobmanager"},
                                                  std::move(services));
  }
  ~TaskManagerTest() override {
    task_manager_.reset();
    transport_.Unlisten("jobmanager");
  }

  // The next message to the JobManager; nothing within 20 s fails the test.
  protocol::Envelope Next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !received_.empty(); })) {
      ADD_FAILURE() << "no message came";
      return {};
    }
    protocol::Envelope envelope = std::move(received_.front());
    received_.pop_front();
    return envelope;
  }
  void Send(protocol::Envelope envelope) {
    envelope.set_to("taskmanager/t");
    transport_.Send(std::move(envelope));
  }

  // One vertex of two subtasks, which would run in slots 0 and 1.
  static protocol::Envelope DeployOf(const std::string& chain_plan) {
    JobGraph graph;
    graph.name = "j";
    JobVertex vertex;
    vertex.id = JobVertexId(0);
    vertex.name = "numbers";
    vertex.parallelism = 2;
    vertex.chain_plan = chain_plan;
    vertex.source.emplace();
    vertex.source->name = "in";
    vertex.source->connector = "missing";
    graph.vertices.push_back(std::move(vertex));
    protocol::Envelope envelope;
    protocol::DeployTasks& deploy = *envelope.mutable_deploy_tasks();
    deploy.set_job_id("j");
    deploy.set_job_graph(Serialize(graph));
    deploy.add_slot_sharing_groups("default");
    protocol::TaskPlacement& placement = *deploy.add_placements();
    placement.set_task_manager_id("t");
    protocol::TaskPlacement::Group& group = *placement.add_groups();
    for (uint32_t i = 0; i < 2; ++i) {
      group.add_indexes(i);
      group.add_slots(i);
    }
    return envelope;
  }
  static protocol::TaskPlacement::Group& PlacementIn(protocol::Envelope& envelope) {
    return *envelope.mutable_deploy_tasks()->mutable_placements(0)->mutable_groups(0);
  }

  // Both subtasks must fail, each for this reason.
  void ExpectBothFail(const std::string& reason) {
    std::set<uint32_t> failed;
    while (failed.size() < 2) {
      const protocol::Envelope envelope = Next();
      ASSERT_TRUE(envelope.has_task_state_update());
      const protocol::TaskStateUpdate& update = envelope.task_state_update();
      if (update.state() == static_cast<uint32_t>(TaskState::kRunning)) continue;
      EXPECT_EQ(update.state(), static_cast<uint32_t>(TaskState::kFailed));
      EXPECT_EQ(update.task().job_id(), "j");
      EXPECT_THAT(update.error().message(), HasSubstr(reason));
      EXPECT_TRUE(failed.insert(update.task().subtask()).second) << "said twice";
    }
  }

  InProcessTransport transport_;
  FakeLoader loader_;
  ConnectorRuntimes connectors_;
  MemoryPool memory_;
  SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<protocol::Envelope> received_;
  std::unique_ptr<TaskManager> task_manager_;
};

TEST_F(TaskManagerTest, RegistersWithItsSlots) {
  const protocol::Envelope envelope = Next();
  ASSERT_TRUE(envelope.has_register_task_manager());
  EXPECT_EQ(envelope.from(), "taskmanager/t");
  EXPECT_EQ(envelope.register_task_manager().task_manager_id(), "t");
  EXPECT_EQ(envelope.register_task_manager().slots(), 2u);
}

TEST_F(TaskManagerTest, AChainThatCannotBeLoadedFailsEverySubtask) {
  Next();
  Send(DeployOf("bad"));
  ExpectBothFail("loading chain `numbers`: no chain");
}

TEST_F(TaskManagerTest, ASlotThatItLacksFailsEverySubtask) {
  Next();
  protocol::Envelope envelope = DeployOf("good");
  PlacementIn(envelope).set_slots(1, 2);
  Send(std::move(envelope));
  ExpectBothFail("has no slot");
}

TEST_F(TaskManagerTest, ASubtaskWithoutASlotFailsEverySubtask) {
  Next();
  protocol::Envelope envelope = DeployOf("good");
  PlacementIn(envelope).mutable_indexes()->RemoveLast();
  PlacementIn(envelope).mutable_slots()->RemoveLast();
  Send(std::move(envelope));
  ExpectBothFail("no slot for subtask 1 of `numbers`");
}

TEST_F(TaskManagerTest, APlacementThatContradictsItselfFailsEverySubtask) {
  Next();
  std::vector<std::pair<std::string, std::function<void(protocol::TaskPlacement::Group&)>>> harms =
      {{"a group 1, of 1", [](auto& group) { group.set_group(1); }},
       {"2 indexes and 1 slots of the group `default`",
        [](auto& group) { group.mutable_slots()->RemoveLast(); }},
       {"an index 2 of the group `default`, which has 2",
        [](auto& group) { group.set_indexes(0, 2); }}};
  for (const auto& [reason, harm] : harms) {
    protocol::Envelope envelope = DeployOf("good");
    harm(PlacementIn(envelope));
    Send(std::move(envelope));
    ExpectBothFail(reason);
  }
}

// Of the two subtasks, one alone.
TEST_F(TaskManagerTest, ARegionIsDeployedFailsAndIsReleasedAlone) {
  Next();
  const auto deploy = [this](const std::string& plan, uint32_t region, uint32_t attempt) {
    protocol::Envelope envelope = DeployOf(plan);
    protocol::DeployTasks& message = *envelope.mutable_deploy_tasks();
    message.set_attempt(attempt);
    message.add_regions()->set_number(region);
    protocol::DeployTasks::Region::Range& range = *message.mutable_regions(0)->add_subtasks();
    range.set_first(region);
    range.set_count(1);
    Send(std::move(envelope));
  };
  const auto expect = [this](uint32_t subtask, uint32_t attempt, TaskState state) {
    const protocol::Envelope envelope = Next();
    const protocol::TaskStateUpdate& update = envelope.task_state_update();
    EXPECT_EQ(update.task().subtask(), subtask);
    EXPECT_EQ(update.task().attempt(), attempt);
    EXPECT_EQ(update.state(), static_cast<uint32_t>(state));
  };
  const auto expect_failure = [&](uint32_t subtask, uint32_t attempt) {
    expect(subtask, attempt, TaskState::kFailed);  // its connector is missing
  };
  deploy("good", 1, 1);
  expect_failure(1, 1);
  deploy("good", 0, 2);
  expect_failure(0, 2);
  deploy("good", 1, 1);  // said twice
  deploy("bad", 0, 3);
  expect_failure(0, 3);
  protocol::Envelope release;
  release.mutable_release_tasks()->set_job_id("j");
  release.mutable_release_tasks()->add_regions(0);
  Send(release);
  deploy("good", 1, 1);  // it is there still
  deploy("good", 0, 2);
  expect_failure(0, 2);
}

TEST_F(TaskManagerTest, AChainAndAGraphThatDisagreeFailEverySubtask) {
  Next();
  Send(DeployOf("sourceless"));
  ExpectBothFail("the plan of `numbers` does not fit the job graph: only one of them has a source");
}

TEST_F(TaskManagerTest, AnOutputThatTheGraphLacksFailsEverySubtask) {
  Next();
  Send(DeployOf("wide"));
  ExpectBothFail("the plan of `numbers` does not fit the job graph: an output without an edge");
}

TEST_F(TaskManagerTest, AnUnknownConnectorFailsEverySubtask) {
  Next();
  Send(DeployOf("good"));
  ExpectBothFail("missing");
}

TEST_F(TaskManagerTest, WhatItDoesNotKnowHasNoEffect) {
  Next();
  protocol::TaskId task;
  task.set_job_id("none");
  task.set_vertex(7);
  protocol::Envelope assign;
  *assign.mutable_assign_splits()->mutable_task() = task;
  Send(assign);
  protocol::Envelope no_more;
  *no_more.mutable_no_more_splits()->mutable_task() = task;
  Send(no_more);
  protocol::Envelope cancel;
  cancel.mutable_cancel_tasks()->set_job_id("none");
  Send(cancel);
  protocol::Envelope ended;
  ended.mutable_checkpoint_ended()->set_job_id("none");
  Send(ended);
  protocol::Envelope trigger;
  trigger.mutable_trigger_checkpoint()->set_kind(99);
  Send(trigger);
  protocol::Envelope release;
  release.mutable_release_tasks()->set_job_id("none");
  Send(release);
  protocol::Envelope garbage = DeployOf("good");
  garbage.mutable_deploy_tasks()->set_job_graph("garbage");
  Send(garbage);
  protocol::Envelope of_a_client;
  of_a_client.mutable_cancel_job();
  Send(of_a_client);
  // It still answers, and the first answer is to this.
  Send(DeployOf("bad"));
  ExpectBothFail("no chain");
}

// Its tasks are gone, and begin again perhaps; then the job has ended.
TEST_F(TaskManagerTest, LocalCopiesOutliveTheAttemptAndNotTheJob) {
  const std::string root = testing::TempDir() + "/task_manager_test." + std::to_string(getpid());
  LocalState local_state({root}, nullptr);
  Start(&local_state);
  // The job's, below that of the process.
  const auto find = [&]() -> std::string {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root, error)) {
      if (entry.path().filename() == "0") return entry.path();
    }
    return "";
  };
  protocol::Envelope deploy = DeployOf("good");
  JobGraph graph = *DeserializeJobGraph(deploy.deploy_tasks().job_graph());
  deploy.mutable_deploy_tasks()->set_checkpoint_directory("/checkpoints/j");
  Send(deploy);
  protocol::Envelope ended;
  ended.mutable_release_tasks()->set_job_id("j");
  Next();
  Next();
  ExpectBothFail("missing");
  EXPECT_EQ(find(), "") << "it asks for none";
  Send(ended);
  graph.config["execution.checkpointing.local-backup.enabled"] = "true";
  deploy.mutable_deploy_tasks()->set_job_graph(Serialize(graph));
  for (uint32_t attempt = 1; attempt <= 2; ++attempt) {
    deploy.mutable_deploy_tasks()->set_attempt(attempt);
    Send(deploy);
    ExpectBothFail("missing");
    Send(ended);
  }
  const std::string directory = find();
  EXPECT_NE(directory, "");
  ended.mutable_release_tasks()->set_for_good(true);
  Send(ended);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::filesystem::exists(directory) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
  task_manager_.reset();
  std::filesystem::remove_all(root);
}

TEST_F(TaskManagerTest, WatchesItsPeersAsTheJobManagerSays) {
  WatchingExchange exchange;
  std::future<std::pair<int64_t, int64_t>> watched = exchange.watched.get_future();
  TaskManagerServices services;
  services.transport = &transport_;
  services.loader = &loader_;
  services.connectors = &connectors_;
  services.clock = &clock_;
  services.exchange = &exchange;
  const TaskManager with_peers(TaskManagerOptions{"u", 1, "jobmanager"}, std::move(services));
  protocol::Envelope registered;
  registered.set_to("taskmanager/u");
  registered.mutable_register_task_manager_reply()->set_heartbeat_interval_micros(20);
  registered.mutable_register_task_manager_reply()->set_heartbeat_timeout_micros(3'000'000'000);
  transport_.Send(std::move(registered));
  ASSERT_EQ(watched.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(watched.get(), std::pair(int64_t{20}, int64_t{3'000'000'000}));
}

// What is said to it is of the JobManager that it has registered with, and so is what it says.
TEST_F(TaskManagerTest, WhatAFormerLeaderSaysHasNoEffect) {
  Next();
  protocol::Envelope registered;
  registered.mutable_register_task_manager_reply();
  registered.set_leader_epoch(3);
  Send(registered);
  const auto deploy = [this](const std::string& plan, uint64_t epoch) {
    protocol::Envelope envelope = DeployOf(plan);
    envelope.set_leader_epoch(epoch);
    Send(std::move(envelope));
  };
  deploy("sourceless", 2);
  deploy("wide", 4);
  deploy("wide", 0);
  deploy("bad", 3);
  const protocol::Envelope answer = Next();
  EXPECT_EQ(answer.leader_epoch(), 3u);
  EXPECT_THAT(answer.task_state_update().error().message(), HasSubstr("no chain"));
  Next();  // of the other subtask
  // It has gone: nobody may say anything until another one has answered.
  protocol::Envelope gone;
  gone.mutable_peer_changed()->set_address("jobmanager");
  Send(gone);
  deploy("wide", 3);
  registered.set_leader_epoch(4);
  Send(registered);
  deploy("wide", 3);
  deploy("bad", 4);
  EXPECT_EQ(Next().leader_epoch(), 4u);
}

}  // namespace
}  // namespace flinkc
