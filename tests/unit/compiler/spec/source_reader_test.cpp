#include "compiler/spec/source_reader.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace flinkc {
namespace {

class ReadSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "flinkc-source-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::string path = directory_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::filesystem::path directory_;
};

TEST_F(ReadSourceTest, KeepsTheNameAndTheText) {
  std::string path = Write("a.yaml", "flinkc: 1\n");
  auto source = ReadSource(path);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->name(), path);
  EXPECT_EQ(source->text(), "flinkc: 1\n");
}

TEST_F(ReadSourceTest, SaysWhatIsMissing) {
  std::string path = directory_ / "none.yaml";
  auto source = ReadSource(path);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kNotFound);
  EXPECT_NE(source.error().message.find(path), std::string::npos);
  EXPECT_EQ(ReadSource(directory_).error().code, ErrorCode::kIo);
}

TEST_F(ReadSourceTest, SaysWhatMayNotBeRead) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  std::string path = Write("secret.yaml", "x");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  EXPECT_EQ(ReadSource(path).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(ReadSourceTest, ReadsNoMoreThanItMustOfAHugeFile) {
  std::string path = directory_ / "huge.yaml";
  std::ofstream(path).put('x');
  std::filesystem::resize_file(path, 100 << 20);  // sparse
  auto source = ReadSource(path);
  ASSERT_TRUE(source);
  EXPECT_GT(source->text().size(), kMaxSpecBytes);
  EXPECT_LT(source->text().size(), kMaxSpecBytes + 10);
  DiagnosticLog log;
  EXPECT_FALSE(CheckSourceText(*source, log));
  EXPECT_EQ(log.diagnostics()[0].code, DiagnosticCode::kFileTooLarge);
}

TEST_F(ReadSourceTest, AByteOrderMarkDoesNotCountAsText) {
  auto source = ReadSource(Write("bom.yaml", "\xEF\xBB\xBF" + std::string(kMaxSpecBytes, ' ')));
  ASSERT_TRUE(source);
  DiagnosticLog log;
  EXPECT_TRUE(CheckSourceText(*source, log));
}

TEST_F(ReadSourceTest, ReadsStandardInput) {
  std::string path = Write("in.yaml", "from: stdin\n");
  int saved = dup(STDIN_FILENO);
  ASSERT_NE(std::freopen(path.c_str(), "r", stdin), nullptr);
  auto source = ReadSource("-");
  dup2(saved, STDIN_FILENO);
  close(saved);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->name(), "<stdin>");
  EXPECT_EQ(source->text(), "from: stdin\n");
}

}  // namespace
}  // namespace flinkc
