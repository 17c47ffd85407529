#include "runtime/jobmanager/resource_requirements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/jobmanager/scheduler_options.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

struct Wanted {
  uint32_t vertex, lower, upper;
};

protocol::ResourceRequirements ToMessage(const std::vector<Wanted>& wanted) {
  protocol::ResourceRequirements message;
  for (const Wanted& one : wanted) {
    protocol::ResourceRequirements::Range& range = *message.add_ranges();
    range.set_vertex(one.vertex);
    range.set_lower(one.lower);
    range.set_upper(one.upper);
  }
  return message;
}

std::string Refusal(const JobGraph& graph, const std::vector<Wanted>& wanted) {
  const auto read = ResourceRequirements::Read(graph, ToMessage(wanted));
  if (read) return "accepted";
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  return read.error().message;
}

TEST(ResourceRequirements, AreFixedUnlessTheSchedulerIsAdaptive) {
  const ResourceRequirements fixed(TwoVertexGraph(3), false);
  EXPECT_EQ(fixed.least_slots(), 3u);
  EXPECT_EQ(fixed.most_slots(), 3u);
  EXPECT_EQ(fixed.Fit(2), std::nullopt);
  EXPECT_THAT(fixed.Fit(9), Optional(ElementsAre(3, 3)));
  const ResourceRequirements adaptive(TwoVertexGraph(3), true);
  EXPECT_EQ(adaptive.least_slots(), 1u);
  EXPECT_EQ(adaptive.most_slots(), 3u);
  EXPECT_EQ(adaptive.Fit(0), std::nullopt);
  EXPECT_THAT(adaptive.Fit(2), Optional(ElementsAre(2, 2)));
}

TEST(ResourceRequirements, AVertexHasNoMoreThanItsUpperBound) {
  const auto read =
      ResourceRequirements::Read(TwoVertexGraph(2), ToMessage({{1, 1, 8}, {0, 2, 3}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->least_slots(), 2u);
  EXPECT_EQ(read->most_slots(), 8u);
  EXPECT_EQ(read->of(0).lower, 2u);
  EXPECT_THAT(read->Fit(2), Optional(ElementsAre(2, 2)));
  EXPECT_THAT(read->Fit(5), Optional(ElementsAre(3, 5)));
  EXPECT_THAT(read->Fit(100), Optional(ElementsAre(3, 8)));
}

TEST(ResourceRequirements, EachGroupGetsWhatItNeedsThenOneMoreInTurn) {
  JobGraph graph = TwoVertexGraph(4);
  graph.vertices[1].slot_sharing_group = "own";
  const auto read = ResourceRequirements::Read(graph, ToMessage({{0, 1, 2}, {1, 3, 9}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->least_slots(), 4u);
  EXPECT_EQ(read->most_slots(), 11u);
  EXPECT_THAT(read->Fit(4), Optional(ElementsAre(1, 3)));
  EXPECT_THAT(read->Fit(5), Optional(ElementsAre(2, 3)));
  EXPECT_THAT(read->Fit(7), Optional(ElementsAre(2, 5)));
}

TEST(ResourceRequirements, ThoseJoinedByAForwardEdgeRunAlike) {
  JobGraph graph = TwoVertexGraph(4);
  graph.edges[0].partitioning = Partitioning::kForward;
  graph.vertices[1].slot_sharing_group = "own";
  EXPECT_THAT(Refusal(graph, {{0, 1, 2}, {1, 1, 3}}), HasSubstr("give both the same bounds"));
  const auto read = ResourceRequirements::Read(graph, ToMessage({{0, 1, 4}, {1, 1, 4}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(read->Fit(5), Optional(ElementsAre(2, 2))) << "three and two slots";
}

TEST(ResourceRequirements, RefusalsSayWhatIsWrong) {
  JobGraph graph = TwoVertexGraph(2);
  graph.max_parallelism = 8;
  EXPECT_EQ(Refusal(graph, {{0, 1, 8}, {1, 8, 8}}), "accepted");
  EXPECT_EQ(Refusal(graph, {{0, 0, 2}, {1, 1, 2}}),
            "the lowerBound of `source` is 0; it must be 1 or more");
  EXPECT_EQ(Refusal(graph, {{0, 1, 2}, {1, 3, 2}}),
            "the lowerBound of `sink`, 3, is above its upperBound, 2");
  EXPECT_EQ(Refusal(graph, {{0, 1, 9}, {1, 1, 2}}),
            "the upperBound of `source`, 9, is above the job's max_parallelism, 8; lower it");
  EXPECT_EQ(Refusal(graph, {{0, 1, 2}}), "`sink` is missing; name every vertex of the job");
  EXPECT_EQ(Refusal(graph, {{0, 1, 2}, {0, 1, 2}}), "`source` stands twice");
  EXPECT_EQ(Refusal(graph, {{0, 1, 2}, {2, 1, 2}}), "the job has no vertex 2, only 2 of them");
  graph.vertices[0].parallelism = 1;
  EXPECT_EQ(Refusal(graph, {{0, 1, 1}, {1, 1, 4}}), "accepted");
  EXPECT_THAT(Refusal(graph, {{0, 1, 2}, {1, 1, 2}}),
              HasSubstr("the upperBound of `source` is 2, but it was compiled for one subtask"));
}

TEST(SchedulerOptions, AreFlinks) {
  const auto plain = SchedulerOptions::Parse({});
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->adaptive);
  EXPECT_EQ(plain->submission_stabilization_micros, 10'000'000);
  EXPECT_EQ(plain->executing_stabilization_micros, 60'000'000);
  EXPECT_EQ(plain->cooldown_micros, 30'000'000);
  EXPECT_EQ(plain->max_checkpoint_failures, 2);
  EXPECT_EQ(plain->max_delay_micros, std::nullopt);
  EXPECT_EQ(plain->resource_wait_micros, std::nullopt);
  const std::string group = "jobmanager.adaptive-scheduler.";
  const auto given =
      SchedulerOptions::Parse({{"jobmanager.scheduler", "Adaptive"},
                               {group + "submission.resource-wait-timeout", "1m"},
                               {group + "submission.resource-stabilization-timeout", "1s"},
                               {group + "executing.resource-stabilization-timeout", "2s"},
                               {group + "executing.cooldown-after-rescaling", "0s"},
                               {group + "rescale-trigger.max-checkpoint-failures", "0"},
                               {group + "rescale-trigger.max-delay", "3s"}});
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_TRUE(given->adaptive);
  EXPECT_EQ(given->resource_wait_micros, 60'000'000);
  EXPECT_EQ(given->submission_stabilization_micros, 1'000'000);
  EXPECT_EQ(given->executing_stabilization_micros, 2'000'000);
  EXPECT_EQ(given->cooldown_micros, 0);
  EXPECT_EQ(given->max_checkpoint_failures, 0);
  EXPECT_EQ(given->max_delay_micros, 3'000'000);
  const auto wrong = SchedulerOptions::Parse(
      {{"jobmanager.scheduler", "Clever"}, {group + "executing.slowly", "1s"}});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("jobmanager.scheduler"));
  EXPECT_THAT(wrong.error().message, HasSubstr("executing.slowly"));
}

}  // namespace
}  // namespace flinkc
