#include "runtime/env/process_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace flinkc {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ProcessDirectoryTest : public testing::Test {
 protected:
  ProcessDirectoryTest()
      : root_(testing::TempDir() + "/process_directory_test." + std::to_string(getpid())),
        base_(root_ + "/below/base") {
    fs::create_directories(root_ + "/elsewhere");
  }
  ~ProcessDirectoryTest() override { fs::remove_all(root_); }

  static fs::perms ForOthers(const std::string& path) {
    return fs::status(path).permissions() & (fs::perms::group_all | fs::perms::others_all);
  }

  const std::string root_;
  const std::string base_;
};

TEST_F(ProcessDirectoryTest, GoesWithItsOwner) {
  auto directory = ProcessDirectory::Make(base_);
  ASSERT_TRUE(directory) << directory.error().message;
  const std::string path = (*directory)->path();
  std::ofstream(path + "/file") << "state";
  EXPECT_EQ(fs::path(path).parent_path(), base_);
  directory->reset();
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::is_empty(base_));
}

TEST_F(ProcessDirectoryTest, IsForItsUserAlone) {
  ASSERT_TRUE(ProcessDirectory::Make(base_));
  EXPECT_EQ(ForOthers(base_), fs::perms::none);
  fs::permissions(base_, fs::perms::all);
  ASSERT_TRUE(ProcessDirectory::Make(base_));
  EXPECT_EQ(ForOthers(base_), fs::perms::none);
}

TEST_F(ProcessDirectoryTest, IsNotMadeWhereALinkLeads) {
  fs::create_directories(root_ + "/below");
  fs::create_symlink(root_ + "/elsewhere", base_);
  // Nobody holds its lock.
  fs::create_directories(root_ + "/elsewhere/left-over");
  const auto directory = ProcessDirectory::Make(base_);
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(directory.error().message, HasSubstr(base_ + " is not a directory of this user's"));
  EXPECT_FALSE(ProcessDirectory::RemoveLeftOvers(base_));
  EXPECT_TRUE(fs::exists(root_ + "/elsewhere/left-over"));
}

TEST_F(ProcessDirectoryTest, LeftOversOfTheDeadGo) {
  const auto living = ProcessDirectory::Make(base_);
  ASSERT_TRUE(living);
  fs::create_directories(base_ + "/dead");
  std::ofstream(base_ + "/dead.lock");
  ASSERT_TRUE(ProcessDirectory::RemoveLeftOvers(base_));
  EXPECT_FALSE(fs::exists(base_ + "/dead"));
  EXPECT_TRUE(fs::exists((*living)->path()));
}

TEST_F(ProcessDirectoryTest, NothingIsThereToRemove) {
  EXPECT_TRUE(ProcessDirectory::RemoveLeftOvers(base_));
  EXPECT_FALSE(fs::exists(base_));
}

}  // namespace
}  // namespace flinkc
