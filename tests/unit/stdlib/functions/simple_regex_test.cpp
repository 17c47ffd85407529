#include "stdlib-operators/functions/native/simple_regex.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "stdlib-operators/functions/native/regex.h"

namespace flinkc {
namespace {

TEST(SimpleRegex, TakesOnlyItsShape) {
  for (const char* pattern :
       {"(&|^)channel_id=([^&]*)", "(^|,)a=([^,;]+)", "id=([^&]*)", "literal", "(&|^)x"}) {
    EXPECT_TRUE(SimpleRegex::Make(pattern)) << pattern;
  }
  for (const char* pattern :
       {"",           "(&|^)",   "(&|^)&a", "ab*",     "a|b",       "a.c",       "a\\.c",
        "^ab",        "ab$",     "(a)",     "a([^&])", "a([^-z]*)", "a([^&]*)b", "a([^a-z]*)",
        "a([^\\n]*)", "(&|$)ab", "(?i)ab",  "a([^]*)", "a([^^]*)",  "é",         "a([^&]*?)"}) {
    EXPECT_FALSE(SimpleRegex::Make(pattern)) << pattern;
  }
}

// What REGEXP_EXTRACT gives for `pattern`; "NULL".
std::string Extract(const std::string& pattern, const std::string& text, int32_t group) {
  const std::vector<Value> constants = {Value{pattern}};
  const FunctionState state = PrepareRegex(constants);
  const StringValue value = MakeStringValue(text);
  StringValue out;
  const int32_t status = flinkc_native_regexp_extract(state.get(), &value, group, &out);
  return status == kKernelNull ? "NULL" : std::string(out.view());
}

// "(?:p)" means p and is not of the simple shape, so that RE2 answers.
TEST(SimpleRegex, FindsWhatRe2Finds) {
  std::mt19937 random(7);
  const std::vector<std::string> alphabet = {"a", "b", "&", "=", "ab=", "é", "\xFF", "\n"};
  int found = 0;
  for (const std::string pattern : {"(&|^)ab=([^&]*)", "(^|&)ab=([^&=]+)", "ab=([^&]+)", "ab",
                                    "(&|^)ab", "(a|^)b=([^b]*)", "(&|^)aba([^&]*)"}) {
    const std::string by_re2 = "(?:" + pattern + ")";
    ASSERT_TRUE(SimpleRegex::Make(pattern));
    ASSERT_FALSE(SimpleRegex::Make(by_re2));
    for (int i = 0; i < 3000; ++i) {
      std::string text;
      for (uint32_t parts = random() % 9; parts > 0; --parts) {
        text += alphabet[random() % alphabet.size()];
      }
      for (int32_t group = 0; group <= SimpleRegex::Make(pattern)->group_count(); ++group) {
        const std::string expected = Extract(by_re2, text, group);
        EXPECT_EQ(Extract(pattern, text, group), expected) << pattern << " in " << text;
        found += expected != "NULL";
      }
    }
  }
  EXPECT_GT(found, 5000);
}

}  // namespace
}  // namespace flinkc
