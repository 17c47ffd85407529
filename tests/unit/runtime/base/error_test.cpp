#include "runtime/base/error.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

TEST(Error, SaysItsContextOnce) {
  Error error{ErrorCode::kIo, "no such file"};
  error = std::move(error).WithContext("reading a.csv").WithContext("source `a`");
  EXPECT_EQ(error.message, "source `a`: reading a.csv: no such file");
  error = std::move(error).WithContext("source `a`");
  EXPECT_EQ(error.message, "source `a`: reading a.csv: no such file");
}

TEST(Error, HasANameForEachCode) {
  EXPECT_STREQ(Name(ErrorCode::kMemoryLimit), "MEMORY_LIMIT");
  EXPECT_STREQ(Name(ErrorCode::kNoSpace), "NO_SPACE");
}

}  // namespace
}  // namespace flinkc
