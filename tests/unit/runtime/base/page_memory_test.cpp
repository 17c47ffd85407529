#include "runtime/base/page_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace flinkc {
namespace {

constexpr size_t kPage = PageMemory::kHugePageBytes;

TEST(PageMemory, LargeBlocksAreAlignedAndZero) {
  for (const size_t bytes : {kPage, kPage + 1, 3 * kPage - 8}) {
    const PageMemory memory = PageMemory::MakeZeroed(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.get()) % kPage, 0u);
    EXPECT_EQ(memory.bytes(), bytes);
    EXPECT_TRUE(std::ranges::all_of(std::string_view(memory.get(), bytes),
                                    [](char byte) { return byte == 0; }));
    std::ranges::fill_n(memory.get(), static_cast<ptrdiff_t>(bytes), 'x');
  }
}

TEST(PageMemory, SmallBlocksAreZeroWhereThatIsWanted) {
  for (int i = 0; i < 100; ++i) {
    const PageMemory dirty = PageMemory::Make(4096);
    std::ranges::fill_n(dirty.get(), 4096, 'x');
    const PageMemory memory = PageMemory::MakeZeroed(4096);
    EXPECT_TRUE(std::ranges::all_of(std::string_view(memory.get(), 4096),
                                    [](char byte) { return byte == 0; }));
  }
}

TEST(PageMemory, MovesItsBlock) {
  PageMemory first = PageMemory::Make(2 * kPage);
  char* const data = first.get();
  PageMemory second = std::move(first);
  EXPECT_EQ(second.get(), data);
  EXPECT_EQ(first.get(), nullptr);  // NOLINT(bugprone-use-after-move)
  second = PageMemory();
  EXPECT_EQ(second.get(), nullptr);
  EXPECT_EQ(PageMemory::Make(0).get(), nullptr);
}

}  // namespace
}  // namespace flinkc
