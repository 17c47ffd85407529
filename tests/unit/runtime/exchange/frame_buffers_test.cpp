#include "runtime/exchange/frame_buffers.h"

#include <gtest/gtest.h>

#include <string>

namespace flinkc {
namespace {

TEST(FrameBuffers, GiveBackTheMemoryOfFormerFrames) {
  MemoryPool memory;
  {
    FrameBuffers buffers(&memory);
    EXPECT_EQ(buffers.Take().capacity(), std::string().capacity());
    std::string frame(10'000, 'x');
    const char* const data = frame.data();
    buffers.Give(std::move(frame));
    EXPECT_GE(memory.used_bytes(), 10'000u);
    buffers.Give(std::string(100, 'y'));  // not worth it
    frame = buffers.Take();
    EXPECT_TRUE(frame.empty());
    EXPECT_EQ(frame.data(), data);
    EXPECT_EQ(memory.used_bytes(), 0u);
    buffers.Give(std::move(frame));
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(FrameBuffers, KeepNoMoreThanTheirBound) {
  MemoryPool memory;
  FrameBuffers buffers(&memory, 50'000);
  for (int i = 0; i < 10; ++i) buffers.Give(std::string(20'000, 'x'));
  EXPECT_LE(memory.used_bytes(), 50'000u);
  EXPECT_GE(memory.used_bytes(), 40'000u);
  MemoryPool small(1000);
  FrameBuffers none(&small);
  none.Give(std::string(20'000, 'x'));
  EXPECT_EQ(none.Take().capacity(), std::string().capacity());
}

}  // namespace
}  // namespace flinkc
