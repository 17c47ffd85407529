#include "runtime/abi/fold_slots.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace flinkc {
namespace {

constexpr uint8_t Kind(RowKind kind) { return static_cast<uint8_t>(kind); }

class FoldSlotsTest : public testing::Test {
 protected:
  // A state row, as far as folding knows it: its hash.
  using Group = std::array<char, 16>;
  static Group MakeGroup(uint64_t hash) {
    Group group{};
    std::memcpy(group.data(), &hash, sizeof(hash));
    return group;
  }

  std::vector<FoldSlot> slots_ = std::vector<FoldSlot>(8);
  FoldSlots fold_{slots_.data(), 7, 1, 0, 0};
  std::array<uint8_t, 4> kinds_{};
  BatchLayout batch_{nullptr, nullptr, kinds_.data(), 4, 4};
};

TEST_F(FoldSlotsTest, FindsWhatThisBatchShows) {
  // All three belong to one slot.
  const Group a = MakeGroup(8), b = MakeGroup(16), c = MakeGroup(24);
  EXPECT_EQ(FindFoldedRow(&fold_, a.data()), -1);
  NoteFoldedRow(&fold_, a.data(), 0);
  NoteFoldedRow(&fold_, b.data(), 1);
  EXPECT_EQ(FindFoldedRow(&fold_, a.data()), 0);
  EXPECT_EQ(FindFoldedRow(&fold_, b.data()), 1);
  EXPECT_EQ(FindFoldedRow(&fold_, c.data()), -1);
  NoteFoldedRow(&fold_, a.data(), 3);
  EXPECT_EQ(FindFoldedRow(&fold_, a.data()), 3);
  ++fold_.batch;
  EXPECT_EQ(FindFoldedRow(&fold_, a.data()), -1);
}

TEST_F(FoldSlotsTest, AnotherGroupAtTheSameAddressIsAnother) {
  Group row = MakeGroup(1);
  NoteFoldedRow(&fold_, row.data(), 2);
  row = MakeGroup(2);
  EXPECT_EQ(FindFoldedRow(&fold_, row.data()), -1);
}

// As a row that was evicted does, or one that another's removal moves.
TEST_F(FoldSlotsTest, AGroupThatMovedAndCameBackIsNotShownByItsOlderRow) {
  const Group here = MakeGroup(5), there = MakeGroup(5);
  NoteFoldedRow(&fold_, here.data(), 0);
  EXPECT_EQ(FindFoldedRow(&fold_, there.data()), -1);
  NoteFoldedRow(&fold_, there.data(), 1);
  EXPECT_EQ(FindFoldedRow(&fold_, there.data()), 1);
  EXPECT_EQ(FindFoldedRow(&fold_, here.data()), -1);
  NoteFoldedRow(&fold_, here.data(), 2);
  EXPECT_EQ(FindFoldedRow(&fold_, here.data()), 2);
}

TEST_F(FoldSlotsTest, AGroupThatMovedWentAndBeginsAgainHasNoRow) {
  const Group here = MakeGroup(5), there = MakeGroup(5);
  kinds_ = {Kind(RowKind::kUpdateAfter), Kind(RowKind::kUpdateAfter)};
  NoteFoldedRow(&fold_, here.data(), 0);
  NoteFoldedRow(&fold_, there.data(), 1);
  DropFoldedRow(&fold_, &batch_, there.data(), 1, /*sends_old=*/false);
  EXPECT_EQ(FindFoldedRow(&fold_, here.data()), -1);
}

TEST_F(FoldSlotsTest, AnInsertionThatGoesNeverWas) {
  const Group a = MakeGroup(1);
  kinds_ = {Kind(RowKind::kInsert)};
  NoteFoldedRow(&fold_, a.data(), 0);
  DropFoldedRow(&fold_, &batch_, a.data(), 0, /*sends_old=*/true);
  EXPECT_EQ(kinds_[0], kDroppedRow);
  EXPECT_EQ(fold_.dropped, 1u);
  EXPECT_EQ(FindFoldedRow(&fold_, a.data()), -1);
}

TEST_F(FoldSlotsTest, AnUpdateThatGoesDeletesWhatWasBefore) {
  const Group a = MakeGroup(1);
  kinds_ = {Kind(RowKind::kInsert), Kind(RowKind::kUpdateBefore), Kind(RowKind::kUpdateAfter)};
  DropFoldedRow(&fold_, &batch_, a.data(), 2, /*sends_old=*/true);
  EXPECT_EQ(kinds_[1], Kind(RowKind::kDelete));
  EXPECT_EQ(kinds_[2], kDroppedRow);

  // Its -U has left with the batch before.
  kinds_ = {Kind(RowKind::kUpdateAfter), Kind(RowKind::kInsert)};
  DropFoldedRow(&fold_, &batch_, a.data(), 0, /*sends_old=*/true);
  EXPECT_EQ(kinds_[0], kDroppedRow);
  EXPECT_EQ(kinds_[1], Kind(RowKind::kInsert));
}

TEST_F(FoldSlotsTest, AnUpsertThatGoesBecomesADeletion) {
  const Group a = MakeGroup(1);
  kinds_ = {Kind(RowKind::kUpdateAfter), Kind(RowKind::kUpdateAfter)};
  DropFoldedRow(&fold_, &batch_, a.data(), 1, /*sends_old=*/false);
  EXPECT_EQ(kinds_[0], Kind(RowKind::kUpdateAfter));
  EXPECT_EQ(kinds_[1], Kind(RowKind::kDelete));
  EXPECT_EQ(fold_.dropped, 0u);
}

}  // namespace
}  // namespace flinkc
