#include "stdlib-operators/kernels/aggregate_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "stdlib-operators/kernels/distinct.h"
#include "tests/unit/stdlib/kernels/kernel_fixture.h"

namespace flinkc {
namespace {

TEST(VarianceTest, IsTheTwoPassResultHoweverItIsMerged) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> draw(1e6, 3);
  std::vector<double> values(10000);
  for (double& value : values) value = draw(random);
  long double mean = 0, squares = 0;
  for (double value : values) mean += value;
  mean /= static_cast<long double>(values.size());
  for (double value : values) squares += (value - mean) * (value - mean);
  const double expected = static_cast<double>(squares / (values.size() - 1));

  KernelFixture f;
  for (size_t parts : {1, 2, 7, 1000}) {
    std::vector<VarianceState> states(parts);
    for (size_t i = 0; i < values.size(); ++i) {
      flinkc_variance(&f.context, &f.heap, &states[i % parts], values[i]);
    }
    for (size_t i = 1; i < parts; ++i) {
      flinkc_variance_merge(&f.context, &f.heap, &states[0], &states[i]);
    }
    double variance = 0;
    ASSERT_EQ(flinkc_var_samp_result(&f.context, &states[0], &variance), kKernelOk);
    EXPECT_NEAR(variance / expected, 1, 1e-9) << parts;
  }
}

TEST(PercentileTest, InterpolatesBetweenTheSortedValues) {
  std::mt19937_64 random(2);
  for (int count : {1, 2, 3, 10, 101, 5000}) {
    KernelFixture f;
    AllocateBytes(&f.context, 8);  // opens the arena
    std::vector<double> values;
    PercentileState state{}, other{}, *into = &state;
    const int64_t any = 0;
    for (int i = 0; i < count; ++i) {
      values.push_back(static_cast<double>(random() % 1000) / 8);
      flinkc_percentile(&f.context, &f.heap, i % 2 == 0 ? &state : &other, values.back(), 0, any);
    }
    flinkc_percentile_merge(&f.context, &f.heap, into, &other, any);
    std::sort(values.begin(), values.end());
    for (double share : {0.0, 0.25, 0.5, 0.95, 0.999, 1.0}) {
      const double position = (count - 1) * share;
      const double low = values[static_cast<size_t>(std::floor(position))];
      const double high = values[static_cast<size_t>(std::ceil(position))];
      const char* cursor = f.context.arena_cursor;
      double result = -1;
      ASSERT_EQ(
          flinkc_percentile_result(&f.context, &state, std::bit_cast<int64_t>(share), &result),
          kKernelOk);
      EXPECT_NEAR(result, low + (high - low) * (position - std::floor(position)), 1e-9);
      if (count < 1000) EXPECT_EQ(f.context.arena_cursor, cursor) << "scratch was not given back";
    }
  }
}

TEST(SketchTest, IsExactWhileSmallAndCloseWhenLarge) {
  for (int64_t distinct : {1, 63, 64, 65, 1000, 20000, 500000}) {
    KernelFixture f;
    SketchState state{}, other{};
    for (int64_t i = 0; i < distinct * 2; ++i) {  // every value twice
      flinkc_sketch_i64(&f.context, &f.heap, i % 3 == 0 ? &other : &state, i % distinct);
    }
    flinkc_sketch_merge(&f.context, &f.heap, &state, &other);
    int64_t estimate = 0;
    flinkc_sketch_result(&f.context, &state, &estimate);
    if (distinct <= 64) {
      EXPECT_EQ(estimate, distinct);
    } else {
      EXPECT_NEAR(static_cast<double>(estimate), static_cast<double>(distinct), 0.025 * distinct);
    }
  }
}

TEST(DistinctTest, AgreesWithASetAndKeepsTheOrder) {
  KernelFixture f;
  StateBlob set{};
  std::set<std::string> expected;
  std::vector<std::string> order;
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const std::string value(random() % 20, static_cast<char>('a' + random() % 26));
    const bool is_new = expected.insert(value).second;
    if (is_new) order.push_back(value);
    ASSERT_EQ(
        flinkc_distinct_insert(&f.heap, &set, value.data(), static_cast<int64_t>(value.size())),
        is_new ? 1 : 0);
  }
  for (int64_t i = 0; i < 5000; ++i) {
    char bytes[8];
    __builtin_memcpy(bytes, &i, 8);
    ASSERT_EQ(flinkc_distinct_insert(&f.heap, &set, bytes, 8), 1) << i;
    order.emplace_back(bytes, 8);
  }
  EXPECT_EQ(flinkc_distinct_count(&set), static_cast<int64_t>(order.size()));
  int64_t cursor = 0, bytes = 0;
  const char* value = nullptr;
  size_t i = 0;
  while (flinkc_distinct_next(&set, &cursor, &value, &bytes)) {
    ASSERT_LT(i, order.size());
    ASSERT_EQ(std::string(value, static_cast<size_t>(bytes)), order[i++]);
  }
  EXPECT_EQ(i, order.size());
}

TEST(DistinctTest, AnEmptySetHasNothing) {
  const StateBlob set{};
  int64_t cursor = 0, bytes = 0;
  const char* value = nullptr;
  EXPECT_FALSE(flinkc_distinct_next(&set, &cursor, &value, &bytes));
  EXPECT_EQ(flinkc_distinct_count(&set), 0);
}

TEST(SumTest, DoesNotDependOnTheOrderOfRows) {
  KernelFixture f;
  LongSumState state{};
  for (int64_t value : {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, int64_t{7}}) {
    ASSERT_EQ(flinkc_sum_i64(&f.context, &f.heap, &state, value), kKernelOk);
  }
  int64_t sum = 0;
  ASSERT_EQ(flinkc_sum_result_i64(&f.context, &state, &sum), kKernelOk);
  EXPECT_EQ(sum, 5);
  flinkc_sum_retract_i64(&f.context, &f.heap, &state, INT64_MIN);
  EXPECT_EQ(flinkc_sum_result_i64(&f.context, &state, &sum), Failure(RowStatus::kIntegerOverflow));
}

TEST(SumTest, OfWideDecimalsIsNullOnlyIfTheResultIsTooLong) {
  KernelFixture f;
  WideSumState state{};
  const Int128 largest = ParseInt128("99999999999999999999999999999999999999"), lowest = -largest;
  for (int i = 0; i < 10; ++i) flinkc_sum_wide_decimal(&f.context, &f.heap, &state, &largest);
  Int128 sum = 0;
  EXPECT_EQ(flinkc_sum_result_wide_decimal(&f.context, &state, &sum), kKernelNull);
  WideSumState other{};
  for (int i = 0; i < 9; ++i) flinkc_sum_wide_decimal(&f.context, &f.heap, &other, &lowest);
  flinkc_sum_merge_wide_decimal(&f.context, &f.heap, &state, &other);
  ASSERT_EQ(flinkc_sum_result_wide_decimal(&f.context, &state, &sum), kKernelOk);
  EXPECT_EQ(Int128ToString(sum), Int128ToString(largest));
}

}  // namespace
}  // namespace flinkc
