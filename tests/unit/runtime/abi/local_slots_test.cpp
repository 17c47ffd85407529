#include "runtime/abi/local_slots.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace flinkc {
namespace {

class LocalSlotsTest : public testing::Test {
 protected:
  std::vector<LocalSlot> slots_ = std::vector<LocalSlot>(8);
  std::array<uint32_t, 2> batches_{1, 1};
  LocalSlots local_{.slots = slots_.data(),
                    .mask = 7,
                    .batches = batches_.data(),
                    .adaptive = 1,
                    .rows = 0,
                    .merged = 0,
                    .pause = 0,
                    .next_pause = kLocalPauseMin};
};

TEST_F(LocalSlotsTest, TheSecondRowOfAGroupBeginsAndLaterOnesAreMerged) {
  EXPECT_EQ(FindLocalRow(&local_, 5, 0, 0), kLocalPass);
  EXPECT_EQ(FindLocalRow(&local_, 5, 0, 0), kLocalBegin);
  NoteLocalRow(&local_, 5, 0, 0, 17);
  EXPECT_EQ(FindLocalRow(&local_, 5, 0, 0), 17);
  EXPECT_EQ(FindLocalRow(&local_, 5, 0, 0), 17);
  EXPECT_EQ(local_.rows, 4);
  EXPECT_EQ(local_.merged, 2);
}

TEST_F(LocalSlotsTest, NothingIsMergedIntoABatchThatHasLeft) {
  FindLocalRow(&local_, 5, 0, 1);
  NoteLocalRow(&local_, 5, 0, 1, 3);
  ++batches_[0];
  EXPECT_EQ(FindLocalRow(&local_, 5, 0, 1), 3);
  ++batches_[1];
  EXPECT_EQ(FindLocalRow(&local_, 5, 0, 1), kLocalBegin);
  // What has passed once passes again.
  FindLocalRow(&local_, 6, 0, 1);
  ++batches_[1];
  EXPECT_EQ(FindLocalRow(&local_, 6, 0, 1), kLocalPass);
  EXPECT_EQ(FindLocalRow(&local_, 6, 0, 1), kLocalBegin);
}

TEST_F(LocalSlotsTest, SlicesAreGroupsOfTheirOwn) {
  FindLocalRow(&local_, 5, 1'000, 0);
  NoteLocalRow(&local_, 5, 1'000, 0, 3);
  EXPECT_EQ(FindLocalRow(&local_, 5, 2'000, 0), kLocalPass);
}

TEST_F(LocalSlotsTest, AGroupLosesItsSlotToAnother) {
  FindLocalRow(&local_, 5, 0, 0);
  NoteLocalRow(&local_, 5, 0, 0, 3);
  EXPECT_EQ(FindLocalRow(&local_, 5 + 8, 0, 0), kLocalPass);
  EXPECT_EQ(FindLocalRow(&local_, 5, 0, 0), kLocalPass);
}

TEST_F(LocalSlotsTest, PausesWhereRowsDoNotBecomeFewerAndTriesAgain) {
  EXPECT_TRUE(BeginLocal(&local_, 100));
  local_.rows = kLocalSample;
  local_.merged = kLocalSample - kLocalSample / kLocalPays;
  EXPECT_TRUE(BeginLocal(&local_, 100));
  EXPECT_EQ(local_.rows, 0);

  int64_t pause = kLocalPauseMin;
  for (int time = 0; time < 8; ++time) {
    local_.rows = kLocalSample;
    local_.merged = kLocalSample - kLocalSample / kLocalPays - 1;
    int64_t passed = 0;
    while (!BeginLocal(&local_, 1'024)) passed += 1'024;
    EXPECT_EQ(passed, pause);
    pause = std::min(2 * pause, kLocalPauseMax);
  }
}

TEST_F(LocalSlotsTest, OneThatIsNotAdaptiveNeverPauses) {
  local_.adaptive = 0;
  local_.rows = 10 * kLocalSample;
  EXPECT_TRUE(BeginLocal(&local_, 100));
}

}  // namespace
}  // namespace flinkc
