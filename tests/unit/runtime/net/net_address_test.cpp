#include "runtime/net/net_address.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

TEST(NetAddress, ParsesAndPrints) {
  for (const char* text : {"127.0.0.1:6123", "[::1]:0", "host.example:65535"}) {
    const Result<NetAddress> address = NetAddress::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->Print(), text);
  }
  EXPECT_EQ(NetAddress::Parse("[::1]:7")->host, "::1");
}

TEST(NetAddress, SaysWhatIsWrong) {
  for (const char* text : {"", "host", ":1", "host:", "host:x", "host:65536", "host:-1", "::1:5",
                           "[::1]5", "[::1", "a b:1", "a/b:1", "u@h:1", "host:1 "}) {
    const Result<NetAddress> address = NetAddress::Parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalidArgument) << text;
  }
}

TEST(NetAddress, KnowsWhatOnlyThisMachineReaches) {
  EXPECT_TRUE((NetAddress{"127.0.0.1", 1}.is_loopback()));
  EXPECT_TRUE((NetAddress{"127.1.2.3", 1}.is_loopback()));
  EXPECT_TRUE((NetAddress{"localhost", 1}.is_loopback()));
  EXPECT_TRUE((NetAddress{"::1", 1}.is_loopback()));
  EXPECT_FALSE((NetAddress{"0.0.0.0", 1}.is_loopback()));
  EXPECT_FALSE((NetAddress{"10.0.0.1", 1}.is_loopback()));
  EXPECT_FALSE((NetAddress{"::", 1}.is_loopback()));
}

}  // namespace
}  // namespace flinkc
