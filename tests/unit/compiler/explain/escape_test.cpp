#include "compiler/explain/escape.h"

#include <gtest/gtest.h>

#include "compiler/explain/text_width.h"

namespace flinkc {
namespace {

TEST(Escape, Xml) {
  EXPECT_EQ(EscapeXml("a < b && c > \"d\"\ne\x01\t"),
            "a &lt; b &amp;&amp; c &gt; &quot;d&quot;\ne  ");
}

TEST(Escape, Dot) { EXPECT_EQ(EscapeDot("say \"a\\b\"\n"), "say \\\"a\\\\b\\\" "); }

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

}  // namespace
}  // namespace flinkc
