#include "runtime/state/window_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <tuple>
#include <vector>

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

// Former subtasks of a checkpoint whose barrier has overtaken, and the one that goes on for both,
// against one that was never disturbed.
class FormerSubtasksTest : public testing::Test {
 protected:
  using Results = std::multiset<std::tuple<int64_t, int64_t, int64_t>>;  // end, key, rows
  struct Element {
    int64_t time;  // of a row, or the watermark
    int64_t key = kNoKey;
    int64_t row_watermark = INT64_MIN;
  };
  static constexpr int64_t kNoKey = -1;

  static int64_t& CountOf(char* row) { return *reinterpret_cast<int64_t*>(row + 16); }
  static char* Row(KeyedTable* table, int64_t key) {
    char* row = nullptr;
    if (FindOrInsert(table, static_cast<uint64_t>(key), reinterpret_cast<const char*>(&key), 8,
                     &row) == ProbeResult::kInserted) {
      CountOf(row) = 0;
    }
    return row;
  }

  static void Add(WindowState* state, const Element& row) {
    SliceCursor cursor{};
    KeyedTable* const table = state->Select(row.time, row.row_watermark, &cursor);
    if (table != nullptr) ++CountOf(Row(table, row.key));
  }

  static void Advance(WindowState* state, int64_t watermark, Results* results) {
    while (const std::optional<int64_t> end = state->NextToFire(watermark)) {
      MemoryTable* const into = state->CumulationOf(*end);
      std::map<int64_t, int64_t> counts;
      for (MemoryTable* table : state->TablesOf(*end)) {
        table->ForEachRow([&](uint64_t number) {
          char* const row = table->Row(number);
          int64_t key = 0;
          std::memcpy(&key, row + 8, sizeof(key));
          counts[key] += CountOf(row);
        });
      }
      for (const auto& [key, count] : counts) {
        results->emplace(*end, key, count);
        if (into != nullptr) CountOf(Row(into, key)) = count;
      }
      if (into != nullptr) state->Cumulated(*end);
      state->Fired(*end);
    }
  }

  static void Feed(WindowState* state, const Element& element, Results* results) {
    if (element.key == kNoKey) return Advance(state, element.time, results);
    Add(state, element);
  }

  // As a restore reads the tables of a snapshot; key groups of subtasks differ.
  static void Restore(const WindowState& former, WindowState* state) {
    std::set<SliceKey> taken;
    for (const auto& [key, table] : former.tables()) {
      std::optional<SliceKey> restored = state->RestoredKey(key, former.progress());
      if (!restored) continue;
      while (!taken.insert(*restored).second) --restored->level;
      MemoryTable* const to = state->RestoreTable(*restored);
      ASSERT_NE(to, nullptr);
      table->ForEachRow([&](uint64_t number) {
        const auto added = to->AddRow(table->Row(number));
        EXPECT_EQ(added, ProbeResult::kInserted);
      });
    }
  }

  // Rows somewhat out of order, some of them late, and the watermarks between them.
  std::vector<Element> Elements() {
    std::vector<Element> elements;
    int64_t now = 0;
    int64_t watermark = INT64_MIN;
    for (int i = 0; i < 200; ++i) {
      now += static_cast<int64_t>(random_() % 2) * kSecond;
      if (random_() % 6 == 0) {
        watermark = std::max(watermark, now - 3 * kSecond);
        elements.push_back({watermark});
      }
      const auto back = static_cast<int64_t>(random_() % (random_() % 8 == 0 ? 40 : 4));
      elements.push_back({now - back * kSecond, static_cast<int64_t>(random_() % 6), watermark});
    }
    elements.push_back({INT64_MAX});
    return elements;
  }

  void ExpectSameResults(const StateLayout& layout) {
    const std::vector<Element> elements = Elements();
    Results expected;
    WindowState undisturbed(layout, nullptr);
    for (const Element& element : elements) Feed(&undisturbed, element, &expected);

    // All are in flight up to the barrier; each of the former ones has read some of its own.
    const size_t barrier = random_() % elements.size();
    Results results;
    std::vector<std::unique_ptr<WindowState>> former;
    std::vector<WindowProgress> progress;
    size_t read[] = {barrier == 0 ? 0 : random_() % barrier,
                     barrier == 0 ? 0 : random_() % barrier};
    int64_t watermarks[] = {INT64_MIN, INT64_MIN};
    const auto is_of = [](const Element& element, int64_t subtask) {
      return element.key == kNoKey || element.key % 2 == subtask;
    };
    for (int64_t subtask = 0; subtask < 2; ++subtask) {
      former.push_back(std::make_unique<WindowState>(layout, nullptr));
      for (size_t i = 0; i < read[subtask]; ++i) {
        if (elements[i].key == kNoKey) watermarks[subtask] = elements[i].time;
        if (is_of(elements[i], subtask)) Feed(former.back().get(), elements[i], &results);
      }
      progress.push_back(former.back()->progress());
    }
    WindowState state(layout, nullptr);
    state.RestoreProgress(progress);
    for (const auto& one : former) Restore(*one, &state);
    // In turn as chance has it; the watermark is the least of both.
    while (read[0] < barrier || read[1] < barrier) {
      const size_t subtask = read[0] == barrier || (read[1] < barrier && random_() % 2) ? 1 : 0;
      const Element& element = elements[read[subtask]++];
      if (element.key == kNoKey) {
        watermarks[subtask] = element.time;
        Advance(&state, std::min(watermarks[0], watermarks[1]), &results);
      } else if (is_of(element, static_cast<int64_t>(subtask))) {
        Add(&state, element);
      }
    }
    state.OnInFlightRead();
    for (size_t i = barrier; i < elements.size(); ++i) Feed(&state, elements[i], &results);
    EXPECT_EQ(results, expected);
  }

  std::mt19937 random_{7};
};

TEST_F(FormerSubtasksTest, NeitherLoseNorRepeatWindowsWhereOneWasBehind) {
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    ExpectSameResults(Layout(10 * kSecond, 10 * kSecond, 10 * kSecond));
    ExpectSameResults(Layout(12 * kSecond, 4 * kSecond, 4 * kSecond, kSecond, 3 * kSecond));
    StateLayout cumulating = Layout(12 * kSecond, 4 * kSecond, 4 * kSecond);
    cumulating.window->kind = WindowKind::kCumulate;
    ExpectSameResults(cumulating);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace flinkc
