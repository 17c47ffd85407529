#include "runtime/checkpoint/checkpoint_paths.h"

#include <gtest/gtest.h>

#include <string>

namespace flinkc {
namespace {

TEST(CheckpointPaths, AnyJobNameIsOneSafeComponent) {
  EXPECT_EQ(JobDirectoryName("q17-per_day.2"), "q17-per_day.2");
  EXPECT_EQ(JobDirectoryName("../../etc"), "%2E.%2F..%2Fetc");
  EXPECT_EQ(JobDirectoryName(".."), "%2E.");
  EXPECT_EQ(JobDirectoryName(""), "%");
  EXPECT_EQ(JobDirectoryName("a b\xC3\xA9"), "a%20b%C3%A9");
  const std::string one = JobDirectoryName(std::string(500, 'x') + "1");
  EXPECT_EQ(one.size(), 120u);
  EXPECT_NE(one, JobDirectoryName(std::string(500, 'x') + "2"));
}

TEST(CheckpointPaths, NamesTellTheirNumbers) {
  EXPECT_EQ(CheckpointDirectoryName(12), "chk-12");
  EXPECT_EQ(ParseCheckpointDirectoryName("chk-12"), 12u);
  for (const char* name : {"chk-", "chk-01", "chk--1", "chk-1x", "chk-99999999999999999999", "1"}) {
    EXPECT_EQ(ParseCheckpointDirectoryName(name), std::nullopt) << name;
  }
  EXPECT_EQ(StateFilePath(3, "ab12", false), "shared/3-ab12.state");
  EXPECT_EQ(StateFilePath(3, "ab12", true), "3-ab12.state");
  EXPECT_EQ(CreatorOfStateFile("shared/3-ab12.state"), 3u);
  EXPECT_EQ(CreatorOfStateFile("3-ab12.state"), 3u);
  for (const char* name : {"3.state", "3-.state", "x-ab.state", "3-ab.state.tmp", "3-a-b.state"}) {
    EXPECT_EQ(CreatorOfStateFile(name), std::nullopt) << name;
  }
  EXPECT_EQ(SavepointDirectoryName("0123456789", "ff00"), "savepoint-012345-ff00");
  EXPECT_TRUE(IsSavepointDirectoryName("savepoint-012345-ff00"));
  EXPECT_FALSE(IsSavepointDirectoryName("savepoint-"));
  EXPECT_FALSE(IsSavepointDirectoryName("home"));
}

TEST(CheckpointPaths, OnlyPathsThatStayBelow) {
  for (const char* path : {"a", "shared/1-a.state", "a..b/.c"}) {
    EXPECT_TRUE(IsSafeRelativePath(path)) << path;
  }
  for (const char* path : {"", "/", "/etc/passwd", "..", "a/../b", "a/..", "a//b", "a/", "./a",
                           "a\nb", "a\x7f"}) {
    EXPECT_FALSE(IsSafeRelativePath(path)) << path;
  }
  EXPECT_FALSE(IsSafeRelativePath(std::string("a\0b", 3)));
  EXPECT_FALSE(IsSafeRelativePath(std::string(2000, 'a')));
  EXPECT_TRUE(HasParentReference("/a/../b"));
  EXPECT_FALSE(HasParentReference("/a/..b"));
}

}  // namespace
}  // namespace flinkc
