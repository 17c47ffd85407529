// Where subtasks go: the slots that a job needs, who has them, and how subtasks stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/jobmanager/execution_graph.h"
#include "runtime/jobmanager/resource_manager.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ExecutionGraph, AGroupNeedsAsManySlotsAsItsWidestVertex) {
  JobGraph graph = TwoVertexGraph(2);
  graph.vertices[1].parallelism = 5;
  EXPECT_EQ(ExecutionGraph(graph).required_slots(), 5u);
  graph.vertices[1].slot_sharing_group = "own";
  EXPECT_EQ(ExecutionGraph(graph).required_slots(), 7u);
}

TEST(ExecutionGraph, SubtasksOfAGroupShareASlot) {
  ExecutionGraph execution(TwoVertexGraph(2));
  EXPECT_EQ(execution.TaskManagerOf(0, 0), "");
  execution.Place("default", 0, "a");
  execution.Place("default", 1, "b");
  EXPECT_EQ(execution.TaskManagerOf(0, 1), "b");
  EXPECT_EQ(execution.TaskManagerOf(1, 1), "b");
  EXPECT_EQ(execution.TaskManagerOf(2, 0), "");
  EXPECT_EQ(execution.TaskManagerOf(0, 2), "");
  EXPECT_THAT(execution.TaskManagers(), ElementsAre("a", "b"));
}

TEST(ExecutionGraph, TerminalStatesDoNotChangeButFinishedOnesCanBeCanceled) {
  ExecutionGraph execution(TwoVertexGraph(1));
  EXPECT_TRUE(execution.SetState(0, 0, TaskState::kRunning));
  EXPECT_TRUE(execution.SetState(0, 0, TaskState::kFinished));
  EXPECT_FALSE(execution.SetState(0, 0, TaskState::kRunning));
  EXPECT_FALSE(execution.SetState(0, 0, TaskState::kFinished));
  EXPECT_FALSE(execution.AllTerminal());
  EXPECT_TRUE(execution.SetState(1, 0, TaskState::kFinished));
  EXPECT_TRUE(execution.AllFinished());
  EXPECT_TRUE(execution.SetState(0, 0, TaskState::kCanceled));
  EXPECT_TRUE(execution.AllTerminal());
  EXPECT_FALSE(execution.AllFinished());
  EXPECT_FALSE(execution.SetState(0, 0, TaskState::kFailed));
}

TEST(ExecutionGraph, WhatALostTaskManagerRanHasFailed) {
  ExecutionGraph execution(TwoVertexGraph(2));
  execution.Place("default", 0, "a");
  execution.Place("default", 1, "b");
  execution.SetState(0, 1, TaskState::kFinished);
  EXPECT_THAT(execution.LoseTaskManager("c"), IsEmpty());
  EXPECT_THAT(execution.LoseTaskManager("b"), ElementsAre(SubtaskIndex{0, 1}, SubtaskIndex{1, 1}));
  EXPECT_EQ(execution.state(0, 1), TaskState::kFailed);
  EXPECT_EQ(execution.state(1, 1), TaskState::kFailed);
  EXPECT_EQ(execution.state(0, 0), TaskState::kCreated);
  execution.Restart(1, 1);
  EXPECT_EQ(execution.state(1, 1), TaskState::kCreated);
  EXPECT_EQ(execution.Count(TaskState::kFailed), 1u);
}

std::vector<std::string> Places(const std::optional<ResourceManager::Grant>& grant) {
  std::vector<std::string> places;
  if (!grant) return places;
  for (const AllocatedSlot& slot : grant->slots) {
    places.push_back(slot.task_manager_id + ":" + std::to_string(slot.slot));
  }
  return places;
}

TEST(ResourceManager, SpreadsAJobOverTheTaskManagersWithMostFreeSlots) {
  ResourceManager resources;
  resources.Register("a", 1);
  resources.Register("b", 3);
  resources.Request("j", 3, 3);
  EXPECT_THAT(Places(resources.NextGrant()), ElementsAre("b:0", "b:1", "a:0"));
  EXPECT_EQ(resources.free_slots(), 1u);
  EXPECT_FALSE(resources.NextGrant());
}

TEST(ResourceManager, WhatIsPreferredGoesFirstAsFarAsItIsFree) {
  ResourceManager resources;
  resources.Register("a", 1);
  resources.Register("b", 3);
  resources.Register("c", 1);
  resources.Request("j", 4, 4, false, {{"a", 1}, {"c", 2}, {"gone", 3}});
  EXPECT_THAT(Places(resources.NextGrant()), ElementsAre("a:0", "c:0", "b:0", "b:1"));
  resources.Request("k", 1, 1, false, {{"a", 1}});
  EXPECT_THAT(Places(resources.NextGrant()), ElementsAre("b:2")) << "`a` is taken";
  resources.Request("j", 1, 1, false, {{"a", 2}, {"b", 2}});
  EXPECT_THAT(Places(resources.NextGrant()), ElementsAre("a:0")) << "no more than it needs";
  resources.Request("j", 2, 2, false, {{"a", 1}, {"b", 2}});
  EXPECT_THAT(Places(resources.NextGrant()), ElementsAre("a:0", "b:0")) << "spread as they were";
}

TEST(ResourceManager, GrantsAllOfARequestOrNothing) {
  ResourceManager resources;
  resources.Register("a", 1);
  resources.Request("j", 2, 2);
  EXPECT_FALSE(resources.NextGrant());
  EXPECT_EQ(resources.free_slots(), 1u);
  resources.Register("b", 1);
  EXPECT_TRUE(resources.NextGrant());
}

TEST(ResourceManager, GrantsFewerThanAskedForWhereTheyDo) {
  ResourceManager resources;
  resources.Register("a", 2);
  resources.Request("j", 4, 3);
  EXPECT_FALSE(resources.NextGrant());
  resources.Request("j", 4, 1);
  EXPECT_THAT(Places(resources.NextGrant()), ElementsAre("a:0", "a:1"));
  EXPECT_FALSE(resources.NextGrant()) << "the first request is replaced";
}

TEST(ResourceManager, WhoHasSlotsAndAsksForOthersGoesFirst) {
  ResourceManager resources;
  resources.Register("a", 3);
  resources.Request("j", 1, 1);
  resources.NextGrant();
  EXPECT_EQ(resources.available_to("j"), 2u);
  resources.Request("k", 3, 3);
  EXPECT_FALSE(resources.NextGrant());
  EXPECT_EQ(resources.available_to("j"), 0u) << "another one waits for them";
  EXPECT_EQ(resources.available_to("k"), 2u);
  resources.Request("j", 2, 1);
  const auto grant = resources.NextGrant();
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->job_id, "j");
  EXPECT_THAT(Places(grant), ElementsAre("a:0", "a:1"));
  EXPECT_EQ(resources.free_slots(), 1u);
  EXPECT_FALSE(resources.NextGrant());
}

TEST(ResourceManager, WhoAsksForMoreKeepsWhatItHas) {
  ResourceManager resources;
  resources.Register("a", 1);
  resources.Register("b", 1);
  resources.Request("j", 2, 2);
  ASSERT_THAT(Places(resources.NextGrant()), ElementsAre("a:0", "b:0"));
  resources.Unregister("b");
  resources.Request("k", 1, 1);
  resources.Request("j", 1, 1, /*keeps=*/true);
  EXPECT_FALSE(resources.NextGrant());
  EXPECT_EQ(resources.free_slots(), 0u) << "`a` is not given back";
  resources.Register("c", 1);
  const auto grant = resources.NextGrant();
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->job_id, "j");
  EXPECT_THAT(Places(grant), ElementsAre("c:0"));
  resources.Release("j");
  EXPECT_EQ(resources.free_slots(), 2u) << "the first and the later one";
}

TEST(ResourceManager, ReleaseFreesSlotsAndForgetsWhatWasAskedFor) {
  ResourceManager resources;
  resources.Register("a", 1);
  resources.Request("j", 1, 1);
  resources.Request("k", 1, 1);
  ASSERT_EQ(resources.NextGrant()->job_id, "j");
  resources.Release("k");
  resources.Release("nobody");
  EXPECT_EQ(resources.free_slots(), 0u);
  resources.Release("j");
  EXPECT_EQ(resources.free_slots(), 1u);
  EXPECT_FALSE(resources.NextGrant());
}

TEST(ResourceManager, ATaskManagerThatRegistersAgainHasAllSlotsFree) {
  ResourceManager resources;
  resources.Register("a", 2);
  resources.Request("j", 2, 2);
  resources.NextGrant();
  resources.Register("a", 1);
  EXPECT_EQ(resources.free_slots(), 1u);
}

}  // namespace
}  // namespace flinkc
