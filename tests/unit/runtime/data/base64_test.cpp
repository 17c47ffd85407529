#include "runtime/data/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace flinkc {
namespace {

// The test vectors of RFC 4648, section 10.
TEST(Base64, EncodesAndDecodes) {
  const std::string texts[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
  const std::string encoded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (size_t i = 0; i < std::size(texts); ++i) {
    std::string text;
    AppendBase64(text, texts[i]);
    EXPECT_EQ(text, encoded[i]);
    EXPECT_EQ(DecodeBase64(encoded[i]), texts[i]);
  }
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* wrong : {"Z", "Zg=", "Zg", "Z===", "Zm9v!mFy", "Zg==Zg==", "Zm 9v"}) {
    EXPECT_FALSE(DecodeBase64(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace flinkc
