#include "runtime/task/task_times.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace flinkc {
namespace {

using Phase = TaskTimes::Phase;

TEST(TaskTimes, EachMomentCountsOnce) {
  TaskTimes times;
  EXPECT_EQ(times.Read(1'000).busy_nanos, 0) << "it does not run yet";
  times.Enter(Phase::kBusy, 1'000);
  EXPECT_EQ(times.Read(1'300).busy_nanos, 300);
  times.Enter(Phase::kIdle, 1'500);
  times.Enter(Phase::kBackpressured, 1'700);
  times.Enter(Phase::kBusy, 1'800);
  const TaskTimes::Totals totals = times.Read(1'850);
  EXPECT_EQ(totals.busy_nanos, 550);
  EXPECT_EQ(totals.idle_nanos, 200);
  EXPECT_EQ(totals.backpressured_nanos, 100);
  times.Enter(Phase::kNone, 2'000);
  EXPECT_EQ(times.Read(9'000).busy_nanos, 700);
}

// Read while they change: never more than the time that has passed, never less than before.
TEST(TaskTimes, AReaderSeesNoHalfOfAChange) {
  TaskTimes times;
  std::atomic<int64_t> now{0};
  std::atomic<bool> stop{false};
  times.Enter(Phase::kBusy, 0);
  std::thread worker([&] {
    for (int64_t at = 1; !stop.load(); ++at) {
      now.store(at);
      times.Enter(at % 2 == 0 ? Phase::kBusy : Phase::kIdle, at);
    }
  });
  int64_t before = 0;
  for (int i = 0; i < 20'000; ++i) {
    const int64_t least = now.load();
    const TaskTimes::Totals totals = times.Read(least);
    const int64_t sum = totals.busy_nanos + totals.idle_nanos;
    // Enter comes right behind `now`.
    EXPECT_GE(sum, least - 1);
    EXPECT_LE(sum, now.load() + 1);
    EXPECT_GE(sum, before - 1);
    before = sum;
  }
  stop.store(true);
  worker.join();
}

}  // namespace
}  // namespace flinkc
