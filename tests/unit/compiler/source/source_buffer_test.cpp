#include "compiler/source/source_buffer.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

TEST(SourceBuffer, LocatesByLineAndCharacter) {
  SourceBuffer buffer("a.yaml", "key: 1\nnäme: x\n");
  EXPECT_EQ(buffer.Locate(0).line, 1u);
  EXPECT_EQ(buffer.Locate(5).column, 6u);
  // "näme: x": the ä is two bytes but one column.
  uint32_t x = static_cast<uint32_t>(buffer.text().find('x'));
  EXPECT_EQ(buffer.Locate(x).line, 2u);
  EXPECT_EQ(buffer.Locate(x).column, 7u);
}

TEST(SourceBuffer, LocatesTheEndAndPastIt) {
  SourceBuffer buffer("a.yaml", "ab\ncd");
  EXPECT_EQ(buffer.Locate(5).line, 2u);
  EXPECT_EQ(buffer.Locate(5).column, 3u);
  EXPECT_EQ(buffer.Locate(5000).column, 3u);
  EXPECT_EQ(SourceBuffer("b", "").Locate(0).line, 1u);
}

TEST(SourceBuffer, GivesLinesWithoutTheirEnds) {
  SourceBuffer buffer("a.yaml", "one\r\ntwo\n\nlast");
  EXPECT_EQ(buffer.line_count(), 4u);
  EXPECT_EQ(buffer.Line(1), "one");
  EXPECT_EQ(buffer.Line(2), "two");
  EXPECT_EQ(buffer.Line(3), "");
  EXPECT_EQ(buffer.Line(4), "last");
  EXPECT_EQ(buffer.Line(0), "");
  EXPECT_EQ(buffer.Line(5), "");
}

TEST(SourceBuffer, DropsAByteOrderMark) {
  SourceBuffer buffer("a.yaml", "\xEF\xBB\xBFkey: 1");
  EXPECT_EQ(buffer.text(), "key: 1");
}

TEST(SourceText, WithoutOffsetsStandsAsWritten) {
  SourceBuffer buffer("a.yaml", "filter: a > b");
  SourceText text{"a > b", {&buffer, 8, 13}, {}};
  EXPECT_EQ(text.SpanOf(4, 5), (SourceSpan{&buffer, 12, 13}));
  EXPECT_EQ(text.SpanOf(4, 99), (SourceSpan{&buffer, 12, 13}));
}

TEST(SourceText, LeavesOutTheLineEndBetweenItsBytes) {
  // "ab cd" folded from two lines: the space stands at the line end.
  SourceBuffer buffer("a.yaml", "ab\n   cd");
  SourceText text{"ab cd", {&buffer, 0, 8}, {0, 1, 2, 6, 7, 8}};
  EXPECT_EQ(text.SpanOf(0, 2), (SourceSpan{&buffer, 0, 2}));
  EXPECT_EQ(text.SpanOf(3, 5), (SourceSpan{&buffer, 6, 8}));
  // A value whose bytes were joined over a line end without a byte for it.
  SourceText joined{"abcd", {&buffer, 0, 8}, {0, 1, 6, 7, 8}};
  EXPECT_EQ(joined.SpanOf(0, 2), (SourceSpan{&buffer, 0, 2}));
}

TEST(SourceText, OutsideOfAnyFileHasNoPlace) {
  SourceText text{"a > b", {}, {}};
  EXPECT_FALSE(text.SpanOf(0, 1).is_valid());
}

}  // namespace
}  // namespace flinkc
