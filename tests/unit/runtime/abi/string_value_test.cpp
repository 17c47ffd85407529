#include "runtime/abi/string_value.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace flinkc {
namespace {

// Every length, from memory that ends with the text: nothing behind it may be read.
TEST(StringValue, HoldsShortTextInlineAndPadsIt) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    for (uint32_t size = 0; size <= StringValue::kInlineBytes; ++size) {
      const std::unique_ptr<char[]> text(new char[size]);
      for (uint32_t i = 0; i < size; ++i) text[i] = static_cast<char>(random());
      char expected[sizeof(StringValue)] = {};
      std::memcpy(expected, &size, sizeof(size));
      std::memcpy(expected + sizeof(size), text.get(), size);
      const StringValue value = MakeStringValue(text.get(), size);
      ASSERT_EQ(std::memcmp(&value, expected, sizeof(value)), 0) << size;
      EXPECT_EQ(value.view(), std::string_view(text.get(), size));
    }
  }
}

TEST(StringValue, PointsAtLongText) {
  const std::string text = "thirteen byte";
  const StringValue value = MakeStringValue(text);
  EXPECT_EQ(value.data(), text.data());
  EXPECT_EQ(value.view(), text);
  EXPECT_EQ(std::string_view(value.inlined, 4), "thir");
}

}  // namespace
}  // namespace flinkc
