#include "runtime/env/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace flinkc {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string FileOf(const std::string& text, std::filesystem::perms perms) {
  const std::string path = testing::TempDir() + "secret_file_test";
  std::filesystem::remove(path);
  std::ofstream(path) << text;
  std::filesystem::permissions(path, perms);
  return path;
}

std::string WrongWith(const std::string& text) {
  const auto secret = ReadSecretFile(FileOf(text, std::filesystem::perms::owner_read), 16);
  EXPECT_FALSE(secret.has_value()) << text;
  if (secret) return "";
  if (!text.empty()) EXPECT_THAT(secret.error().message, Not(HasSubstr(text)));
  return secret.error().message;
}

TEST(SecretFile, GivesItsLine) {
  const std::string path = FileOf("  0123456789abcdef\r\n", std::filesystem::perms::owner_read);
  EXPECT_EQ(ReadSecretFile(path, 16).value_or(""), "0123456789abcdef");
}

TEST(SecretFile, IsOfItsOwnerAlone) {
  for (const auto perms : {std::filesystem::perms::group_read, std::filesystem::perms::others_read,
                           std::filesystem::perms::others_write}) {
    const std::string path = FileOf("0123456789abcdef", std::filesystem::perms::owner_read | perms);
    const auto secret = ReadSecretFile(path, 16);
    ASSERT_FALSE(secret.has_value());
    EXPECT_THAT(secret.error().message, HasSubstr("chmod 600"));
  }
}

TEST(SecretFile, WhatIsNoSecretIsRefused) {
  EXPECT_THAT(WrongWith(""), HasSubstr("fewer than 16"));
  EXPECT_THAT(WrongWith("0123456789abcde"), HasSubstr("fewer than 16"));
  EXPECT_THAT(WrongWith("01234567 89abcdefgh"), HasSubstr("one line"));
  EXPECT_THAT(WrongWith("0123456789\n0123456789"), HasSubstr("one line"));
  EXPECT_THAT(WrongWith("0123456789abcd\xC3\xA9zz"), HasSubstr("one line"));
  EXPECT_THAT(WrongWith(std::string(5000, 'x')), HasSubstr("too long"));
  const auto none = ReadSecretFile(testing::TempDir() + "secret_file_not_there", 16);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace flinkc
