#include "runtime/state/stall_meter.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

#include "runtime/state/memory_table.h"
#include "tests/unit/runtime/state/text_rows.h"

namespace flinkc {
namespace {

// Each look at it takes a millisecond.
class TickingClock final : public Clock {
 public:
  int64_t NowMicros() const override { return MonotonicNanos() / 1000; }
  int64_t MonotonicNanos() const override { return now_ += 1'000'000; }

 private:
  mutable int64_t now_ = 0;
};

TEST(StallMeter, CountsTheLongestTimeWithoutAPause) {
  TickingClock clock;
  StallMeter meter(&clock);
  meter.AddSince(meter.NowNanos());
  meter.AddSince(meter.NowNanos());
  EXPECT_EQ(meter.longest_micros(), 2'000) << "both in one piece";
  meter.Pause();
  meter.AddSince(meter.NowNanos());
  EXPECT_EQ(meter.longest_micros(), 2'000);
  meter.AddSince(meter.NowNanos());
  meter.AddSince(meter.NowNanos());
  EXPECT_EQ(meter.longest_micros(), 3'000);
}

TEST(StallMeter, ATableCountsTheChunksThatItEncodesBeforeAWrite) {
  const StateLayout layout = TextLayout();
  MemoryTable table(layout, nullptr);
  TextModel model;
  for (uint64_t i = 0; i < 3000; ++i)
    ASSERT_EQ(UpdateText(table, model, TextKeyOf(i), 'x'), ProbeResult::kInserted);
  TickingClock clock;
  const auto meter = std::make_shared<StallMeter>(&clock);
  const std::shared_ptr<TableSnapshot> snapshot = table.Freeze({});
  snapshot->SetStallMeter(meter);
  ASSERT_EQ(snapshot->chunk_count(), 3u);
  table.Touch(0);
  EXPECT_EQ(meter->longest_micros(), 1'000);
  table.Touch(1'000);
  EXPECT_EQ(meter->longest_micros(), 1'000) << "it is encoded already";
  snapshot->Encode(1);  // by the background, before the worker comes
  table.Touch(1'024);
  EXPECT_EQ(meter->longest_micros(), 1'000);
  table.Touch(2'048);
  EXPECT_EQ(meter->longest_micros(), 2'000);
}

}  // namespace
}  // namespace flinkc
