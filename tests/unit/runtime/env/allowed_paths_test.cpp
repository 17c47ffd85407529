#include "runtime/env/allowed_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "runtime/env/confined_file_system.h"

namespace flinkc {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

// "in" may be used, "out" may not, nor "inside", whose name only begins alike.
class AllowedPathsTest : public testing::Test {
 protected:
  AllowedPathsTest() {
    root_ =
        fs::canonical(fs::temp_directory_path()) / ("flinkc_allowed_" + std::to_string(getpid()));
    fs::remove_all(root_);
    for (const char* name : {"in/a/b", "out", "inside"}) fs::create_directories(root_ / name);
    auto allowed = AllowedPaths::Make({Path("in")});
    EXPECT_TRUE(allowed);
    allowed_ = *std::move(allowed);
  }
  ~AllowedPathsTest() override { fs::remove_all(root_); }
  std::string Path(const std::string& name) const { return (root_ / name).string(); }
  // "": it may be used.
  std::string Check(const std::string& name) const {
    const Status status = allowed_.Check(Path(name));
    if (status) return "";
    EXPECT_EQ(status.error().code, ErrorCode::kPermissionDenied) << status.error().message;
    return status.error().message;
  }

  fs::path root_;
  AllowedPaths allowed_;
};

TEST_F(AllowedPathsTest, TheFoldersAndAllBelow) {
  for (const char* name : {"in", "in/", "in/a/b/c", "in/none/at/all", "in/a/../a", "out/../in/x"}) {
    EXPECT_EQ(Check(name), "") << name;
  }
  for (const char* name : {"out", "out/x", "inside", "in/../out/x", "in/none/../../out", ""}) {
    EXPECT_NE(Check(name), "") << name;
  }
  EXPECT_NE(allowed_.Check("/etc/passwd").error().message.find(Path("in")), std::string::npos);
  EXPECT_THAT(Check("out/x"), HasSubstr("--allow-path"));
}

TEST_F(AllowedPathsTest, WhereLinksLeadIsWhatCounts) {
  fs::create_symlink(root_ / "out", root_ / "in/away");
  fs::create_symlink("../out/none", root_ / "in/to_nothing");
  fs::create_symlink("a", root_ / "in/near");
  fs::create_symlink(root_ / "in", root_ / "out/back");
  fs::create_symlink("round", root_ / "in/round");
  EXPECT_THAT(Check("in/away"), HasSubstr(", which is " + Path("out")));
  EXPECT_NE(Check("in/away/x"), "");
  EXPECT_NE(Check("in/to_nothing"), "") << "to write it would make what it names";
  EXPECT_NE(Check("in/near/../../out"), "");
  EXPECT_EQ(Check("in/near/b"), "");
  EXPECT_EQ(Check("out/back/a"), "");
  EXPECT_FALSE(allowed_.Check(Path("in/round"))) << "it never ends";
}

TEST_F(AllowedPathsTest, AFolderMayBeALinkItself) {
  fs::create_symlink(root_ / "in", root_ / "named");
  auto allowed = AllowedPaths::Make({Path("named")});
  ASSERT_TRUE(allowed);
  EXPECT_TRUE(allowed->Check(Path("in/x")));
  EXPECT_TRUE(allowed->Check(Path("named/x")));
  EXPECT_FALSE(allowed->Check(Path("out/x")));
}

TEST_F(AllowedPathsTest, WithoutAnyEverythingMayBeUsed) {
  EXPECT_FALSE(AllowedPaths().is_confined());
  EXPECT_TRUE(AllowedPaths().Check("/etc/passwd"));
  EXPECT_FALSE(AllowedPaths().IsOnTheWay("/"));
}

TEST_F(AllowedPathsTest, WhatIsNoFolderIsRefused) {
  for (const char* name : {"none", "file"}) {
    if (std::string(name) == "file") fs::copy_file("/proc/self/cmdline", root_ / "file");
    const auto allowed = AllowedPaths::Make({Path(name)});
    ASSERT_FALSE(allowed);
    EXPECT_EQ(allowed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(allowed.error().message, HasSubstr(Path(name)));
  }
}

TEST_F(AllowedPathsTest, PathsThatAreNone) {
  EXPECT_EQ(allowed_.Check("").error().code, ErrorCode::kInvalidArgument);
  const std::string cut = Path("in/a") + std::string(1, '\0') + "/../../out";
  EXPECT_EQ(allowed_.Check(cut).error().code, ErrorCode::kInvalidArgument);
}

class ConfinedFileSystemTest : public AllowedPathsTest {
 protected:
  LocalFileSystem local_;
  ConfinedFileSystem files_{&local_, &allowed_};
};

TEST_F(ConfinedFileSystemTest, WhatIsAllowedIsDone) {
  EXPECT_TRUE(files_.MakeDirectories(Path("in/new/er")));
  EXPECT_TRUE((*files_.Create(Path("in/new/x")))->Close());
  EXPECT_TRUE(files_.Open(Path("in/new/x")));
  EXPECT_TRUE(files_.Link(Path("in/new/x"), Path("in/new/y")));
  EXPECT_TRUE(files_.Rename(Path("in/new/y"), Path("in/new/z")));
  EXPECT_EQ(files_.List(Path("in/new"))->size(), 3u);
  EXPECT_EQ(files_.Info(Path("in/new/z"))->kind, FileKind::kFile);
  EXPECT_TRUE(files_.SyncDirectory(Path("in/new")));
  EXPECT_TRUE(files_.Lock(Path("in/new/lock")));
  EXPECT_TRUE(files_.Remove(Path("in/new/z")));
  EXPECT_TRUE(files_.RemoveDirectory(Path("in/new/er")));
}

TEST_F(ConfinedFileSystemTest, NothingElseIs) {
  ASSERT_TRUE((*local_.Create(Path("out/x")))->Close());
  ASSERT_TRUE((*local_.Create(Path("in/x")))->Close());
  const auto refused = [](const auto& result) {
    return !result && result.error().code == ErrorCode::kPermissionDenied;
  };
  EXPECT_TRUE(refused(files_.Create(Path("out/y"))));
  EXPECT_TRUE(refused(files_.Open(Path("out/x"))));
  EXPECT_TRUE(refused(files_.Rename(Path("in/x"), Path("out/y"))));
  EXPECT_TRUE(refused(files_.Rename(Path("out/x"), Path("in/y"))));
  EXPECT_TRUE(files_.Link(Path("out/x"), Path("in/y"))) << "a database of the process's own";
  EXPECT_TRUE(refused(files_.Link(Path("in/x"), Path("out/y"))));
  EXPECT_TRUE(refused(files_.Remove(Path("out/x"))));
  EXPECT_TRUE(refused(files_.RemoveDirectory(Path("out"))));
  EXPECT_TRUE(refused(files_.Info(Path("out/x"))));
  EXPECT_TRUE(refused(files_.List(Path("out"))));
  EXPECT_TRUE(refused(files_.MakeDirectories(Path("out/new"))));
  EXPECT_TRUE(refused(files_.SyncDirectory(Path("out"))));
  EXPECT_TRUE(refused(files_.Lock(Path("out/lock"))));
  EXPECT_EQ(local_.List(Path("out"))->size(), 1u);
  EXPECT_TRUE(local_.Info(Path("in/x")));
}

// Who makes a directory with its parents begins above the folders.
TEST_F(ConfinedFileSystemTest, TheWayToAFolderIsThereAlready) {
  EXPECT_TRUE(MakeDirectoriesOneByOne(files_, Path("in/one/by/one")));
  EXPECT_TRUE(local_.Info(Path("in/one/by/one")));
}

}  // namespace
}  // namespace flinkc
