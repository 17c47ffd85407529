#include "runtime/base/arena.h"

#include <gtest/gtest.h>

#include <cstring>

namespace flinkc {
namespace {

TEST(Arena, AlignsAndKeepsAllocationsApart) {
  Arena arena;
  std::vector<std::pair<char*, size_t>> parts;
  for (size_t i = 1; i < 400; ++i) {
    const size_t alignment = size_t{1} << (i % 5);
    char* part = arena.Allocate(i * 7, alignment);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(part) % alignment, 0u);
    std::memset(part, static_cast<int>(i % 256), i * 7);
    parts.emplace_back(part, i * 7);
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    for (size_t j = 0; j < parts[i].second; ++j) {
      ASSERT_EQ(static_cast<unsigned char>(parts[i].first[j]), (i + 1) % 256);
    }
  }
}

TEST(Arena, IsAccountedUntilItIsGone) {
  MemoryPool pool;
  {
    Arena arena(&pool);
    arena.Allocate(10);
    arena.Allocate(1'000'000);
    EXPECT_EQ(pool.used_bytes(), arena.allocated_bytes());
    EXPECT_GE(arena.allocated_bytes(), 1'000'010u);
  }
  EXPECT_EQ(pool.used_bytes(), 0u);
}

TEST(Arena, OpensARangeBehindWhatIsUsed) {
  Arena arena;
  const std::span<char> range = arena.OpenRange(100);
  ASSERT_GE(range.size(), 100u);
  arena.SetCursor(range.data() + 60);
  EXPECT_GE(arena.Allocate(10), range.data() + 60);
  EXPECT_GE(arena.OpenRange(100'000).size(), 100'000u);
}

TEST(Arena, KeepsOneBlockOverAReset) {
  MemoryPool pool;
  Arena arena(&pool);
  for (int i = 0; i < 1000; ++i) arena.Allocate(100);
  const size_t before = arena.allocated_bytes();
  arena.Reset();
  EXPECT_GT(arena.allocated_bytes(), 0u);
  EXPECT_LT(arena.allocated_bytes(), before);
  EXPECT_EQ(pool.used_bytes(), arena.allocated_bytes());
  // What fits the kept block costs nothing more.
  const size_t kept = arena.allocated_bytes();
  std::memset(arena.Allocate(kept), 1, kept);
  EXPECT_EQ(pool.used_bytes(), kept);
  // A giant block is not kept.
  arena.Allocate(10'000'000);
  arena.Reset();
  EXPECT_EQ(pool.used_bytes(), 0u);
  arena.Reset();
  EXPECT_NE(arena.Allocate(8), nullptr);
}

}  // namespace
}  // namespace flinkc
