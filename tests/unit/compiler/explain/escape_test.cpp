#include "compiler/explain/escape.h"

#include <gtest/gtest.h>

#include "compiler/explain/text_width.h"

namespace flinkc {
namespace {

TEST(Escape, Xml) {
  EXPECT_EQ(EscapeXml("a < b && c > \"d\"\ne\x01\t"),
            "a &lt; b &amp;&amp; c &gt; &quot;d&quot;\ne  ");
}

TEST(Escape, Dot) {
  EXPECT_EQ(EscapeDot("say \"a\\b\"\n"), "say \\\"a\\\\b\\\" ");
  EXPECT_EQ(EscapeDot("a &lt; b"), "a &amp;lt; b");
}

TEST(Escape, Mermaid) {
  EXPECT_EQ(EscapeMermaid("`#1` <b> & \"x\""), "#96;#35;1#96; #lt;b#gt; #amp; #quot;x#quot;");
}

TEST(TextWidth, CountsCodePointsAndStrayBytes) {
  EXPECT_EQ(CountCodePoints("aé…😀"), 4U);
  EXPECT_EQ(CountCodePoints("\xff\xe2\x82"), 3U);
}

TEST(TextWidth, ShortensWithoutCuttingACharacter) {
  EXPECT_EQ(Shorten("short", 100, 10), "short");
  const std::string text = "ééééééééééééééééééééé";
  for (double width = 10; width < 160; width += 1) {
    const std::string shortened = Shorten(text, width, 10);
    EXPECT_LE(TextWidth(shortened, 10), width + 1e-6);
    EXPECT_TRUE(shortened.ends_with("…"));
    EXPECT_EQ((shortened.size() - 3) % 2, 0U) << shortened;
  }
}

TEST(TextWidth, WrapsAtSpaces) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(Wrap("short", 100, 10, false, 3), Lines{"short"});
  const double width = TextWidth("mmmm mmmm", 10);
  EXPECT_EQ(Wrap("mmmm mmmm mmmm", width, 10, false, 3), (Lines{"mmmm mmmm", "mmmm"}));
  EXPECT_EQ(Wrap("mmmm mmmm mmmm mmmm mmmm", width, 10, false, 2),
            (Lines{"mmmm mmmm", "mmmm mm…"}));
  // A word that is too wide has a line of its own.
  const Lines lines = Wrap("a mmmmmmmmmmmmmm b", width, 10, false, 3);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[1].ends_with("m…")) << lines[1];
  EXPECT_EQ(lines[2], "b");
  EXPECT_EQ(Wrap("", width, 10, false, 3), Lines{""});
}

}  // namespace
}  // namespace flinkc
