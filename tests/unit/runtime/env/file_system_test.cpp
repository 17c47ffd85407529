#include "runtime/env/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "runtime/env/file.h"

namespace flinkc {
namespace {

class FileSystemTest : public ::testing::Test {
 protected:
  FileSystemTest() {
    directory_ =
        std::filesystem::temp_directory_path() / ("flinkc_env_" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory_);
    EXPECT_TRUE(MakeDirectories(directory_));
  }
  ~FileSystemTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  void Write(const std::string& name, std::string_view text) const {
    Result<WritableFile> file = WritableFile::Create(Path(name));
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->Append(text));
    ASSERT_TRUE(file->Sync());
    EXPECT_EQ(file->size(), static_cast<int64_t>(text.size()));
    ASSERT_TRUE(file->Close());
  }
  std::string Read(const std::string& name) const {
    const Result<ReadableFile> file = ReadableFile::Open(Path(name));
    if (!file) return file.error().message;
    std::string text(static_cast<size_t>(file->size()) + 10, '?');
    const Result<size_t> got = file->ReadAt(0, text);
    return got ? text.substr(0, *got) : got.error().message;
  }

  std::string directory_;
};

TEST_F(FileSystemTest, WritesAndReads) {
  Write("a", "hello world");
  EXPECT_EQ(Read("a"), "hello world");
  const Result<ReadableFile> file = ReadableFile::Open(Path("a"));
  char part[5];
  EXPECT_EQ(*file->ReadAt(6, part), 5u);
  EXPECT_EQ(std::string_view(part, 5), "world");
  EXPECT_EQ(*file->ReadAt(100, part), 0u);
  Write("a", "");
  EXPECT_EQ(Read("a"), "");
}

TEST_F(FileSystemTest, ErrorsAreToldApart) {
  EXPECT_EQ(ReadableFile::Open(Path("none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ReadableFile::Open(directory_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ReadableFile::Open("/dev/null").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(WritableFile::Create(Path("none/a")).error().code, ErrorCode::kNotFound);
  Write("file", "");
  EXPECT_EQ(GetFileInfo(Path("file/below")).error().code, ErrorCode::kNotFound);
  Result<WritableFile> full = WritableFile::Create("/dev/full");
  ASSERT_TRUE(full);
  const Status status = full->Append("x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(status.error().message, "cannot write /dev/full: No space left on device");
}

TEST_F(FileSystemTest, OpeningAPipeDoesNotWait) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadableFile::Open(Path("pipe")).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(FileSystemTest, RenameReplaces) {
  Write("new", "new");
  Write("old", "old");
  ASSERT_TRUE(RenameDurably(Path("new"), Path("old")));
  EXPECT_EQ(Read("old"), "new");
  EXPECT_EQ(RenameDurably(Path("new"), Path("old")).error().code, ErrorCode::kNotFound);
}

TEST_F(FileSystemTest, ListsAndMatchesInOrder) {
  for (const char* name : {"b.csv", "a.csv", ".hidden.csv", "c.txt"}) Write(name, "x");
  ASSERT_TRUE(MakeDirectories(Path("d/e")));
  ASSERT_EQ(::symlink("nowhere", Path("dangling.csv").c_str()), 0);
  const auto listed = ListDirectory(directory_);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 5u);
  EXPECT_EQ(listed->front().path, Path(".hidden.csv"));
  EXPECT_EQ(listed->back().path, Path("d"));
  EXPECT_EQ(listed->back().kind, FileKind::kDirectory);
  const auto matched = Glob(Path("*.csv"));
  ASSERT_TRUE(matched);
  ASSERT_EQ(matched->size(), 2u);
  EXPECT_EQ((*matched)[0].path, Path("a.csv"));
  EXPECT_EQ((*matched)[0].size_bytes, 1);
  EXPECT_TRUE(Glob(Path("*.json"))->empty());
  EXPECT_TRUE(IsGlob("a?"));
  EXPECT_FALSE(IsGlob("a/b.csv"));
}

TEST_F(FileSystemTest, Removes) {
  Write("a", "");
  ASSERT_TRUE(MakeDirectories(Path("d/e")));
  EXPECT_TRUE(RemoveFile(Path("a")));
  EXPECT_TRUE(RemoveFile(Path("a")));
  EXPECT_TRUE(RemoveEmptyDirectory(Path("d")));
  EXPECT_TRUE(GetFileInfo(Path("d/e")));
  EXPECT_TRUE(RemoveEmptyDirectory(Path("d/e")));
  EXPECT_FALSE(GetFileInfo(Path("d/e")));
  EXPECT_TRUE(RemoveTree(Path("d")));
  EXPECT_FALSE(GetFileInfo(Path("d")));
  EXPECT_TRUE(RemoveTree(Path("d")));
}

}  // namespace
}  // namespace flinkc
