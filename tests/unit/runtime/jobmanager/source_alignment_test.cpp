#include "runtime/jobmanager/source_alignment.h"

#include <gtest/gtest.h>

#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

constexpr int64_t kSecond = 1'000'000;

// "0:15 1:none": the limits in seconds, by vertex.
std::string TextOf(const std::vector<SourceAlignment::Limit>& limits) {
  std::string text;
  for (const SourceAlignment::Limit& limit : limits) {
    if (!text.empty()) text += " ";
    text += std::to_string(limit.vertex) + ":";
    text += limit.watermark == INT64_MIN   ? "none"
            : limit.watermark == INT64_MAX ? "all"
                                           : std::to_string(limit.watermark / kSecond);
  }
  return text;
}

// Sources 0 and 1, of two subtasks each, are read in step; 2 alone, and 3 is not aligned.
class SourceAlignmentTest : public testing::Test {
 protected:
  SourceAlignmentTest() {
    JobGraph graph;
    const auto add = [&graph](const char* group, int64_t drift, int64_t interval) {
      JobVertex vertex;
      vertex.id = JobVertexId(static_cast<uint32_t>(graph.vertices.size()));
      vertex.parallelism = 2;
      vertex.source.emplace();
      vertex.event_time.emplace();
      if (drift != 0) vertex.event_time->align = {group, drift, interval};
      graph.vertices.push_back(std::move(vertex));
    };
    add("together", 5 * kSecond, kSecond);
    add("together", 10 * kSecond, 3 * kSecond);
    add("alone", 5 * kSecond, kSecond);
    add("", 0, 0);
    alignment_ = SourceAlignment(graph);
  }

  void Report(uint32_t vertex, uint32_t subtask, int64_t seconds, bool is_held_back = false,
              bool counts = true) {
    protocol::ReportAlignment report;
    report.mutable_task()->set_vertex(vertex);
    report.mutable_task()->set_subtask(subtask);
    report.set_watermark(seconds * kSecond);
    report.set_is_held_back(is_held_back);
    report.set_counts(counts);
    alignment_.OnReport(report);
  }
  std::string Due() { return TextOf(alignment_.TakeDue(now_)); }
  void ReportAll() {
    for (uint32_t vertex = 0; vertex < 3; ++vertex) {
      for (uint32_t subtask = 0; subtask < 2; ++subtask) {
        Report(vertex, subtask, 10 * (vertex + 1) + subtask);
      }
    }
  }

  SourceAlignment alignment_;
  int64_t now_ = 100 * kSecond;
};

TEST_F(SourceAlignmentTest, AllWaitUntilAllHaveBeenHeardOf) {
  EXPECT_EQ(Due(), "0:none 1:none 2:none");
  EXPECT_EQ(Due(), "");  // told once
  for (uint32_t subtask = 0; subtask < 2; ++subtask) Report(0, subtask, 10);
  Report(1, 0, 10);
  now_ += kSecond;
  EXPECT_EQ(Due(), "0:none 2:none");
  Report(1, 1, 20);
  now_ += 2 * kSecond;
  EXPECT_EQ(Due(), "0:15 1:20 2:none");
}

TEST_F(SourceAlignmentTest, EachMayBeAheadOfTheLeastOfItsGroupByItsOwnDrift) {
  ReportAll();
  EXPECT_EQ(Due(), "0:15 1:20 2:35");
  EXPECT_EQ(alignment_.DriftOf(0, 0), 0);
  EXPECT_EQ(alignment_.DriftOf(1, 1), 11 * kSecond);
  EXPECT_EQ(alignment_.DriftOf(2, 1), kSecond);
  EXPECT_EQ(alignment_.DriftOf(3, 0), std::nullopt);
  EXPECT_EQ(alignment_.DriftOf(0, 2), std::nullopt);
  // A split that begins earlier: back again.
  Report(0, 1, 3);
  now_ += 3 * kSecond;
  EXPECT_EQ(Due(), "0:8 1:13 2:35");
}

TEST_F(SourceAlignmentTest, OneThatWaitsIsToldAtOnceThatItMayGoOn) {
  ReportAll();
  EXPECT_EQ(Due(), "0:15 1:20 2:35");
  Report(0, 0, 12);
  EXPECT_EQ(Due(), "");  // nobody waits
  Report(1, 1, 21, /*is_held_back=*/true);
  EXPECT_EQ(Due(), "1:21");  // 11 is the least now, and source 0 has time
  EXPECT_EQ(Due(), "");
  now_ += kSecond;
  EXPECT_EQ(Due(), "0:16 2:35");
}

TEST_F(SourceAlignmentTest, NobodyWaitsForWhatIsFinishedOrDoesNotCount) {
  ReportAll();
  alignment_.OnFinished(0, 0);
  EXPECT_EQ(Due(), "0:16 1:21 2:35");
  EXPECT_EQ(alignment_.DriftOf(0, 0), std::nullopt);
  Report(0, 1, 11, false, /*counts=*/false);
  now_ += 3 * kSecond;
  EXPECT_EQ(Due(), "0:25 1:30 2:35");
  alignment_.OnFinished(1, 0);
  alignment_.OnFinished(1, 1);
  now_ += 3 * kSecond;
  EXPECT_EQ(Due(), "0:all 1:all 2:35");
  Report(3, 0, 1);  // of a source that is not aligned
  Report(0, 7, 1);  // of nobody
  now_ += 3 * kSecond;
  EXPECT_EQ(Due(), "0:all 1:all 2:35");
}

}  // namespace
}  // namespace flinkc
