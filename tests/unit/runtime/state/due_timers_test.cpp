#include "runtime/state/due_timers.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace flinkc {
namespace {

using Due = DueTimers::Due;

// Spans of all widths: times of one second, of many, and those that lie behind what was sorted.
TEST(DueTimers, ComeInOrder) {
  std::mt19937_64 random(11);
  for (const int64_t width : {int64_t{1'000}, int64_t{3'000'000}, int64_t{1} << 40}) {
    DueTimers timers;
    std::multiset<Due> expected;
    int64_t now = -width;
    for (int i = 0; i < 20'000; ++i) {
      const Due due{now + static_cast<int64_t>(random() % static_cast<uint64_t>(width)),
                    random() % 8};
      timers.Push(due);
      expected.insert(due);
      ASSERT_LE(timers.earliest_bound(), expected.begin()->time);
      if (random() % 50 != 0) continue;
      for (uint64_t fires = random() % 60; fires > 0 && !expected.empty(); --fires) {
        const Due* first = timers.First();
        ASSERT_NE(first, nullptr);
        ASSERT_EQ(*first, *expected.begin());
        ASSERT_EQ(timers.earliest_bound(), first->time);
        if (random() % 2 == 0) now = first->time;
        timers.PopFirst();
        expected.erase(expected.begin());
      }
    }
    for (; !expected.empty(); expected.erase(expected.begin())) {
      ASSERT_EQ(*timers.First(), *expected.begin());
      timers.PopFirst();
    }
    EXPECT_EQ(timers.First(), nullptr);
    EXPECT_EQ(timers.earliest_bound(), INT64_MAX);
  }
}

TEST(DueTimers, ThoseAtTheEndsOfTime) {
  DueTimers timers;
  for (const int64_t time : {INT64_MAX, int64_t{0}, INT64_MIN, int64_t{-1}}) {
    timers.Push({time, 1});
  }
  for (const int64_t time : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    ASSERT_NE(timers.First(), nullptr);
    EXPECT_EQ(timers.First()->time, time);
    timers.PopFirst();
  }
  EXPECT_EQ(timers.First(), nullptr);
}

TEST(DueTimers, SaysWhichComeSoon) {
  DueTimers timers;
  for (uint64_t i = 0; i < 10; ++i) timers.Push({5, i});
  EXPECT_EQ(timers.Ahead(0), nullptr) << "nothing is sorted yet";
  ASSERT_NE(timers.First(), nullptr);
  EXPECT_EQ(*timers.Ahead(3), (Due{5, 3}));
  timers.PopFirst();
  EXPECT_EQ(*timers.Ahead(3), (Due{5, 4}));
  EXPECT_EQ(timers.Ahead(9), nullptr);
}

}  // namespace
}  // namespace flinkc
