// Accumulators that take rows back, against plain containers: random rows come and go, in every
// order, also such as never came.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "stdlib-operators/kernels/aggregate_retract.h"
#include "stdlib-operators/kernels/aggregate_statistics.h"
#include "stdlib-operators/kernels/distinct.h"
#include "tests/unit/stdlib/kernels/kernel_fixture.h"

namespace flinkc {
namespace {

TEST(CountedExtreme, IsThatOfTheValuesThatAreLeft) {
  // Few values, many values, a window that moves up (what goes is never at the top of a max).
  for (const int64_t range : {3, 200, 1'000'000}) {
    KernelFixture f;
    CountedExtremeState least{}, most{};
    std::multiset<int64_t> expected;
    std::deque<int64_t> in_order;
    std::mt19937_64 random(static_cast<uint64_t>(range));
    for (int step = 0; step < 30'000; ++step) {
      const bool rising = range == 1'000'000;
      const size_t kept = rising ? 100 : 1 + random() % 600;
      if (in_order.size() < kept) {
        const int64_t value =
            rising ? step : static_cast<int64_t>(random() % static_cast<uint64_t>(range));
        in_order.push_back(value);
        expected.insert(value);
        ASSERT_EQ(flinkc_min_counted_i64(&f.context, &f.heap, &least, value), kKernelOk);
        ASSERT_EQ(flinkc_max_counted_i64(&f.context, &f.heap, &most, value), kKernelOk);
      } else {
        const int64_t value = in_order.front();
        in_order.pop_front();
        expected.erase(expected.find(value));
        flinkc_min_counted_retract_i64(&f.context, &f.heap, &least, value);
        flinkc_max_counted_retract_i64(&f.context, &f.heap, &most, value);
      }
      flinkc_max_counted_retract_i64(&f.context, &f.heap, &most, -7);  // never came
      int64_t result = 0;
      const bool empty = expected.empty();
      ASSERT_EQ(flinkc_counted_extreme_result_i64(&f.context, &least, &result),
                empty ? kKernelNull : kKernelOk);
      if (!empty) ASSERT_EQ(result, *expected.begin()) << step;
      ASSERT_EQ(flinkc_counted_extreme_result_i64(&f.context, &most, &result),
                empty ? kKernelNull : kKernelOk);
      if (!empty) ASSERT_EQ(result, *expected.rbegin()) << step;
    }
    // What is not there any more takes no room for ever.
    EXPECT_LT(most.values.size, 200'000u) << range;
    EXPECT_LT(most.heap.size, 20'000u) << range;
  }
}

TEST(CountedExtreme, MergesAndOrdersTextAndFloats) {
  KernelFixture f;
  CountedExtremeState a{}, b{};
  for (const char* text : {"b", "a text of more than twelve bytes", "c"}) {
    const StringValue value = MakeStringValue(text, static_cast<uint32_t>(std::strlen(text)));
    flinkc_max_counted_text(&f.context, &f.heap, text[0] == 'b' ? &a : &b, &value);
  }
  ASSERT_EQ(flinkc_max_counted_merge_text(&f.context, &f.heap, &a, &b), kKernelOk);
  StringValue result;
  ASSERT_EQ(flinkc_counted_extreme_result_text(&f.context, &a, &result), kKernelOk);
  EXPECT_EQ(result.view(), "c");
  for (const char* text : {"c", "b"}) {
    const StringValue value = MakeStringValue(text, 1);
    flinkc_max_counted_retract_text(&f.context, &f.heap, &a, &value);
  }
  ASSERT_EQ(flinkc_counted_extreme_result_text(&f.context, &a, &result), kKernelOk);
  EXPECT_EQ(result.view(), "a text of more than twelve bytes");

  CountedExtremeState numbers{};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {1.5, -0.0, nan, 0.0}) {
    flinkc_max_counted_f64(&f.context, &f.heap, &numbers, value);
  }
  double most = 0;
  flinkc_counted_extreme_result_f64(&f.context, &numbers, &most);
  EXPECT_TRUE(most != most);
  flinkc_max_counted_retract_f64(&f.context, &f.heap, &numbers, -nan);
  flinkc_counted_extreme_result_f64(&f.context, &numbers, &most);
  EXPECT_EQ(most, 1.5);
  flinkc_max_counted_retract_f64(&f.context, &f.heap, &numbers, 1.5);
  flinkc_max_counted_retract_f64(&f.context, &f.heap, &numbers, 0.0);
  EXPECT_EQ(flinkc_counted_extreme_result_f64(&f.context, &numbers, &most), kKernelOk);
  flinkc_max_counted_retract_f64(&f.context, &f.heap, &numbers, 0.0);
  EXPECT_EQ(flinkc_counted_extreme_result_f64(&f.context, &numbers, &most), kKernelNull);
}

TEST(Listed, KeepsTheOrderAndTakesTheOldestEqualOne) {
  for (const uint64_t range : {2, 40, 5000}) {
    KernelFixture f;
    ListedState state{};
    std::deque<int64_t> expected;
    std::mt19937_64 random(range);
    for (int step = 0; step < 20'000; ++step) {
      const auto value = static_cast<int64_t>(random() % range);
      if (random() % 100 < (step % 4000 < 2000 ? 70u : 30u)) {
        expected.push_back(value);
        ASSERT_EQ(flinkc_listed_i64(&f.context, &f.heap, &state, value), kKernelOk);
      } else {
        const auto found = std::ranges::find(expected, value);
        if (found != expected.end()) expected.erase(found);
        flinkc_listed_retract_i64(&f.context, &f.heap, &state, value);
      }
      int64_t first = 0, last = 0;
      const int32_t status = flinkc_listed_first_i64(&f.context, &state, &first);
      ASSERT_EQ(status, expected.empty() ? kKernelNull : kKernelOk);
      flinkc_listed_last_i64(&f.context, &state, &last);
      if (expected.empty()) continue;
      ASSERT_EQ(first, expected.front()) << step;
      ASSERT_EQ(last, expected.back()) << step;
    }
  }
}

TEST(Listed, JoinsWhatIsLeft) {
  KernelFixture f;
  ListedState state{};
  std::vector<std::string> expected;
  std::mt19937_64 random(9);
  const StringValue bar = MakeStringValue(" | ", 3);
  for (int step = 0; step < 3000; ++step) {
    const std::string text(random() % 20, static_cast<char>('a' + random() % 3));
    const StringValue value = MakeStringValue(text.data(), static_cast<uint32_t>(text.size()));
    const auto found = std::ranges::find(expected, text);
    if (random() % 2 == 0 && found != expected.end()) {
      expected.erase(found);
      flinkc_listed_joined_separator_retract(&f.context, &f.heap, &state, &value, &bar);
    } else {
      expected.push_back(text);
      flinkc_listed_joined_separator(&f.context, &f.heap, &state, &value, &bar);
    }
    if (step % 50 != 0) continue;
    std::string joined;
    for (size_t i = 0; i < expected.size(); ++i) joined += (i == 0 ? "" : " | ") + expected[i];
    StringValue result;
    ASSERT_EQ(flinkc_listed_joined_result(&f.context, &state, &result), kKernelOk);
    ASSERT_EQ(result.view(), joined);
  }
}

TEST(CountedDistinct, CountsEachAggregateOfASharedSet) {
  constexpr int64_t kWords = 3;
  KernelFixture f;
  StateBlob set{};
  std::map<std::string, std::array<int64_t, kWords>> expected;
  std::mt19937_64 random(4);
  for (int step = 0; step < 40'000; ++step) {
    const std::string value(random() % 30, static_cast<char>('a' + random() % 26));
    const auto bytes = static_cast<int64_t>(value.size());
    const uint64_t call = random() % kWords;
    if (random() % 100 < (step % 8000 < 4000 ? 65u : 35u)) {
      auto* words = reinterpret_cast<int64_t*>(
          flinkc_distinct_words(&f.heap, &set, value.data(), bytes, kWords));
      ASSERT_EQ(words[call], expected[value][call]);
      ++words[call];
      ++expected[value][call];
      continue;
    }
    auto* words =
        reinterpret_cast<int64_t*>(flinkc_distinct_find(&set, value.data(), bytes, kWords));
    const auto found = expected.find(value);
    ASSERT_EQ(words != nullptr, found != expected.end()) << step;
    if (words == nullptr || words[call] == 0) continue;
    --words[call];
    flinkc_distinct_release(&set, reinterpret_cast<char*>(words), kWords);
    if (--found->second[call] == 0 && found->second == std::array<int64_t, kWords>{}) {
      expected.erase(found);
    }
  }
  int64_t cursor = 0, bytes = 0;
  const char* value = nullptr;
  size_t seen = 0;
  while (const char* words = flinkc_distinct_next_words(&set, &cursor, &value, &bytes, kWords)) {
    ++seen;
    const auto& counts = expected.at(std::string(value, static_cast<size_t>(bytes)));
    EXPECT_EQ(std::memcmp(words, counts.data(), sizeof(counts)), 0);
  }
  EXPECT_EQ(seen, expected.size());
}

TEST(Truth, AllAndAnyOfWhatIsLeft) {
  KernelFixture f;
  TruthCountState state{};
  bool result = false;
  EXPECT_EQ(flinkc_bool_and_counted_result(&f.context, &state, &result), kKernelNull);
  flinkc_truth_counted(&f.context, &f.heap, &state, true);
  flinkc_truth_counted(&f.context, &f.heap, &state, false);
  flinkc_bool_and_counted_result(&f.context, &state, &result);
  EXPECT_FALSE(result);
  flinkc_truth_counted_retract(&f.context, &f.heap, &state, false);
  flinkc_bool_and_counted_result(&f.context, &state, &result);
  EXPECT_TRUE(result);
  flinkc_truth_counted_retract(&f.context, &f.heap, &state, true);
  EXPECT_EQ(flinkc_bool_or_counted_result(&f.context, &state, &result), kKernelNull);
}

TEST(CountedPercentile, IsThatOfTheValuesThatAreLeft) {
  KernelFixture f;
  CountedValuesState state{};
  std::multiset<double> expected;
  std::mt19937_64 random(6);
  const int64_t share = std::bit_cast<int64_t>(0.3);
  for (int step = 0; step < 3000; ++step) {
    const double value = static_cast<double>(random() % 50);
    const auto found = expected.find(value);
    if (random() % 3 == 0 && found != expected.end()) {
      expected.erase(found);
      flinkc_percentile_counted_retract(&f.context, &f.heap, &state, value, 0.3, share);
    } else {
      expected.insert(value);
      flinkc_percentile_counted(&f.context, &f.heap, &state, value, 0.3, share);
    }
    if (expected.empty()) continue;
    const std::vector<double> sorted(expected.begin(), expected.end());
    const double position = static_cast<double>(sorted.size() - 1) * 0.3;
    const double low = sorted[static_cast<size_t>(position)];
    const double high = sorted[std::min(static_cast<size_t>(position) + 1, sorted.size() - 1)];
    double result = 0;
    ASSERT_EQ(flinkc_percentile_counted_result(&f.context, &state, share, &result), kKernelOk);
    ASSERT_NEAR(
        result,
        low + (high - low) * (position - static_cast<double>(static_cast<size_t>(position))), 1e-9);
  }
}

TEST(Variance, ComesBackWhenRowsGo) {
  KernelFixture f;
  VarianceState state{};
  for (const double value : {2.0, 4.0, 4.0, 1e6, 4.0, -3.0, 5.0, 5.0, 7.0, 9.0}) {
    flinkc_variance(&f.context, &f.heap, &state, value);
  }
  for (const double value : {1e6, -3.0}) {
    flinkc_variance_retract(&f.context, &f.heap, &state, value);
  }
  double result = 0;
  ASSERT_EQ(flinkc_var_pop_result(&f.context, &state, &result), kKernelOk);
  EXPECT_NEAR(result, 4.0, 1e-3);
  for (const double value : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) {
    flinkc_variance_retract(&f.context, &f.heap, &state, value);
  }
  EXPECT_EQ(flinkc_var_pop_result(&f.context, &state, &result), kKernelNull);
  EXPECT_EQ(state.squares, 0);
}

}  // namespace
}  // namespace flinkc
