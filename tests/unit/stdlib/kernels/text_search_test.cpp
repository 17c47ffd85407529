#include "stdlib-operators/kernels/text_search.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "stdlib-operators/kernels/text_edit.h"

namespace flinkc {
namespace {

std::string RandomText(std::mt19937& random, size_t size) {
  // 'a' next to 'b' and '`': the bytes that a borrow between lanes would confuse.
  constexpr char kBytes[] = {'a', 'b', '`', '\0', '\x01', '\x80', '\xFF'};
  std::string text;
  for (; size > 0; --size) text += kBytes[random() % sizeof(kBytes)];
  return text;
}

TEST(TextSearch, FindByteCountsAsOneByOne) {
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = RandomText(random, random() % 40);
    const auto size = static_cast<uint32_t>(text.size());
    const uint32_t from = size == 0 ? 0 : random() % (size + 1);
    const uint32_t index = random() % 6;
    const char wanted = RandomText(random, 1)[0];
    uint32_t expected = UINT32_MAX;
    for (uint32_t i = from, left = index; i < size; ++i) {
      if (text[i] == wanted && left-- == 0) {
        expected = i;
        break;
      }
    }
    ASSERT_EQ(FindByte(text.data(), size, wanted, from, index), expected) << round;
  }
}

TEST(TextSearch, FindTextFindsWhatStdStringFinds) {
  std::mt19937 random(6);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = RandomText(random, random() % 30);
    const std::string part = RandomText(random, random() % 4);
    const uint32_t from = random() % 32;
    const size_t expected = text.find(part, from);
    ASSERT_EQ(FindText(text.data(), static_cast<uint32_t>(text.size()), part.data(),
                       static_cast<uint32_t>(part.size()), from),
              expected == std::string::npos ? UINT32_MAX : static_cast<uint32_t>(expected))
        << round;
  }
}

TEST(TextSearch, SplitIndexGivesEachPart) {
  std::mt19937 random(7);
  for (const std::string separator : {"a", "ab"}) {
    for (int round = 0; round < 5000; ++round) {
      const std::string text = RandomText(random, 1 + random() % 40);
      std::vector<std::string> parts(1);
      for (size_t i = 0; i < text.size();) {
        if (text.compare(i, separator.size(), separator) == 0) {
          parts.emplace_back();
          i += separator.size();
        } else {
          parts.back() += text[i++];
        }
      }
      const StringValue value = MakeStringValue(text);
      const StringValue by = MakeStringValue(separator);
      StringValue out;
      for (int32_t index = 0; index < static_cast<int32_t>(parts.size()); ++index) {
        ASSERT_EQ(flinkc_split_index(&value, &by, index, &out), kKernelOk);
        ASSERT_EQ(out.view(), parts[static_cast<size_t>(index)]) << round;
      }
      ASSERT_EQ(flinkc_split_index(&value, &by, static_cast<int32_t>(parts.size()), &out),
                kKernelNull);
    }
  }
}

}  // namespace
}  // namespace flinkc
