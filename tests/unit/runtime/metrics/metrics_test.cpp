#include <gtest/gtest.h>

#include <numeric>

#include "runtime/metrics/metric.h"
#include "runtime/metrics/summary.h"

namespace flinkc {
namespace {

TEST(SummaryTest, PercentilesAreValuesThatOccur) {
  std::vector<int64_t> values(100);
  std::iota(values.rbegin(), values.rend(), 1);  // 100 … 1: the order does not matter
  const Summary summary = Summarize(values);
  EXPECT_EQ(summary.min, 1);
  EXPECT_EQ(summary.max, 100);
  EXPECT_EQ(summary.avg, 50);
  EXPECT_EQ(summary.p50, 50);
  EXPECT_EQ(summary.p90, 90);
  EXPECT_EQ(summary.p95, 95);
  EXPECT_EQ(summary.p99, 99);
  EXPECT_EQ(summary.p999, 100);
}

TEST(SummaryTest, OfOneValueAndOfNone) {
  const Summary one = Summarize({7});
  EXPECT_EQ(one.p50, 7);
  EXPECT_EQ(one.p999, 7);
  EXPECT_EQ(one.avg, 7);
  const Summary none = Summarize({});
  EXPECT_EQ(none.max, 0);
  EXPECT_EQ(none.p99, 0);
}

TEST(SummaryTest, TheSumMayPassWhatFitsIntoOneNumber) {
  EXPECT_EQ(Summarize({INT64_MAX, INT64_MAX, INT64_MAX}).avg, INT64_MAX);
}

TEST(MetricTest, MetricsOfOneNameStandTogether) {
  const std::vector<Metric> metrics = {
      {"a", "First.", MetricType::kCounter, {{"task", "0"}}, 1},
      {"b", "Second.", MetricType::kGauge, {}, -1},
      {"a", "First.", MetricType::kCounter, {{"task", "1"}}, 2},
  };
  EXPECT_EQ(PrintPrometheus(metrics),
            "# HELP a First.\n"
            "# TYPE a counter\n"
            "a{task=\"0\"} 1\n"
            "a{task=\"1\"} 2\n"
            "# HELP b Second.\n"
            "# TYPE b gauge\n"
            "b -1\n");
}

TEST(MetricTest, LabelsAreEscaped) {
  EXPECT_EQ(PrintPrometheus({{"a", "x", MetricType::kGauge, {{"name", "q\"\\\nz"}}, 0}}),
            "# HELP a x\n"
            "# TYPE a gauge\n"
            "a{name=\"q\\\"\\\\\\nz\"} 0\n");
}

}  // namespace
}  // namespace flinkc
