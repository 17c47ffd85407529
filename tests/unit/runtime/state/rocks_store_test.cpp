// The store over RocksDB against one over a map; its directory; its files as another's begin.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "runtime/base/memory_pool.h"
#include "runtime/state/rocks_backend.h"
#include "tests/unit/runtime/state/map_store.h"

namespace flinkc {
namespace {

namespace fs = std::filesystem;

class RocksStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = testing::TempDir() + "/rocks_store_test." + std::to_string(getpid());
    fs::create_directories(base_);
    auto backend = RocksBackend::Open({base_, 4 << 20, 1}, nullptr);
    ASSERT_TRUE(backend) << backend.error().message;
    backend_ = *backend;
    auto store = RocksBackend::MakeStore(backend_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = *store;
  }
  void TearDown() override {
    store_.reset();
    backend_.reset();
    fs::remove_all(base_);
  }

  static std::string Key(uint64_t number) {
    std::string key = "p";
    for (int shift = 16; shift >= 0; shift -= 8) key += static_cast<char>(number >> shift);
    return key;
  }
  static void Put(RowStore& store, uint64_t number, const std::string& value) {
    const std::string key = Key(number);
    const StoredEntry entry{key, value};
    ASSERT_TRUE(store.Write({&entry, 1}));
  }
  static MapStore::Map All(RowCursor& cursor) {
    MapStore::Map all;
    StoredEntry entry;
    while (true) {
      const Result<bool> more = cursor.Next(&entry);
      EXPECT_TRUE(more) << more.error().message;
      if (!more || !*more) return all;
      all.emplace(entry.key, entry.value);
    }
  }
  static MapStore::Map All(RowStore& store) { return All(*store.Scan("p", "q")); }

  std::string base_;
  std::shared_ptr<RocksBackend> backend_;
  std::shared_ptr<RowStore> store_;
};

TEST_F(RocksStoreTest, DoesWhatAMapDoes) {
  MapStore map;
  std::mt19937_64 random(11);
  std::vector<std::pair<std::shared_ptr<StoreCut>, MapStore::Map>> cuts;
  for (int step = 0; step < 600; ++step) {
    switch (random() % 8) {
      case 0: {
        const uint64_t begin = random() % 5'000;
        const uint64_t end = begin + random() % 300;
        if (begin == end) break;
        ASSERT_TRUE(store_->DeleteRange(Key(begin), Key(end)));
        ASSERT_TRUE(map.DeleteRange(Key(begin), Key(end)));
        break;
      }
      case 1: {
        const std::string key = Key(random() % 5'000);
        ASSERT_TRUE(store_->Delete(key));
        ASSERT_TRUE(map.Delete(key));
        break;
      }
      case 2: {
        auto cut = store_->Cut(random() % 8 == 0);
        ASSERT_TRUE(cut) << cut.error().message;
        if ((*cut)->files().empty()) cuts.emplace_back(*cut, All(map));
        break;
      }
      default: {
        const uint64_t first = random() % 5'000;
        std::vector<std::string> bytes;
        for (uint64_t i = 0; i < 50; ++i) {
          bytes.push_back(Key(first + i));
          bytes.push_back(std::string(random() % 200, static_cast<char>('a' + step % 26)));
        }
        std::vector<StoredEntry> entries;
        for (size_t i = 0; i < bytes.size(); i += 2) entries.push_back({bytes[i], bytes[i + 1]});
        ASSERT_TRUE(store_->Write(entries));
        ASSERT_TRUE(map.Write(entries));
      }
    }
    std::string value, expected;
    const std::string key = Key(random() % 5'000);
    const auto found = store_->Get(key, &value);
    ASSERT_TRUE(found);
    ASSERT_EQ(*found, *map.Get(key, &expected));
    if (*found) EXPECT_EQ(value, expected);
  }
  EXPECT_EQ(All(*store_), All(map));
  ASSERT_GT(cuts.size(), 20u);
  for (const auto& [cut, expected] : cuts) EXPECT_EQ(All(*cut->Scan("p", "q")), expected);
}

TEST_F(RocksStoreTest, OpensFromTheFilesOfACut) {
  for (uint64_t i = 0; i < 20'000; ++i) Put(*store_, i, "value " + std::to_string(i));
  auto cut = store_->Cut(true);
  ASSERT_TRUE(cut) << cut.error().message;
  const MapStore::Map expected = All(*store_);
  std::vector<RocksBackend::GivenFile> files;
  for (const StoreFile& file : (*cut)->files()) files.push_back({file.name, file.path});
  ASSERT_GE(files.size(), 3u);
  for (uint64_t i = 0; i < 20'000; i += 2) Put(*store_, i, "newer");
  for (const bool read_only : {true, false}) {
    auto opened = RocksBackend::OpenStore(backend_, files, read_only);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(All(**opened), expected);
    if (!read_only) Put(**opened, 7, "changed");
  }
  // The files are still those of the cut.
  auto again = RocksBackend::OpenStore(backend_, files, true);
  ASSERT_TRUE(again);
  EXPECT_EQ(All(**again), expected);
  // A file that is missing or damaged is told.
  for (size_t i = 0; i < files.size(); ++i) {
    std::vector<RocksBackend::GivenFile> fewer = files;
    fewer.erase(fewer.begin() + static_cast<int64_t>(i));
    EXPECT_FALSE(RocksBackend::OpenStore(backend_, fewer, false)) << files[i].name;
  }
}

TEST_F(RocksStoreTest, RemovesItsDirectoryAndWhatTheDeadHaveLeft) {
  const std::string own = backend_->directory();
  const std::string dead = fs::path(own).parent_path().string() + "/1-dead";
  fs::create_directories(dead + "/0");
  std::ofstream(dead + "/0/000012.sst") << "rows";
  auto other = RocksBackend::Open({base_, 4 << 20, 1}, nullptr);
  ASSERT_TRUE(other);
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(own));
  const std::string others = (*other)->directory();
  EXPECT_TRUE(fs::exists(others));
  other->reset();
  EXPECT_FALSE(fs::exists(others));
  EXPECT_TRUE(fs::exists(own));
}

TEST_F(RocksStoreTest, CountsWhatItMayUse) {
  MemoryPool pool(1 << 20);
  const auto too_large = RocksBackend::Open({base_, 64 << 20, 1}, &pool);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, ErrorCode::kMemoryLimit);
  EXPECT_EQ(pool.used_bytes(), 0u);
}

TEST_F(RocksStoreTest, SaysThatTheDirectoryCannotBeUsed) {
  std::ofstream(base_ + "/file") << "";
  EXPECT_FALSE(RocksBackend::Open({base_ + "/file", 4 << 20, 1}, nullptr));
}

}  // namespace
}  // namespace flinkc
