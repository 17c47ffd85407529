// Tables before a store, with far too little memory: they hold what a map holds.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/state/memory_table.h"
#include "runtime/state/rocks_backend.h"
#include "runtime/state/state_store.h"
#include "runtime/state/stored_row.h"
#include "tests/unit/runtime/state/map_store.h"
#include "tests/unit/runtime/state/text_rows.h"

namespace flinkc {
namespace {

enum class StoreKind : uint8_t { kMap, kRocks };

class CachedTable : public testing::TestWithParam<StoreKind> {
 protected:
  // A chunk of rows is 48 KiB, with their texts about three times that.
  void Make(size_t cache_bytes) {
    std::shared_ptr<RowStore> rows;
    if (GetParam() == StoreKind::kMap) {
      rows = map_ = std::make_shared<MapStore>();
    } else {
      auto backend = RocksBackend::Open({testing::TempDir(), 8 << 20, 1}, nullptr);
      ASSERT_TRUE(backend) << backend.error().message;
      auto made = RocksBackend::MakeStore(*backend);
      ASSERT_TRUE(made) << made.error().message;
      rows = *made;
    }
    store_ = std::make_unique<StateStore>(std::move(rows), cache_bytes, &clock_);
    table_ =
        std::make_unique<MemoryTable>(layout_, &memory_, store_.get(), StoredPrefix(7, false, {}));
  }
  void TearDown() override {
    table_.reset();
    store_.reset();
    EXPECT_EQ(memory_.used_bytes(), 0u);
  }

  const StateLayout layout_ = TextLayout();
  SystemClock clock_;
  MemoryPool memory_;
  std::shared_ptr<MapStore> map_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<MemoryTable> table_;
};

TEST_P(CachedTable, HoldsWhatAMapHoldsWhateverItsMemory) {
  for (const size_t cache_bytes : {1, 200'000, 1'000'000, 100'000'000}) {
    Make(cache_bytes);
    TextModel model;
    std::mt19937_64 random(cache_bytes);
    for (int step = 0; step < 40'000; ++step) {
      const std::string key = TextKeyOf(random() % 20'000);
      const bool known = model.contains(key);
      ASSERT_EQ(UpdateText(*table_, model, key, static_cast<char>('a' + step % 26)),
                known ? ProbeResult::kFound : ProbeResult::kInserted)
          << key;
      if (step % 1'000 == 0) {
        ASSERT_TRUE(store_->Trim());
        if (table_->can_evict()) ASSERT_FALSE(store_->is_over_limit());
      }
    }
    ASSERT_EQ(TextContents(*table_), model);
    EXPECT_EQ(table_->is_dense(), cache_bytes == 100'000'000);
    EXPECT_EQ(store_->statistics().evicted == 0, cache_bytes == 100'000'000);
    // Never asked while everything is in memory.
    EXPECT_EQ(store_->statistics().lookups == 0, cache_bytes == 100'000'000);
    table_.reset();
    store_.reset();
    EXPECT_EQ(memory_.used_bytes(), 0u);
  }
}

TEST_P(CachedTable, KeepsWhatIsUsedAgainAndAgain) {
  Make(2'000'000);
  TextModel model;
  std::mt19937_64 random(5);
  for (uint64_t i = 0; i < 1'000; ++i) UpdateText(*table_, model, TextKeyOf(i), 'h');
  for (uint64_t i = 1'000; i < 100'000; ++i) {
    UpdateText(*table_, model, TextKeyOf(i), 'c');
    UpdateText(*table_, model, TextKeyOf(random() % 1'000), 'h');
    if (i % 1'000 == 0) ASSERT_TRUE(store_->Trim());
  }
  EXPECT_GT(store_->statistics().evicted, 50'000u);
  // Every hot row would have come back many times from a cache that goes by age alone.
  EXPECT_LT(store_->statistics().loaded, 5'000u);
  EXPECT_EQ(TextContents(*table_), model);
}

TEST_P(CachedTable, ReadsRangesOfHashes) {
  Make(300'000);
  TextModel model;
  for (uint64_t i = 0; i < 30'000; ++i) {
    UpdateText(*table_, model, TextKeyOf(i % 13'000), 'a');
    if (i % 1'000 == 0) ASSERT_TRUE(store_->Trim());
  }
  EXPECT_GT(table_->EstimateBytes(), 13'000u * 40);
  uint64_t rows = 0;
  for (uint64_t range = 0; range < 16; ++range) {
    MemoryTable part(layout_, nullptr);
    const uint64_t first = range << 60;
    ASSERT_TRUE(table_->CopyRange(first, first + ((uint64_t{1} << 60) - 1), &part));
    EXPECT_NEAR(static_cast<double>(part.row_count), 13'000 / 16.0, 200);
    rows += part.row_count;
  }
  EXPECT_EQ(rows, 13'000u);
}

TEST_P(CachedTable, TakesRowsOutOfMemoryAndStore) {
  Make(200'000);
  TextModel model;
  std::mt19937_64 random(9);
  for (int step = 0; step < 30'000; ++step) {
    UpdateText(*table_, model, TextKeyOf(random() % 9'000), 'a');
    if (random() % 4 == 0) {
      // Of those in memory.
      const std::string key = TextKeyOf(random() % 9'000);
      const StringValue view = MakeStringValue(key.data(), static_cast<uint32_t>(key.size()));
      const char* row =
          table_->Find(HashBytes(view.data(), view.size), reinterpret_cast<const char*>(&view));
      if (row != nullptr) {
        uint64_t number = UINT64_MAX;
        table_->ForEachRow([&](uint64_t i) {
          if (table_->Row(i) == row) number = i;
        });
        table_->Remove(number);
        model.erase(key);
      }
    }
    if (random() % 500 == 0) ASSERT_TRUE(store_->Trim());
  }
  EXPECT_EQ(TextContents(*table_), model);
  EXPECT_GT(store_->statistics().loaded, 1'000u);
}

// What is fetched for a batch at once is what would have been fetched row by row: also where a row
// comes more than once, leaves the memory in between, or is not among those that were asked for.
TEST_P(CachedTable, FetchesTheRowsOfABatchAtOnce) {
  Make(200'000);
  TextModel model;
  std::mt19937_64 random(17);
  for (uint64_t i = 0; i < 9'000; ++i) UpdateText(*table_, model, TextKeyOf(i), 'a');
  ASSERT_TRUE(store_->Trim());
  const uint64_t lookups_before = table_->lookups();
  for (int batch = 0; batch < 30; ++batch) {
    std::vector<std::string> keys;
    std::vector<uint64_t> hashes;
    for (int row = 0; row < 2'000; ++row) {
      keys.push_back(TextKeyOf(random() % 12'000));
      hashes.push_back(HashBytes(keys.back().data(), static_cast<int64_t>(keys.back().size())));
    }
    size_t made = 0;
    ASSERT_TRUE(table_->Prefetch(hashes, [&](size_t row, char* key) {
      ++made;
      const StringValue view =
          MakeStringValue(keys[row].data(), static_cast<uint32_t>(keys[row].size()));
      std::memcpy(key, &view, sizeof(view));
    }));
    EXPECT_GT(made, 500u);
    EXPECT_LT(made, 2'000u);
    for (int row = 0; row < 2'000; ++row) {
      const std::string key = row % 10 == 0 ? TextKeyOf(random() % 12'000) : keys[row];
      const bool known = model.contains(key);
      ASSERT_EQ(UpdateText(*table_, model, key, 'b'),
                known ? ProbeResult::kFound : ProbeResult::kInserted);
      if (row % 300 == 0) ASSERT_TRUE(store_->Trim());
    }
    table_->ForgetPrefetched();
  }
  EXPECT_GT(table_->lookups() - lookups_before, 20'000u);
  EXPECT_EQ(TextContents(*table_), model);
}

TEST_P(CachedTable, SaysThatTheStoreIsBroken) {
  if (GetParam() != StoreKind::kMap) GTEST_SKIP();
  Make(100'000);
  TextModel model;
  map_->Break();
  uint64_t key = 0;
  while (UpdateText(*table_, model, TextKeyOf(key), 'a') != ProbeResult::kMemoryLimit) ++key;
  ASSERT_TRUE(store_->error().has_value());
  EXPECT_EQ(store_->error()->code, ErrorCode::kIo);
}

INSTANTIATE_TEST_SUITE_P(Stores, CachedTable, testing::Values(StoreKind::kMap, StoreKind::kRocks),
                         [](const auto& kind) {
                           return kind.param == StoreKind::kMap ? "Map" : "RocksDB";
                         });

// Row: [hash][key: i64][updated_at: i64]
StateLayout AgingLayout() {
  StateLayout layout;
  layout.state_id = "aging/aggregate";
  layout.key_bytes = 8;
  layout.row_bytes = 24;
  layout.ttl_micros = 1'000;
  layout.schema.key_bytes = 8;
  layout.schema.row_bytes = 24;
  layout.schema.keys = {{"k", DataType(TypeKind::kBigint, false), 8, std::nullopt}};
  layout.schema.updated_at_offset = 16;
  return layout;
}

// Rows that have left the memory live no longer than the others; those whose time was not kept
// begin to live when they are seen.
TEST(CachedTableTtl, TakesExpiredRowsOutOfTheStore) {
  const StateLayout layout = AgingLayout();
  SystemClock clock;
  const auto map = std::make_shared<MapStore>();
  StateStore store(map, 100'000, &clock);
  MemoryTable table(layout, nullptr, &store, StoredPrefix(7, false, {}));
  constexpr uint64_t kKeys = 30'000;
  // Each third key has no time, each third that of its first write, the others a later one.
  const auto update = [&](int64_t key, int64_t now) {
    char* row = nullptr;
    const uint64_t hash = HashBytes(reinterpret_cast<const char*>(&key), sizeof(key));
    ASSERT_NE(FindOrInsert(&table, hash, reinterpret_cast<const char*>(&key), sizeof(key), &row),
              ProbeResult::kMemoryLimit);
    std::memcpy(row + 16, &now, sizeof(now));
  };
  for (int64_t key = 0; key < int64_t{kKeys}; ++key) update(key, key % 3 == 0 ? 0 : 5'000);
  ASSERT_TRUE(store.Trim());
  for (int64_t key = 2; key < int64_t{kKeys}; key += 3) update(key, 5'900);
  ASSERT_TRUE(store.Trim());
  ASSERT_GT(map->size(), 20'000u);
  ASSERT_GT(table.EstimateStoredChunks(), 10u);

  const auto sweep = [&](int64_t now) {
    for (uint64_t chunk = table.chunk_count(); chunk > 0; --chunk) {
      table.RemoveExpired(chunk - 1, now);
    }
    int calls = 1;
    while (table.RemoveExpiredStored(now)) ++calls;
    EXPECT_FALSE(store.error());
    ASSERT_TRUE(store.Trim());
    EXPECT_GT(calls, 5);
  };
  const auto count = [&] {
    MemoryTable all(layout, nullptr);
    EXPECT_TRUE(table.CopyRange(0, UINT64_MAX, &all));
    return all.row_count;
  };
  sweep(6'100);
  EXPECT_EQ(count(), kKeys / 3 * 2);  // those of 5'000 are gone
  EXPECT_LE(map->size(), kKeys / 3 * 2);
  sweep(6'950);
  EXPECT_EQ(count(), kKeys / 3);  // those of 5'900 are
  // Gone, not only out of sight: the key is new.
  char* row = nullptr;
  const int64_t key = 1;
  EXPECT_EQ(FindOrInsert(&table, HashBytes(reinterpret_cast<const char*>(&key), sizeof(key)),
                         reinterpret_cast<const char*>(&key), sizeof(key), &row),
            ProbeResult::kInserted);
  std::memcpy(row + 16, "\x1b\x1b\0\0\0\0\0\0", 8);  // 6'939
  sweep(7'100);
  EXPECT_EQ(count(), 1u);  // the time of the others began at 6'100 at the latest
}

TEST(StoredRow, RefusesWhatIsNoRow) {
  const StateLayout layout = TextLayout();
  MemoryTable table(layout, nullptr);
  TextModel model;
  for (int i = 0; i < 40; ++i) UpdateText(table, model, TextKeyOf(1), 'x');
  std::string key, value;
  AppendStoredKey(layout, 17, table.Key(0), &key);
  AppendStoredValue(layout, table.Row(0), &value);
  std::string row(layout.row_bytes, '\0');
  ASSERT_TRUE(ReadStoredRow(layout, key, value, row.data()));
  std::string again;
  AppendStoredKey(layout, 17, row.data() + 8, &again);
  EXPECT_EQ(again, key);
  StateHeap heap(nullptr);
  for (size_t length = 0; length < key.size(); ++length) {
    EXPECT_FALSE(ReadStoredRow(layout, key.substr(0, length), value, row.data())) << length;
  }
  for (size_t length = 0; length < value.size(); ++length) {
    EXPECT_FALSE(ReadStoredRow(layout, key, value.substr(0, length), row.data())) << length;
    EXPECT_FALSE(LoadStoredValue(layout, value.substr(0, length), &heap, row.data())) << length;
  }
  EXPECT_FALSE(ReadStoredRow(layout, key + "x", value, row.data()));
  EXPECT_FALSE(ReadStoredRow(layout, key, value + "x", row.data()));
  EXPECT_FALSE(LoadStoredValue(layout, value + "x", &heap, row.data()));
}

TEST(StoredRow, KeepsStatesAndSlicesApart) {
  std::set<std::string> prefixes;
  for (const int64_t end : {INT64_MIN, int64_t{-5}, int64_t{0}, int64_t{7}, INT64_MAX}) {
    for (const int64_t level : {int64_t{-1}, int64_t{3}}) {
      prefixes.insert(StoredPrefix(3, true, {end, level}));
    }
  }
  EXPECT_EQ(prefixes.size(), 10u);
  // In the order of time.
  EXPECT_LT(StoredPrefix(3, true, {-5, 0}), StoredPrefix(3, true, {0, -1}));
  EXPECT_LT(StoredPrefix(3, true, {0, 3}), StoredPrefix(3, true, {7, -1}));
  EXPECT_EQ(PrefixEnd(StoredPrefix(255, false, {})), "\1");
  EXPECT_LE(PrefixEnd(StoredPrefix(255, false, {})), StoredPrefix(256, false, {}));
  EXPECT_LT(StoredHashBegin("p", UINT64_MAX), PrefixEnd("p"));
}

}  // namespace
}  // namespace flinkc
