// Texts that would exhaust a careless compiler: each must end, quickly, with one error or none.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

std::string Repeat(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

constexpr size_t kMany = 200'000;

void ExpectTooLarge(const std::string& text) {
  Checking checking(text);
  std::string result = checking.Scalar();
  EXPECT_TRUE(result.starts_with("E0313 ")) << result.substr(0, 200);
  EXPECT_EQ(checking.log().error_count(), 1u);
}

TEST(Limits, OfNesting) {
  ExpectTooLarge(Repeat("(", 1 << 20));
  ExpectTooLarge(Repeat("(", kMany) + "1" + Repeat(")", kMany));
  ExpectTooLarge(Repeat("NOT ", kMany) + "ok");
  ExpectTooLarge(Repeat("- ", kMany) + "n");
  ExpectTooLarge(Repeat("tags[", kMany));
  ExpectTooLarge(Repeat("CASE WHEN ok THEN ", kMany));
  ExpectTooLarge(Repeat("upper(", kMany));
  ExpectTooLarge(Repeat("TRIM(", kMany));
  ExpectTooLarge(Repeat("CAST(", kMany));
  ExpectTooLarge(Repeat("n IN (", kMany));
}

TEST(Limits, OfChainsToTheLeft) {
  ExpectTooLarge("n" + Repeat(" + 1", kMany));
  ExpectTooLarge("n" + Repeat("::INT", kMany));
  ExpectTooLarge("address" + Repeat(".a", kMany));
  ExpectTooLarge("n" + Repeat(" IS NULL", kMany));
}

TEST(Limits, LongListsAreFine) {
  std::string list = "n IN (0";
  for (int i = 1; i < 5000; ++i) list += ", " + std::to_string(i);
  EXPECT_TRUE(Checking(list + ")").Scalar().ends_with(" : BOOLEAN"));
  EXPECT_TRUE(Checking("ok" + Repeat(" AND ok", 5000)).Scalar().ends_with(" : BOOLEAN"));
  EXPECT_TRUE(Checking("n" + Repeat(" + 1", 200)).Scalar().ends_with(" : INT"));
}

TEST(Limits, OfSize) { ExpectTooLarge("ok" + Repeat(" AND ok", kMany)); }

TEST(Limits, OfWhatIsWrittenTwice) {
  // Each level stands twice in the next: CASE x WHEN … is x = … for each WHEN.
  std::string text = "n";
  for (int i = 0; i < 40; ++i) text = "CASE " + text + " WHEN 1 THEN 2 WHEN 3 THEN 4 END";
  ExpectTooLarge(text);
}

TEST(Limits, OfTypes) {
  Checking checking(Repeat("ARRAY<", kMany));
  EXPECT_TRUE(checking.Type().starts_with("E0309 types are nested deeper than 32"));
}

}  // namespace
}  // namespace flinkc
