#include "runtime/state/window_state.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

constexpr int64_t kSecond = 1'000'000;

StateLayout Layout(int64_t size, int64_t slide, int64_t slice, int64_t offset = 0,
                   int64_t lateness = 0) {
  StateLayout layout;
  layout.key_bytes = 8;
  layout.row_bytes = 24;
  layout.window = WindowLayout{size, slide, slice, offset, lateness};
  return layout;
}

void Insert(KeyedTable* table, int64_t key) {
  char* row = nullptr;
  FindOrInsert(table, static_cast<uint64_t>(key), reinterpret_cast<const char*>(&key), 8, &row);
}

// Against counting windows one by one, with negative times and an offset.
TEST(WindowGrid, AgreesWithAListOfAllWindows) {
  const WindowLayout layout{12, 8, 4, 3, 0};
  const WindowGrid grid(layout);
  for (int64_t time = -100; time < 100; ++time) {
    std::vector<int64_t> ends;  // of the windows [begin, begin + 12), begin = 3 + 8k
    for (int64_t begin = 3 - 8 * 40; begin < 300; begin += 8) {
      if (begin <= time && time < begin + 12) ends.push_back(begin + 12);
    }
    const int64_t slice_begin = grid.SliceBegin(time);
    EXPECT_LE(slice_begin, time);
    EXPECT_LT(time, slice_begin + 4);
    ASSERT_FALSE(ends.empty());
    EXPECT_EQ(grid.WindowEndFrom(slice_begin + 4), ends.front()) << time;
    EXPECT_EQ(grid.LastWindowEnd(slice_begin), ends.back()) << time;
  }
}

TEST(WindowGrid, CumulatesFromOneBegin) {
  const WindowLayout layout{12, 4, 4, 3, 0, WindowKind::kCumulate};
  const WindowGrid grid(layout);
  for (int64_t time = -100; time < 100; ++time) {
    std::vector<int64_t> ends;
    int64_t begin = 3 - 12 * 40;
    while (begin + 12 <= time) begin += 12;
    for (const int64_t length : {4, 8, 12}) {
      if (time < begin + length) ends.push_back(begin + length);
    }
    const int64_t slice_begin = grid.SliceBegin(time);
    EXPECT_EQ(grid.WindowEndFrom(slice_begin + 4), ends.front()) << time;
    EXPECT_EQ(grid.LastWindowEnd(slice_begin), ends.back()) << time;
    for (const int64_t end : ends) EXPECT_EQ(grid.WindowBegin(end), begin) << time;
  }
}

// What a fired window was made of is one table then, and the next window has but one slice more.
TEST(WindowState, CumulatesForGood) {
  StateLayout layout = Layout(40 * kSecond, 10 * kSecond, 10 * kSecond);
  layout.window->kind = WindowKind::kCumulate;
  WindowState state(layout, nullptr);
  SliceCursor cursor{};
  // The first slice has no rows.
  for (const int64_t second : {15, 25, 35}) {
    Insert(state.Select(second * kSecond, INT64_MIN, &cursor), second);
  }
  ASSERT_EQ(state.NextToFire(30 * kSecond), 20 * kSecond);
  MemoryTable* const base = state.CumulationOf(20 * kSecond);
  ASSERT_NE(base, nullptr);
  EXPECT_EQ(state.TablesOf(20 * kSecond).size(), 2u);
  state.Cumulated(20 * kSecond);
  state.Fired(20 * kSecond);
  ASSERT_EQ(state.NextToFire(30 * kSecond), 30 * kSecond);
  EXPECT_EQ(state.CumulationOf(30 * kSecond), base);
  EXPECT_EQ(state.TablesOf(30 * kSecond).size(), 2u);
  state.Cumulated(30 * kSecond);
  state.Fired(30 * kSecond);
  EXPECT_EQ(state.table_count(), 2u);
  ASSERT_EQ(state.NextToFire(INT64_MAX), 40 * kSecond);
  state.Cumulated(40 * kSecond);
  state.Fired(40 * kSecond);
  EXPECT_EQ(state.table_count(), 0u);
  EXPECT_EQ(state.NextToFire(INT64_MAX), std::nullopt);
}

TEST(WindowGrid, ClosesOneMillisecondBeforeTheEndPlusLateness) {
  const WindowGrid grid({10 * kSecond, 10 * kSecond, 10 * kSecond, 0, 2 * kSecond});
  EXPECT_FALSE(grid.IsClosed(10 * kSecond, 12 * kSecond - 1001));
  EXPECT_TRUE(grid.IsClosed(10 * kSecond, 12 * kSecond - 1000));
  EXPECT_FALSE(grid.IsClosed(10 * kSecond, INT64_MIN));
  EXPECT_TRUE(grid.IsClosed(10 * kSecond, INT64_MAX));
}

TEST(WindowGrid, SurvivesTheEndsOfTime) {
  const WindowGrid grid({10, 5, 5, 2, 3});
  EXPECT_LT(grid.SliceBegin(INT64_MIN), 0);
  EXPECT_GT(grid.LastWindowEnd(grid.SliceBegin(INT64_MAX)), 0);
}

TEST(WindowState, FiresTumblingWindowsInOrderAndOnce) {
  const StateLayout layout = Layout(10 * kSecond, 10 * kSecond, 10 * kSecond);
  WindowState state(layout, nullptr);
  SliceCursor cursor{};
  Insert(state.Select(25 * kSecond, INT64_MIN, &cursor), 1);
  EXPECT_EQ(cursor.slice_begin, 20 * kSecond);
  EXPECT_EQ(cursor.slice_end, 30 * kSecond);
  EXPECT_EQ(cursor.late_watermark, 30 * kSecond - 1000);
  Insert(state.Select(-5 * kSecond, INT64_MIN, &cursor), 2);
  EXPECT_EQ(cursor.slice_begin, -10 * kSecond);

  EXPECT_EQ(state.NextToFire(-2000), std::nullopt);
  EXPECT_EQ(state.NextToFire(29 * kSecond), 0);
  ASSERT_EQ(state.TablesOf(0).size(), 1u);
  EXPECT_EQ(state.TablesOf(0)[0]->row_count, 1u);
  state.Fired(0);
  EXPECT_EQ(state.NextToFire(29 * kSecond), std::nullopt);
  EXPECT_EQ(state.NextToFire(INT64_MAX), 30 * kSecond);
  state.Fired(30 * kSecond);
  EXPECT_EQ(state.NextToFire(INT64_MAX), std::nullopt);
  EXPECT_EQ(state.table_count(), 0u);
}

TEST(WindowState, PutsRowsThatAreLateForSomeWindowsToALevelOfTheirOwn) {
  // Windows of 10 s every 5 s; the slice [10, 15) is in [5, 15) and [10, 20).
  const StateLayout layout = Layout(10 * kSecond, 5 * kSecond, 5 * kSecond);
  WindowState state(layout, nullptr);
  SliceCursor cursor{};
  KeyedTable* on_time = state.Select(11 * kSecond, 10 * kSecond, &cursor);
  Insert(on_time, 1);
  cursor = {};
  KeyedTable* half_late = state.Select(12 * kSecond, 16 * kSecond, &cursor);
  EXPECT_NE(half_late, on_time);
  EXPECT_EQ(cursor.table, nullptr);  // the next row of the slice need not be late
  Insert(half_late, 2);
  EXPECT_EQ(state.Select(12 * kSecond, 20 * kSecond, &cursor), nullptr);

  EXPECT_EQ(state.NextToFire(INT64_MAX), 15 * kSecond);
  EXPECT_EQ(state.TablesOf(15 * kSecond).size(), 1u);
  EXPECT_EQ(state.TablesOf(20 * kSecond).size(), 2u);
}

TEST(WindowState, TreatsRowsForWindowsThatHaveFiredAsLate) {
  const StateLayout layout = Layout(10 * kSecond, 5 * kSecond, 5 * kSecond);
  WindowState state(layout, nullptr);
  SliceCursor cursor{};
  Insert(state.Select(12 * kSecond, INT64_MIN, &cursor), 1);
  ASSERT_EQ(state.NextToFire(16 * kSecond), 15 * kSecond);
  state.Fired(15 * kSecond);
  // From a split that had been idle: its own watermark is far behind.
  KeyedTable* table = state.Select(12 * kSecond, INT64_MIN, &cursor);
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(state.Select(4 * kSecond, INT64_MIN, &cursor), nullptr);
  EXPECT_EQ(state.TablesOf(20 * kSecond).size(), 2u);
}

TEST(WindowState, UsesTablesAgain) {
  const StateLayout layout = Layout(kSecond, kSecond, kSecond);
  MemoryPool memory;
  WindowState state(layout, &memory);
  SliceCursor cursor{};
  size_t after_first = 0;
  for (int64_t window = 0; window < 100; ++window) {
    KeyedTable* table = state.Select(window * kSecond, INT64_MIN, &cursor);
    EXPECT_EQ(table->row_count, 0u);
    for (int64_t key = 0; key < 3000; ++key) Insert(table, key * 7919);
    ASSERT_TRUE(state.NextToFire((window + 1) * kSecond).has_value());
    state.Fired((window + 1) * kSecond);
    if (window == 1) after_first = memory.used_bytes();
  }
  EXPECT_EQ(memory.used_bytes(), after_first);
}

}  // namespace
}  // namespace flinkc
