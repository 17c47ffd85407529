#include "runtime/taskmanager/task_rates.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

TEST(TaskRates, AreOfTheLastSecond) {
  constexpr int64_t kTick = 200'000'000;  // as progress is sent
  TaskRates rates;
  TaskRates::Totals totals;
  int64_t now = 5'000'000'000;
  EXPECT_EQ(rates.Look(totals, now).busy, 0u) << "nothing to compare with";
  TaskRates::PerSecond seen;
  const auto pass = [&](int64_t busy, int64_t idle, int64_t backpressured) {
    totals.times.busy_nanos += busy;
    totals.times.idle_nanos += idle;
    totals.times.backpressured_nanos += backpressured;
    totals.rows_in += static_cast<uint64_t>(busy) / 100'000;
    totals.rows_out += 1;
    now += kTick;
    seen = rates.Look(totals, now);
  };
  for (int i = 0; i < 10; ++i) pass(kTick / 2, kTick / 4, kTick / 4);
  EXPECT_EQ(seen.busy, 500u);
  EXPECT_EQ(seen.idle, 250u);
  EXPECT_EQ(seen.backpressured, 250u);
  EXPECT_EQ(seen.rows_in, 5'000u);
  EXPECT_EQ(seen.rows_out, 5u);
  // What lies further back counts no more.
  for (int i = 0; i < 8; ++i) pass(0, 0, kTick);
  EXPECT_EQ(seen.busy, 0u);
  EXPECT_EQ(seen.backpressured, 1000u);
  EXPECT_EQ(seen.rows_in, 0u);
}

}  // namespace
}  // namespace flinkc
