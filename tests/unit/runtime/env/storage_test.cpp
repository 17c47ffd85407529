#include "runtime/env/storage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/simulated_file_system.h"

namespace flinkc {
namespace {

Status WriteFile(FileSystem& files, const std::string& path, std::string_view bytes, bool sync) {
  ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> file, files.Create(path));
  RETURN_IF_ERROR(file->Append(bytes));
  if (sync) RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

// What both file systems promise.
class StorageTest : public ::testing::TestWithParam<bool> {
 protected:
  StorageTest() : files_(Make()) { EXPECT_TRUE(files_->MakeDirectories(root_ + "/a/b")); }
  ~StorageTest() override {
    if (GetParam()) std::filesystem::remove_all(root_);
  }
  std::unique_ptr<FileSystem> Make() {
    if (!GetParam()) return std::make_unique<SimulatedFileSystem>(1);
    root_ = std::filesystem::temp_directory_path() / ("flinkc_storage_" + std::to_string(getpid()));
    std::filesystem::remove_all(root_);
    return std::make_unique<LocalFileSystem>();
  }
  std::string Read(const std::string& name) {
    const Result<std::string> bytes = ReadWholeFile(*files_, root_ + name, 1000);
    return bytes ? *bytes : Name(bytes.error().code);
  }

  std::string root_ = "/root";
  std::unique_ptr<FileSystem> files_;
};

TEST_P(StorageTest, WritesReadsRenamesLinksRemoves) {
  ASSERT_TRUE(WriteFile(*files_, root_ + "/a/x", "hello", true));
  EXPECT_EQ(Read("/a/x"), "hello");
  ASSERT_TRUE(WriteFile(*files_, root_ + "/a/y", "old", true));
  ASSERT_TRUE(files_->Rename(root_ + "/a/x", root_ + "/a/y"));
  EXPECT_EQ(Read("/a/x"), "NOT_FOUND");
  EXPECT_EQ(Read("/a/y"), "hello");
  ASSERT_TRUE(files_->Link(root_ + "/a/y", root_ + "/a/z"));
  EXPECT_EQ(files_->Link(root_ + "/a/y", root_ + "/a/z").error().code, ErrorCode::kAlreadyExists);
  ASSERT_TRUE(files_->Remove(root_ + "/a/y"));
  EXPECT_TRUE(files_->Remove(root_ + "/a/y"));
  EXPECT_EQ(Read("/a/z"), "hello");
  const Result<std::vector<FileInfo>> list = files_->List(root_ + "/a");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].path, root_ + "/a/b");
  EXPECT_EQ((*list)[0].kind, FileKind::kDirectory);
  EXPECT_EQ((*list)[1].path, root_ + "/a/z");
  EXPECT_EQ((*list)[1].size_bytes, 5);
}

TEST_P(StorageTest, ReadsAPart) {
  ASSERT_TRUE(WriteFile(*files_, root_ + "/x", "0123456789", true));
  const auto file = files_->Open(root_ + "/x");
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 10);
  char buffer[4] = {};
  EXPECT_EQ(*(*file)->ReadAt(8, buffer), 2u);
  EXPECT_EQ(std::string(buffer, 2), "89");
  EXPECT_EQ(*(*file)->ReadAt(10, buffer), 0u);
  EXPECT_EQ(ReadWholeFile(*files_, root_ + "/x", 9).error().code, ErrorCode::kInvalidArgument);
}

TEST_P(StorageTest, ALargeFileInPiecesOfAnySize) {
  std::string bytes;
  for (int i = 0; i < 700'000; ++i) bytes += std::to_string(i);
  for (const size_t piece : {size_t{1'000'003}, size_t{1} << 20, size_t{333}, bytes.size()}) {
    const auto file = files_->Create(root_ + "/large");
    ASSERT_TRUE(file);
    (*file)->ExpectLarge();
    for (size_t at = 0; at < bytes.size(); at += piece) {
      ASSERT_TRUE((*file)->Append(std::string_view(bytes).substr(at, piece)));
      // Now and then in between.
      if (piece == 1'000'003 && at < 2 * piece) ASSERT_TRUE((*file)->Sync());
    }
    EXPECT_EQ((*file)->size(), static_cast<int64_t>(bytes.size()));
    ASSERT_TRUE((*file)->Sync());
    ASSERT_TRUE((*file)->Close());
    const Result<std::string> read = ReadWholeFile(*files_, root_ + "/large", 100'000'000);
    ASSERT_TRUE(read);
    EXPECT_TRUE(*read == bytes) << piece;
  }
}

TEST_P(StorageTest, RemovesOnlyEmptyDirectories) {
  ASSERT_TRUE(WriteFile(*files_, root_ + "/a/b/x", "", true));
  EXPECT_TRUE(files_->RemoveDirectory(root_ + "/a/b"));
  EXPECT_TRUE(files_->Info(root_ + "/a/b"));
  ASSERT_TRUE(files_->Remove(root_ + "/a/b/x"));
  EXPECT_TRUE(files_->RemoveDirectory(root_ + "/a/b"));
  EXPECT_EQ(files_->Info(root_ + "/a/b").error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(files_->RemoveDirectory(root_ + "/a/b"));
  EXPECT_EQ(files_->Create(root_ + "/a/b/x").error().code, ErrorCode::kNotFound);
}

TEST_P(StorageTest, OneHolderOfALock) {
  auto first = files_->Lock(root_ + "/lock");
  ASSERT_TRUE(first);
  EXPECT_EQ(files_->Lock(root_ + "/lock").error().code, ErrorCode::kUnavailable);
  first->reset();
  EXPECT_TRUE(files_->Lock(root_ + "/lock"));
}

INSTANTIATE_TEST_SUITE_P(Both, StorageTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Local" : "Simulated"; });

TEST(SimulatedFileSystem, SyncedBytesOfSyncedNamesSurvive) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedFileSystem files(seed);
    ASSERT_TRUE(files.MakeDirectories("/d"));
    ASSERT_TRUE(WriteFile(files, "/d/x", "hello", true));
    ASSERT_TRUE(files.SyncDirectory("/d"));
    ASSERT_TRUE(WriteFile(files, "/d/t", "renamed", true));
    ASSERT_TRUE(files.Rename("/d/t", "/d/u"));
    files.Restart();
    EXPECT_EQ(files.Files(),
              (std::map<std::string, std::string>{{"/d/u", "renamed"}, {"/d/x", "hello"}}));
  }
}

TEST(SimulatedFileSystem, ACrashLosesTearsAndUndoes) {
  int gone = 0, torn = 0, whole = 0, removal_undone = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimulatedFileSystem files(seed);
    ASSERT_TRUE(files.MakeDirectories("/d"));
    ASSERT_TRUE(WriteFile(files, "/d/old", "old", true));
    ASSERT_TRUE(files.SyncDirectory("/d"));
    ASSERT_TRUE(WriteFile(files, "/d/x", "0123456789", false));
    ASSERT_TRUE(files.Remove("/d/old"));
    files.Restart();
    const auto left = files.Files();
    removal_undone += left.contains("/d/old");
    if (!left.contains("/d/x")) {
      ++gone;
    } else {
      (left.at("/d/x") == "0123456789" ? whole : torn) += 1;
    }
  }
  EXPECT_GT(gone, 50);
  EXPECT_GT(torn, 20);
  EXPECT_GT(whole, 2);
  EXPECT_GT(removal_undone, 50);
}

TEST(SimulatedFileSystem, NothingSavesBytesAfterAFailedSync) {
  SimulatedFileSystem files(3);
  ASSERT_TRUE(files.MakeDirectories("/d"));
  auto file = files.Create("/d/x");
  ASSERT_TRUE(file);
  ASSERT_TRUE(files.SyncDirectory("/d"));
  ASSERT_TRUE((*file)->Append(std::string(100'000, 'x')));
  files.FailAfter(0, ErrorCode::kIo);
  EXPECT_EQ((*file)->Sync().error().code, ErrorCode::kIo);
  EXPECT_TRUE((*file)->Sync());
  files.Restart();
  EXPECT_NE(files.Files().at("/d/x"), std::string(100'000, 'x'));
}

TEST(SimulatedFileSystem, FailsAsTold) {
  SimulatedFileSystem files(1);
  ASSERT_TRUE(files.MakeDirectories("/d"));
  files.SetFaults({.capacity_bytes = 5});
  EXPECT_TRUE(WriteFile(files, "/d/x", "12345", true));
  EXPECT_EQ(WriteFile(files, "/d/y", "1", true).error().code, ErrorCode::kNoSpace);
  files.SetFaults({});
  files.CrashAfter(2);
  auto file = files.Create("/d/z");
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->Append("z"));
  EXPECT_FALSE(files.crashed());
  EXPECT_EQ((*file)->Append("z").error().code, ErrorCode::kIo);
  EXPECT_TRUE(files.crashed());
  EXPECT_EQ(files.Open("/d/x").error().code, ErrorCode::kIo);
  files.RestartWithoutLoss();
  EXPECT_EQ(files.Files().at("/d/z"), "z");
  EXPECT_EQ((*file)->Append("z").error().code, ErrorCode::kIo) << "a writer of the former life";
}

TEST(SimulatedFileSystem, ARenameOfUnknownOutcome) {
  int happened = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedFileSystem files(seed);
    ASSERT_TRUE(files.MakeDirectories("/d"));
    ASSERT_TRUE(WriteFile(files, "/d/x", "x", true));
    files.SetFaults({.rename_unknown = 1});
    EXPECT_EQ(files.Rename("/d/x", "/d/y").error().code, ErrorCode::kIo);
    happened += files.Files().contains("/d/y");
  }
  EXPECT_GT(happened, 20);
  EXPECT_LT(happened, 80);
}

}  // namespace
}  // namespace flinkc
