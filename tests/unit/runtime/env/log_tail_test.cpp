#include "runtime/env/log_tail.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

TEST(LogTail, KeepsWholeLines) {
  LogTail tail(20);
  EXPECT_EQ(tail.Text(), "");
  EXPECT_EQ(tail.modified_micros(), 0);
  tail.Append("one\n", 1);
  tail.Append("two\n", 2);
  EXPECT_EQ(tail.Text(), "one\ntwo\n");
  EXPECT_EQ(tail.modified_micros(), 2);
  std::string expected;
  for (int i = 100; i < 1000; ++i) {
    tail.Append("line " + std::to_string(i) + "\n", i);
    const std::string text = tail.Text();
    EXPECT_LE(text.size(), 20u);
    if (i > 101) {
      EXPECT_EQ(text, "line " + std::to_string(i - 1) + "\nline " + std::to_string(i) + "\n");
    }
  }
}

TEST(LogTail, ALineTooLongIsLeftOut) {
  LogTail tail(10);
  tail.Append(std::string(100, 'x') + "\n", 1);
  EXPECT_EQ(tail.Text(), "");
  tail.Append("short\n", 2);
  EXPECT_EQ(tail.Text(), "short\n");
  tail.Append(std::string(100, 'x') + "\nend\n", 3);
  EXPECT_EQ(tail.Text(), "end\n");
  tail.Append("a\nb\nc\nd\ne\n", 4);
  EXPECT_EQ(tail.Text(), "a\nb\nc\nd\ne\n");
}

}  // namespace
}  // namespace flinkc
