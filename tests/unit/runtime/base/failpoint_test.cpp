#include "runtime/base/failpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace flinkc {
namespace {

using testing::HasSubstr;

std::string Refusal(const std::string& list) {
  const Status armed = ArmFailpoints(list);
  return armed ? "" : armed.error().message;
}

TEST(FailpointTest, NamesThatThereAreNotAreRefusedAndAllAreListed) {
  const std::string message = Refusal("task.input:1:kill,gate.aligned:1:kill");
  EXPECT_THAT(message, HasSubstr("there is no failpoint `gate.aligned`, there are: task.input, "));
  for (const FailpointRecord& record : kFailpoints) {
    EXPECT_THAT(message, HasSubstr(std::string(record.name)));
  }
}

TEST(FailpointTest, WhatIsNoTimeOrNoActionIsRefused) {
  EXPECT_THAT(Refusal("task.input"), HasSubstr("is not <name>:<nth>:<action>"));
  for (const char* nth : {"", "0", "x", "3-2", "-2", "1-2-3"}) {
    EXPECT_THAT(Refusal("task.input:" + std::string(nth) + ":kill"), HasSubstr("which times?"));
  }
  for (const char* action : {"", "die", "sleep", "sleep:", "sleep:x", "sleep:99999999"}) {
    EXPECT_THAT(Refusal("task.input:1:" + std::string(action)), HasSubstr("its action is none of"));
  }
  EXPECT_THAT(Refusal("ack.before:1:error"), HasSubstr("none of kill, sleep:<ms>"))
      << "an error cannot come of it";
}

// The only test that arms anything: what is armed stays so.
TEST(FailpointTest, AnErrorComesAtTheTimesThatWereSaid) {
  ASSERT_TRUE(FLINKC_FAILPOINT_STATUS("sink.sync"));
  ASSERT_EQ(Refusal("sink.sync:1-:sleep:1,sink.sync:2:error,sink.sync:4-5:nospace,sink.sync:7-:readonly,"
                    "ack.before:1:sleep:1"),
            "");
  FLINKC_FAILPOINT("ack.before");
  std::string codes;
  for (int i = 0; i < 8; ++i) {
    const Status status = FLINKC_FAILPOINT_STATUS("sink.sync");
    codes += status ? "OK" : Name(status.error().code);
    codes += ' ';
    EXPECT_TRUE(FLINKC_FAILPOINT_STATUS("sink.seal")) << "another place";
  }
  EXPECT_EQ(codes, "OK IO OK NO_SPACE NO_SPACE OK PERMISSION_DENIED PERMISSION_DENIED ");
}

TEST(FailpointTest, TheDocumentTellsOfEach) {
  std::ifstream file(std::string(FLINKC_SOURCE_DIR) + "/docs/testing.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const FailpointRecord& record : kFailpoints) {
    EXPECT_THAT(text.str(), HasSubstr("`" + std::string(record.name) + "`")) << "docs/testing.md";
  }
}

}  // namespace
}  // namespace flinkc
