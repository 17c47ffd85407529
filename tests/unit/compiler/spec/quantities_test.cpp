#include "compiler/spec/quantities.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace flinkc {
namespace {

TEST(ParseDuration, ReadsSums) {
  struct Case {
    std::string_view text;
    int64_t micros;
  };
  const Case cases[] = {
      {"5s", 5'000'000},
      {"500ms", 500'000},
      {"7us", 7},
      {"10m", 600'000'000},
      {"10 min", 600'000'000},
      {"1h 30m", 5'400'000'000},
      {"1h30m", 5'400'000'000},
      {"1d", 86'400'000'000},
      {"2 weeks", 2 * 7 * 86'400'000'000},
      {"-30s", -30'000'000},
      {"+1S", 1'000'000},
      {" 1s ", 1'000'000},
      {"0", 0},
      {"0s", 0},
  };
  for (const Case& c : cases) {
    auto micros = ParseDuration(c.text);
    ASSERT_TRUE(micros) << c.text << ": " << micros.error().message;
    EXPECT_EQ(*micros, c.micros) << c.text;
  }
}

TEST(ParseDuration, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string_view text;
    size_t begin, end;
    std::string_view part;  // of the message
  };
  const Case cases[] = {
      {"", 0, 0, "expected a number"},
      {"s", 0, 1, "expected a number"},
      {"5", 0, 1, "needs a unit"},
      {"5s 3", 3, 4, "needs a unit"},
      {"5x", 1, 2, "the unit `x` is unknown"},
      {"1.5s", 1, 2, "the unit `.` is unknown"},
      {"5s 1h", 3, 5, "the larger units"},
      {"5s 1s", 3, 5, "the larger units"},
      {"99999999999999999999s", 0, 21, "too long"},
      {"300000000d", 0, 10, "too long"},
      {"--5s", 1, 4, "expected a number"},
  };
  for (const Case& c : cases) {
    auto micros = ParseDuration(c.text);
    ASSERT_FALSE(micros) << c.text;
    EXPECT_EQ(micros.error().begin, c.begin) << c.text;
    EXPECT_EQ(micros.error().end, c.end) << c.text;
    EXPECT_NE(micros.error().message.find(c.part), std::string::npos) << micros.error().message;
  }
}

TEST(ParseSize, ReadsPowersOf1024) {
  EXPECT_EQ(*ParseSize("512"), 512);
  EXPECT_EQ(*ParseSize("512b"), 512);
  EXPECT_EQ(*ParseSize("64kb"), 64 * 1024);
  EXPECT_EQ(*ParseSize("16mb"), 16 << 20);
  EXPECT_EQ(*ParseSize("16 MiB"), 16 << 20);
  EXPECT_EQ(*ParseSize("2g"), int64_t{2} << 30);
  EXPECT_EQ(*ParseSize("1tb"), int64_t{1} << 40);
}

TEST(ParseSize, RefusesTheRest) {
  for (std::string_view text : {"", "mb", "5 apples", "-1mb", "1.5mb", "1mb 2kb", "99999999tb"}) {
    EXPECT_FALSE(ParseSize(text)) << text;
  }
}

TEST(PrintDuration, IsReadBackAsItIs) {
  EXPECT_EQ(PrintDuration(0), "0s");
  EXPECT_EQ(PrintDuration(5'400'000'000), "1h30m");
  EXPECT_EQ(PrintDuration(-1'500'000), "-1s500ms");
  const std::vector<int64_t> values = {1, 999, 1000, 61'000'001, 86'400'000'000 * 400 + 7};
  for (int64_t micros : values) EXPECT_EQ(ParseDuration(PrintDuration(micros)), micros);
  EXPECT_EQ(PrintDuration(INT64_MIN).substr(0, 2), "-1");
}

}  // namespace
}  // namespace flinkc
