#include "runtime/base/memory_pool.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace flinkc {
namespace {

TEST(MemoryPool, FailsOverTheLimitAndCountsNothing) {
  MemoryPool pool(1000);
  ASSERT_TRUE(pool.Reserve(600, "state of a"));
  const Status failed = pool.Reserve(500, "state of b");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kMemoryLimit);
  EXPECT_NE(failed.error().message.find("state of b"), std::string::npos);
  EXPECT_EQ(pool.used_bytes(), 600u);
  EXPECT_FALSE(pool.over_limit());
  EXPECT_TRUE(pool.TryReserve(400));
  EXPECT_FALSE(pool.TryReserve(1));
  pool.ForceReserve(1);
  EXPECT_TRUE(pool.over_limit());
  EXPECT_FALSE(pool.TryReserve(1));
  pool.Release(501);
  EXPECT_EQ(pool.used_bytes(), 500u);
  EXPECT_EQ(pool.peak_bytes(), 1001u);
}

TEST(MemoryPool, CountsFromManyThreads) {
  MemoryPool pool(1 << 20);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&pool] {
      for (int round = 0; round < 20'000; ++round) {
        if (pool.TryReserve(100)) pool.Release(100);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_LE(pool.peak_bytes(), 400u);
}

}  // namespace
}  // namespace flinkc
