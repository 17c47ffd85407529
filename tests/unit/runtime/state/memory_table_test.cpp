#include "runtime/state/memory_table.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

#include "runtime/abi/hash.h"

namespace flinkc {
namespace {

// Row: [hash][key: i64][count: i64]
StateLayout IntegerLayout() {
  StateLayout layout;
  layout.key_bytes = 8;
  layout.row_bytes = 24;
  return layout;
}

// Row: [hash][key: view][count: i64]
StateLayout StringLayout() {
  StateLayout layout;
  layout.key_bytes = 16;
  layout.row_bytes = 32;
  layout.key_view_offsets = {0};
  return layout;
}

int64_t* Count(char* row, uint32_t key_bytes) {
  return reinterpret_cast<int64_t*>(row + KeyedTable::kHashBytes + key_bytes);
}

ProbeResult CountKey(KeyedTable& table, int64_t key) {
  char* row = nullptr;
  const ProbeResult result = FindOrInsert(&table, HashInteger(key),
                                          reinterpret_cast<const char*>(&key), sizeof(key), &row);
  if (result != ProbeResult::kMemoryLimit) ++*Count(row, 8);
  return result;
}

TEST(MemoryTable, CountsLikeAMap) {
  const StateLayout layout = IntegerLayout();
  MemoryPool memory;
  {
    MemoryTable table(layout, &memory);
    std::unordered_map<int64_t, int64_t> expected;
    std::mt19937_64 random(1);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 100'000; ++i) {
        const int64_t key = static_cast<int64_t>(random() % 30'000) - 15'000;
        const bool fresh = expected[key]++ == 0;
        ASSERT_EQ(CountKey(table, key), fresh ? ProbeResult::kInserted : ProbeResult::kFound);
      }
      ASSERT_EQ(table.row_count, expected.size());
      for (uint64_t row = 0; row < table.row_count; ++row) {
        const int64_t key = *reinterpret_cast<int64_t*>(table.Key(row));
        ASSERT_EQ(*Count(table.Row(row), 8), expected[key]);
      }
      EXPECT_EQ(memory.used_bytes(), table.memory_bytes());
      // New rows of a used table are zero again.
      table.Clear(round == 0 ? 30'000 : 10);
      expected.clear();
    }
    EXPECT_EQ(memory.used_bytes(), table.memory_bytes());
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(MemoryTable, GivesBackWhatItsNextUseDoesNotNeed) {
  const StateLayout layout = IntegerLayout();
  MemoryTable table(layout, nullptr);
  for (int64_t i = 0; i < 200'000; ++i) CountKey(table, i);
  const size_t large = table.memory_bytes();
  table.Clear(100);
  EXPECT_LT(table.memory_bytes(), large / 50);
}

TEST(MemoryTable, OwnsTheBytesOfItsKeys) {
  const StateLayout layout = StringLayout();
  MemoryPool memory;
  {
    MemoryTable table(layout, &memory);
    std::unordered_map<std::string, int64_t> expected;
    std::mt19937_64 random(2);
    for (int i = 0; i < 50'000; ++i) {
      std::string key = std::to_string(random() % 5'000);
      key.append(key.size() % 2 == 0 ? 0 : 30, 'x');
      ++expected[key];
      const StringValue view = MakeStringValue(key);
      char* row = nullptr;
      ASSERT_NE(FindOrInsert(&table, HashBytes(key.data(), view.size),
                             reinterpret_cast<const char*>(&view), sizeof(view), &row),
                ProbeResult::kMemoryLimit);
      ++*Count(row, 16);
    }  // the keys are gone
    ASSERT_EQ(table.row_count, expected.size());
    for (uint64_t row = 0; row < table.row_count; ++row) {
      const auto* view = reinterpret_cast<const StringValue*>(table.Key(row));
      ASSERT_EQ(*Count(table.Row(row), 16), expected[std::string(view->view())]);
    }
    EXPECT_EQ(memory.used_bytes(), table.memory_bytes());
    table.Clear(0);
    EXPECT_LT(table.memory_bytes(), 300'000u);
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(MemoryTable, RemovesRowsLikeAMap) {
  const StateLayout layout = StringLayout();
  MemoryPool memory;
  {
    MemoryTable table(layout, &memory);
    std::unordered_map<std::string, int64_t> expected;
    std::mt19937_64 random(4);
    size_t peak = 0;
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 40'000; ++i) {
        std::string key = std::to_string(random() % 20'000);
        key.append(key.size() % 2 == 0 ? 0 : 10 * (key[0] - '0'), 'x');
        const StringValue view = MakeStringValue(key);
        char* row = nullptr;
        ASSERT_EQ(FindOrInsert(&table, HashBytes(key.data(), view.size),
                               reinterpret_cast<const char*>(&view), sizeof(view), &row),
                  expected[key]++ == 0 ? ProbeResult::kInserted : ProbeResult::kFound);
        ASSERT_EQ(++*Count(row, 16), expected[key]);
        // More goes than comes in the second half of a round.
        for (int gone = 0; gone < (i < 20'000 ? i % 2 : 2) && table.row_count > 0; ++gone) {
          const uint64_t victim = random() % table.row_count;
          const auto* name = reinterpret_cast<const StringValue*>(table.Key(victim));
          ASSERT_EQ(expected.erase(std::string(name->view())), 1u);
          table.Remove(victim);
        }
        ASSERT_EQ(table.row_count, expected.size());
      }
      // What is left is found, and memory does not creep up.
      for (uint64_t row = 0; row < table.row_count; ++row) {
        const auto* view = reinterpret_cast<const StringValue*>(table.Key(row));
        ASSERT_EQ(*Count(table.Row(row), 16), expected[std::string(view->view())]);
      }
      EXPECT_EQ(memory.used_bytes(), table.memory_bytes());
      if (round == 1) peak = memory.used_bytes();
      if (round > 1) EXPECT_LE(memory.used_bytes(), peak + peak / 8);
    }
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(MemoryTable, GivesChunksBackWhenRowsGo) {
  const StateLayout layout = IntegerLayout();
  MemoryTable table(layout, nullptr);
  for (int64_t i = 0; i < 100'000; ++i) CountKey(table, i);
  const size_t large = table.memory_bytes();
  while (table.row_count > 0) table.Remove(table.row_count / 2);
  EXPECT_LT(table.memory_bytes(), large / 2);  // the index stays
  for (int64_t i = 0; i < 100'000; ++i) ASSERT_EQ(CountKey(table, i), ProbeResult::kInserted);
  EXPECT_EQ(table.memory_bytes(), large);
}

// Large enough for its chunks to share huge pages.
TEST(MemoryTable, GrowsAndShrinksFar) {
  const StateLayout layout = IntegerLayout();
  MemoryPool memory;
  {
    MemoryTable table(layout, &memory);
    constexpr int64_t kMany = 1'000'000;
    for (const int64_t most : {kMany, kMany / 3, 2 * kMany}) {
      for (int64_t i = 0; i < most; ++i) {
        ASSERT_NE(CountKey(table, i), ProbeResult::kMemoryLimit);
      }
      EXPECT_EQ(table.row_count, static_cast<uint64_t>(most));
      EXPECT_EQ(memory.used_bytes(), table.memory_bytes());
      // All but some go, the last ones too.
      while (table.row_count > 1000) table.Remove(table.row_count - 1);
      for (int64_t i = 0; i < 1000; ++i) ASSERT_EQ(CountKey(table, i), ProbeResult::kFound) << i;
      table.Clear(0);
    }
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(MemoryTable, StopsAtTheMemoryLimitAndStaysWhole) {
  const StateLayout layout = IntegerLayout();
  MemoryPool memory(200'000);
  MemoryTable table(layout, &memory);
  int64_t key = 0;
  while (CountKey(table, key) != ProbeResult::kMemoryLimit) ++key;
  EXPECT_GT(key, 1000);
  EXPECT_LE(memory.used_bytes(), 200'000u);
  EXPECT_EQ(table.row_count, static_cast<uint64_t>(key));
  EXPECT_EQ(CountKey(table, 5), ProbeResult::kFound);
  EXPECT_EQ(CountKey(table, key), ProbeResult::kMemoryLimit);
}

TEST(StateHeap, GrowsBlobsKeepingTheirBytes) {
  MemoryPool memory;
  {
    StateHeap heap(&memory);
    std::mt19937_64 random(3);
    std::vector<StateBlob> blobs(200);
    std::vector<std::string> expected(blobs.size());
    for (int step = 0; step < 60'000; ++step) {
      const size_t i = random() % blobs.size();
      if (random() % 50 == 0) {
        heap.FreeBlob(&blobs[i]);
        expected[i].clear();
        EXPECT_EQ(blobs[i].data, nullptr);
        continue;
      }
      // Of the first one into mappings, which grow where they are or move.
      const uint32_t bytes = 1 + static_cast<uint32_t>(random() % (i == 0 ? 50'000 : 60));
      ASSERT_TRUE(ReserveMore(&heap, &blobs[i], bytes));
      const char fill = static_cast<char>('a' + step % 26);
      std::memset(blobs[i].data + blobs[i].size, fill, bytes);
      blobs[i].size += bytes;
      expected[i].append(bytes, fill);
    }
    for (size_t i = 0; i < blobs.size(); ++i) {
      ASSERT_EQ(std::string_view(blobs[i].data, blobs[i].size), expected[i]) << i;
    }
    EXPECT_EQ(memory.used_bytes(), heap.memory_bytes());
    heap.Clear(1 << 20);
    EXPECT_EQ(memory.used_bytes(), heap.memory_bytes());
    EXPECT_LE(heap.memory_bytes(), size_t{1} << 20);
    // The slabs are used again.
    const size_t kept = heap.memory_bytes();
    StateBlob blob{};
    ASSERT_TRUE(heap.GrowBlob(&blob, 1000));
    EXPECT_EQ(heap.memory_bytes(), kept);
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(StateHeap, ChangesNothingAtTheLimit) {
  // Blocks of a slab, and one that is a mapping.
  for (const int64_t bytes : {60'000, 600'000}) {
    MemoryPool memory(static_cast<size_t>(bytes * 5 / 3));
    StateHeap heap(&memory);
    StateBlob blob{};
    ASSERT_TRUE(heap.GrowBlob(&blob, bytes));
    blob.data[0] = 'k';
    blob.size = 1;
    const StateBlob before = blob;
    const size_t used = memory.used_bytes();
    EXPECT_FALSE(heap.GrowBlob(&blob, bytes * 2));
    EXPECT_FALSE(heap.GrowBlob(&blob, int64_t{UINT32_MAX} + 1));
    EXPECT_EQ(blob.data, before.data);
    EXPECT_EQ(blob.capacity, before.capacity);
    EXPECT_EQ(blob.data[0], 'k');
    EXPECT_EQ(memory.used_bytes(), used);
  }
}

}  // namespace
}  // namespace flinkc
