#include "compiler/spec/scalar_positions.h"

#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "compiler/spec/source_reader.h"
#include "compiler/spec/yaml_tree.h"
#include "tests/unit/compiler/spec/parsed_spec.h"

namespace flinkc {
namespace {

// The value of `key: …` in a document, which must be sound.
const YamlNode* ValueOf(const SourceBuffer& buffer, std::optional<YamlTree>& tree) {
  DiagnosticLog log;
  if (!CheckSourceText(buffer, log)) return nullptr;
  tree = ReadYaml(buffer, log);
  if (!tree || log.has_errors() || tree->root == nullptr) return nullptr;
  if (tree->root->kind != YamlNode::Kind::kMap || tree->root->entries.empty()) return nullptr;
  const YamlNode* node = tree->root->entries[0].value;
  while (node->kind == YamlNode::Kind::kList && node->items.size() == 1) node = node->items[0];
  return node->kind == YamlNode::Kind::kScalar ? node : nullptr;
}

// Where the word `oops` of the value is said to stand.
std::string CoveredOops(const std::string& text) {
  SourceBuffer buffer("t", text);
  std::optional<YamlTree> tree;
  const YamlNode* node = ValueOf(buffer, tree);
  if (node == nullptr) return "no value";
  size_t at = node->text.value.find("oops");
  if (at == std::string::npos) return "no oops in " + node->text.value;
  SourceSpan span = node->text.SpanOf(at, at + 4);
  EXPECT_EQ(span.begin, text.find("oops"));
  return Covered(span);
}

TEST(LocateScalar, IsExactInEveryStyle) {
  for (const char* text : {
           "k: a + oops\n",
           "k: a +\n   b\n\n   + oops * 2\n",
           "k: 'it''s + oops'\n",
           "k: \"q \\\"x\\\" \\u00e4\\x41\\t + oops\"\n",
           "k: \"a\\\n   b + oops\"\n",
           "k: \"a  \n\n\n   b + oops\"\n",
           "k: |\n  a\n  oops\n",
           "k: |\n\n\n    a\n      b\n\n    oops\n",
           "k: |2\n    a\n  oops\n",
           "k: >\n  a\n  b\n\n  oops c\n",
           "k: >-\n  a\n    b\n    c\n\n  d\n  oops\n",
           "k: >+\n  oops\n\n\n",
           "k:\n  - - |\n      a\n      oops\n",
           "k: |\r\n  a\r\n  oops\r\n",
           "k: >\r\n  a\r\n  b oops\r\n",
           "k: 'a\r\n  b oops'\r\n",
           "k: [a oops]\n",
           "k: größe + oops\n",
           "k: |\n  größe\n  oops\n",
       }) {
    EXPECT_EQ(CoveredOops(text), "oops") << text;
  }
}

TEST(LocateScalar, FallsBackToTheWholeScalar) {
  // What yaml-cpp would never give for this text.
  ScalarPositions positions = LocateScalar("k: 'abc'\n", 3, "xyz", ScalarStyle::kSingleQuoted);
  EXPECT_FALSE(positions.is_aligned);
  EXPECT_EQ(positions.offsets.size(), 4u);
  EXPECT_EQ(positions.offsets[2], 3u);
  EXPECT_EQ(positions.end, 8u);
}

TEST(LocateScalar, FindsTheMissingQuote) {
  EXPECT_FALSE(LocateScalar("k: 'abc", 3, "abc", ScalarStyle::kSingleQuoted).is_closed);
  EXPECT_FALSE(LocateScalar("k: \"abc", 3, "abc", ScalarStyle::kDoubleQuoted).is_closed);
  EXPECT_TRUE(LocateScalar("k: 'abc'", 3, "abc", ScalarStyle::kSingleQuoted).is_closed);
}

// Random scalars of each style, as yaml-cpp reads them: each byte that is no white space and was
// not escaped must stand where it is said to.
class RandomScalars : public ::testing::TestWithParam<uint32_t> {
 protected:
  size_t Below(size_t n) { return random_() % n; }
  std::string Pick(const std::vector<std::string>& words) { return words[Below(words.size())]; }

  std::string Plain() {
    std::string text = "x";
    for (size_t i = Below(12); i > 0; --i) {
      text += Pick({"a", "B", "7", " b", "\n    c", "\n\n    d", "(", "ü", ":e", "#f", "'", "\""});
    }
    return text;
  }
  std::string Single() {
    std::string text = "'";
    for (size_t i = Below(12); i > 0; --i) {
      text += Pick({"a", "''", " ", "\n   ", "  \n\n   ", "ü", "\\", "\"", ": ", "#", "日"});
    }
    return text + "'";
  }
  std::string Double() {
    std::string text = "\"";
    for (size_t i = Below(12); i > 0; --i) {
      text += Pick({"a", "\\\"", "\\n", "\\t", "\\u00fc", "\\x41", "\\U0001F600", " ", "\n   ",
                    "  \n\n   ", "\\\n   ", "\\\\", "'", "ü", "\\ ", "\\/", "\\e"});
    }
    return text + "\"";
  }
  std::string Block() {
    std::string text = Pick({"|", ">", "|-", ">-", "|+", ">+"}) + "\n";
    text += "   " + Pick({"a", "b c", "ü"}) + "\n";
    for (size_t i = Below(8); i > 0; --i) {
      text += Pick({"   d\n", "     e\n", "\n", "   f g\n", "   - h\n", "   \"i\"\n", "   j  \n",
                    "   \tk\n", "      \n"});
    }
    return text;
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(RandomScalars, StandWhereTheyAreSaidTo) {
  size_t checked = 0;
  for (int i = 0; i < 5000; ++i) {
    size_t style = Below(4);
    std::string scalar = style == 0   ? Plain()
                         : style == 1 ? Single()
                         : style == 2 ? Double()
                                      : Block();
    std::string prefix = Pick({"k: ", "k:\n  - ", "k:\n  "});
    std::string text = prefix + scalar + Pick({"\n", "\n\n", "\nz: 1\n", ""});
    SourceBuffer buffer("t", text);
    std::optional<YamlTree> tree;
    const YamlNode* node = ValueOf(buffer, tree);
    if (node == nullptr) continue;  // no YAML, or not that value
    const SourceText& value = node->text;
    bool is_blank = value.value.find_first_not_of(" \t\n") == std::string::npos;
    if (is_blank) continue;
    ++checked;
    if (!value.offsets.empty()) {
      ASSERT_EQ(value.offsets.size(), value.value.size() + 1);
      ASSERT_TRUE(std::is_sorted(value.offsets.begin(), value.offsets.end())) << text;
    }
    for (size_t b = 0; b < value.value.size(); ++b) {
      char c = value.value[b];
      SourceSpan span = value.SpanOf(b, b + 1);
      ASSERT_LT(span.begin, text.size());
      char written = text[span.begin];
      if (c == ' ' || c == '\t' || c == '\n' || written == '\\') continue;
      ASSERT_EQ(written, c) << "byte " << b << " of:\n" << text;
    }
    ASSERT_LE(value.span.end, text.size());
  }
  EXPECT_GT(checked, 3000u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomScalars, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace flinkc
