#include "runtime/state/key_filter.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_set>

namespace flinkc {
namespace {

TEST(KeyFilter, HasAllThatWasAddedAndLittleElse) {
  KeyFilter filter;
  EXPECT_FALSE(filter.MayHave(1));
  EXPECT_EQ(filter.memory_bytes(), 0u);
  std::mt19937_64 random(1);
  // The hashes of a subtask begin alike.
  const auto draw = [&random] { return 0xABCDull << 48 | random() >> 16; };
  std::unordered_set<uint64_t> added;
  for (int i = 0; i < 200'000; ++i) {
    const size_t bytes = filter.next_memory_bytes();
    const uint64_t hash = draw();
    filter.Add(hash);
    EXPECT_LE(filter.memory_bytes(), bytes);
    added.insert(hash);
  }
  for (const uint64_t hash : added) ASSERT_TRUE(filter.MayHave(hash));
  int wrong = 0;
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t hash = draw();
    wrong += filter.MayHave(hash) && !added.contains(hash) ? 1 : 0;
  }
  EXPECT_LT(wrong, 20'000);
  EXPECT_LT(filter.memory_bytes(), 300'000u);
  const size_t bytes = filter.memory_bytes();
  for (const uint64_t hash : added) filter.Add(hash);
  EXPECT_EQ(filter.memory_bytes(), bytes);
}

TEST(KeyFilter, MayHaveEverythingOnceItHasGivenUp) {
  KeyFilter filter;
  filter.Add(7);
  filter.GiveUp();
  EXPECT_TRUE(filter.MayHave(8));
  filter.Add(9);
  EXPECT_EQ(filter.memory_bytes(), 0u);
  EXPECT_EQ(filter.next_memory_bytes(), 0u);
}

}  // namespace
}  // namespace flinkc
