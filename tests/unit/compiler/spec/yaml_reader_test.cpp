#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/spec/source_reader.h"
#include "compiler/spec/yaml_tree.h"
#include "tests/unit/compiler/spec/parsed_spec.h"

namespace flinkc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Read {
  explicit Read(std::string text) : buffer("test.yaml", std::move(text)) {
    if (CheckSourceText(buffer, log)) tree = ReadYaml(buffer, log);
  }
  std::vector<std::string> reports() const { return Reports(log); }

  SourceBuffer buffer;
  DiagnosticLog log;
  std::optional<YamlTree> tree;
};

// The tree as one line, to compare.
std::string Print(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kInvalid:
      return "!";
    case YamlNode::Kind::kNull:
      return node.is_empty ? "-" : "null";
    case YamlNode::Kind::kScalar:
      return node.is_plain ? node.text.value : fmt::format("'{}'", node.text.value);
    case YamlNode::Kind::kList: {
      std::string text = "[";
      for (const YamlNode* item : node.items) text += Print(*item) + ",";
      return text + "]";
    }
    case YamlNode::Kind::kMap: {
      std::string text = "{";
      for (const YamlEntry& entry : node.entries) {
        text += Print(*entry.key) + ":" + Print(*entry.value) + ",";
      }
      return text + "}";
    }
  }
  return "?";
}

std::string Tree(std::string text) {
  Read read(std::move(text));
  EXPECT_THAT(read.reports(), IsEmpty());
  return read.tree && read.tree->root ? Print(*read.tree->root) : "none";
}

TEST(YamlReader, ReadsTheCoreSchema) {
  EXPECT_EQ(Tree("a: b\nc: [1, \"x\", 'y']\nd: {e: f, g}\n"), "{a:b,c:[1,'x','y',],d:{e:f,g:-,},}");
  EXPECT_EQ(Tree("- ~\n- null\n- Null\n-\n- yes\n"), "[null,null,null,-,yes,]");
  EXPECT_EQ(Tree("a: |\n  x\n  y\nb: >-\n  fo\n  ld\n"), "{a:'x\ny\n',b:'fo ld',}");
  EXPECT_EQ(Tree("--- \na: b\n...\n"), "{a:b,}");
  EXPECT_EQ(Tree("# nothing\n"), "none");
  EXPECT_EQ(Tree(""), "none");
}

TEST(YamlReader, AnEmptyValueIsNotTheNullThatFollows) {
  EXPECT_EQ(Tree("a:\nnullable: b\n"), "{a:-,nullable:b,}");
  EXPECT_EQ(Tree("a:\nb: null\n"), "{a:-,b:null,}");
  EXPECT_EQ(Tree("a: [x, , null]\n"), "{a:[x,-,null,],}");
  // An empty value is labelled at its key.
  Read read("first: x\nempty:\n\n\nlast: y\n");
  EXPECT_EQ(Covered(read.tree->root->entries[1].value->span), "empty");
}

TEST(YamlReader, SpansCoverWholeValues) {
  Read read("a: [1, {b: c} ] # comment\nd:\n  e: 'f''g'\n  h: |\n    text\n\n\ni: j\n");
  const auto& entries = read.tree->root->entries;
  EXPECT_EQ(Covered(entries[0].value->span), "[1, {b: c} ]");
  EXPECT_EQ(Covered(entries[0].value->items[1]->span), "{b: c}");
  EXPECT_EQ(Covered(entries[1].value->span), "e: 'f''g'\n  h: |\n    text");
  EXPECT_EQ(Covered(entries[1].value->entries[0].value->span), "'f''g'");
  EXPECT_EQ(Covered(entries[1].value->entries[1].value->span), "|\n    text");
  EXPECT_EQ(Covered(entries[2].value->span), "j");
}

TEST(YamlReader, AByteOrderMarkShiftsNothing) {
  Read read(
      "\xEF\xBB\xBF"
      "a: b\n");
  EXPECT_EQ(Covered(read.tree->root->entries[0].value->span), "b");
}

TEST(YamlReader, RefusesDuplicateKeys) {
  Read read("a: 1\nb: {x: 1, \"x\": 2}\na: 3\n");
  EXPECT_THAT(read.reports(),
              ElementsAre("E0105 2:11 `\"x\"`: the key `x` stands twice in this map",
                          "E0105 3:1 `a`: the key `a` stands twice in this map"));
  EXPECT_EQ(Covered(read.log.diagnostics()[1].labels[0].span), "a");
  EXPECT_EQ(Print(*read.tree->root), "{a:1,b:{x:1,},}");  // the first one counts
}

TEST(YamlReader, RefusesAnchorsAliasesTagsAndMergeKeys) {
  Read read("a: &x {k: v}\nb: *x\nc: !t d\ne: !!int 5\n<<: {f: g}\nh: !t {i: j}\n&k l: m\n");
  EXPECT_THAT(read.reports(), ElementsAre("E0106 1:4 `&x`: anchors are not allowed",
                                          "E0106 2:4 `*x`: aliases are not allowed",
                                          "E0107 3:4 `!t`: tags are not allowed",
                                          "E0107 4:4 `!!int`: tags are not allowed",
                                          "E0108 5:1 `<<`: merge keys are not allowed",
                                          "E0107 6:4 `!t`: tags are not allowed",
                                          "E0106 7:1 `&k`: anchors are not allowed"));
}

TEST(YamlReader, ABombDoesNotExplode) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  Read read(text);
  ASSERT_GE(read.log.error_count(), 100u);
  EXPECT_EQ(Info(read.log.diagnostics()[0].code).number, "E0106");
}

TEST(YamlReader, RefusesDepth) {
  const int deep = 100'000;
  for (std::string open : {"[", "{a: ", "- ", "? ", "[{"}) {
    std::string text;
    for (int i = 0; i < deep; ++i) text += open;
    Read read(text);
    ASSERT_EQ(read.log.error_count(), 1u) << open;
    EXPECT_THAT(Info(read.log.diagnostics()[0].code).number, "E0110") << open;
  }
  std::string indented;
  for (int i = 0; i < 500; ++i) indented += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(Read(indented).reports(),
              ElementsAre("E0110 65:65 `a`: maps and lists are nested more than 64 deep"));
}

TEST(YamlReader, RefusesSeveralDocuments) {
  EXPECT_THAT(
      Read("a: b\n---\nc: d\n").reports(),
      ElementsAre("E0109 2:1 `---`: a second document starts here; a spec is one document"));
  EXPECT_THAT(Read(",").reports(),
              ElementsAre("E0101 1:1 `,`: unexpected text after the end of the document"));
  EXPECT_THAT(Read("[a]\n,b").reports(),
              ElementsAre("E0101 2:1 `,`: unexpected text after the end of the document"));
}

TEST(YamlReader, RefusesUnterminatedQuotes) {
  EXPECT_THAT(Read("a: \"x").reports(),
              ElementsAre("E0112 1:6 ``: a quote is not closed before the end of the file"));
  EXPECT_THAT(Read("a: 'x\n").reports(), ElementsAre("E0112 1:4 `'`: this quote is not closed"));
}

TEST(YamlReader, RefusesKeysThatAreNotText) {
  EXPECT_THAT(Read("? [a, b]\n: c\n{d: e}: f\n~: g\n: h\n").reports(),
              ElementsAre("E0113 1:3 `[a, b]`: a key must be text, not a list",
                          "E0113 3:1 `{d: e}`: a key must be text, not a map",
                          "E0113 4:1 `~`: a key must be text, not null",
                          "E0113 5:1 `:`: a key must be text, not nothing"));
}

TEST(YamlReader, RefusesEscapesThatGiveNoText) {
  EXPECT_THAT(Read("a: \"x\\_y\"\nb: \"p\\0q\"\n").reports(),
              ElementsAre("E0114 1:4 `\"x\\_y\"`: an escape in this text gives no valid text",
                          "E0114 2:6 `\\0`: a text cannot contain the character U+0000"));
}

TEST(YamlReader, TellsToQuoteWhatYamlReadsDifferently) {
  Read cut("s: {revenue: coalesce(sum(amount), 0), n: count(*)}\n");
  EXPECT_THAT(cut.reports(),
              ElementsAre("E0111 1:14 `coalesce(sum(amount), 0)`: within `{}` and `[]` YAML cuts "
                          "this text at the comma"));
  EXPECT_THAT(cut.log.diagnostics()[0].help,
              ElementsAre("quote the expression: \"coalesce(sum(amount), 0)\""));
  EXPECT_EQ(Print(*cut.tree->root), "{s:{revenue:!,n:count(*),},}");
  Read list("s: [a, f(b, c, g(d)), e]\n");
  EXPECT_THAT(list.reports(), ElementsAre("E0111 1:8 `f(b, c, g(d))`: within `{}` and `[]` YAML "
                                          "cuts this text at the comma"));
  EXPECT_EQ(Print(*list.tree->root), "{s:[a,!,e,],}");

  EXPECT_THAT(Read("a: CASE WHEN x = 'a: b'\n").reports(),
              ElementsAre("E0111 1:20 `:`: YAML reads this `:` as the end of a key"));
  EXPECT_THAT(Read("a: `x` + 1\n").reports(),
              ElementsAre("E0111 1:4 ```: a text cannot start with ``` in YAML"));
  EXPECT_THAT(
      Read("a: 'x' || y\n").reports(),
      ElementsAre("E0111 1:8 `|`: YAML ends this value at its closing quote; more text follows"));
  for (const char* text : {"a: 'x' = y\n", "a: {b: \"x\" + y}\n", "- 'it''s' || y\n",
                           "a: [\"q\\\"\" z]\n", "a: b\nc:\n  d: 'x' 5\n"}) {
    Read read(text);
    ASSERT_EQ(read.log.error_count(), 1u) << text;
    EXPECT_EQ(Info(read.log.diagnostics()[0].code).number, "E0111") << text;
  }
  for (const char* text : {"n: *\n", "n: *x\n", "n: {a: * 2}\n"}) {
    Read alias(text);
    ASSERT_EQ(alias.log.error_count(), 1u) << text;
    EXPECT_EQ(Info(alias.log.diagnostics()[0].code).number, "E0106") << text;
  }
}

TEST(YamlReader, ExplainsSyntaxErrors) {
  EXPECT_THAT(Read("a: b\n\tc: d\n").reports(),
              ElementsAre("E0101 2:1 `\t`: a tab cannot indent a line in YAML"));
  EXPECT_THAT(Read("a:\n\tb: c\n").reports(),
              ElementsAre("E0101 2:3 `:`: a tab cannot indent a line in YAML"));
  EXPECT_THAT(Read("- a\nb: c\n").reports(),
              ElementsAre("E0101 2:1 `b`: unexpected text after the end of the document"));
  EXPECT_THAT(Read("a:\n  b: c\n d: e\n").reports(),
              ElementsAre("E0101 3:2 `d`: YAML expected no more text here"));
  EXPECT_THAT(Read("a: [b,\n").reports(),
              ElementsAre("E0101 1:7 ``: expected `,` or `]` in a list that a `[` opened"));
  EXPECT_THAT(Read("a: {b: c\n").reports(),
              ElementsAre("E0101 1:9 ``: expected `,` or `}` in a map that a `{` opened"));
}

TEST(CheckSourceText, WantsUtf8WithoutControlCharacters) {
  EXPECT_THAT(Read("a: \xE9t\xE9\n").reports(),
              ElementsAre("E0102 1:4 `\xE9`: the byte 0xE9 is not valid UTF-8"));
  EXPECT_THAT(Read("a: \xC0\xAF\n").reports(),  // overlong
              ElementsAre("E0102 1:4 `\xC0`: the byte 0xC0 is not valid UTF-8"));
  EXPECT_THAT(Read("a: \xED\xA0\x80\n").reports(),  // a surrogate
              ElementsAre("E0102 1:4 `\xED`: the byte 0xED is not valid UTF-8"));
  EXPECT_THAT(Read("\xFF\xFE"
                   "a\0")
                  .reports(),  // UTF-16
              ElementsAre("E0102 1:1 `\xFF`: the byte 0xFF is not valid UTF-8"));
  EXPECT_THAT(
      Read(std::string("a: ") + '\0' + "b\x1b\n").reports(),
      ElementsAre(std::string("E0103 1:4 `") + '\0' + "`: a control character (U+0000) in the file",
                  "E0103 1:6 `\x1b`: a control character (U+001B) in the file"));
  EXPECT_THAT(Read("a: b\rc: d\r").reports(),
              ElementsAre("E0103 1:5 `\r`: a control character (U+000D) in the file",
                          "E0103 1:10 `\r`: a control character (U+000D) in the file"));
  EXPECT_THAT(Read("a: \xC2\x85\n").reports(),
              ElementsAre("E0103 1:4 `\xC2\x85`: a control character (U+0085) in the file"));
  EXPECT_THAT(Read("a: b\r\nc: \"tab\there\"\r\n").reports(), IsEmpty());
}

TEST(CheckSourceText, RefusesMoreThanAMebibyte) {
  EXPECT_THAT(Read("a: " + std::string(kMaxSpecBytes - 3, 'x')).reports(), IsEmpty());
  EXPECT_THAT(Read("a: " + std::string(kMaxSpecBytes - 2, 'x')).reports(),
              ElementsAre("E0104 1:1 ``: the file is larger than 1 MiB, the most a spec may have"));
}

TEST(YamlReader, StopsAfterManyErrors) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "- !t\n";
  Read read(text);
  EXPECT_EQ(read.log.error_count(), 100u);
  EXPECT_FALSE(read.tree);
}

TEST(YamlScalars, AreThoseOfYaml12) {
  EXPECT_TRUE(IsYamlInteger("-42"));
  EXPECT_FALSE(IsYamlInteger("4.0"));
  EXPECT_FALSE(IsYamlInteger("1_000"));
  EXPECT_FALSE(IsYamlInteger("-"));
  EXPECT_TRUE(IsYamlNumber("1e-5"));
  EXPECT_TRUE(IsYamlNumber(".5"));
  EXPECT_FALSE(IsYamlNumber("1e"));
  EXPECT_FALSE(IsYamlNumber("0x"));
  EXPECT_FALSE(IsYamlNumber("12:30"));  // a number in YAML 1.1
  EXPECT_EQ(ParseYamlBoolean("TRUE"), true);
  EXPECT_EQ(ParseYamlBoolean("yes"), std::nullopt);
  EXPECT_EQ(ParseYamlBoolean("on"), std::nullopt);
}

}  // namespace
}  // namespace flinkc
