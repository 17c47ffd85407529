#include "runtime/protocol/job_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace flinkc {
namespace {

TEST(JobState, NamesAreFlinksAndThreeStatesAreTerminal) {
  std::set<std::string> terminal;
  for (uint32_t state = 0; state <= static_cast<uint32_t>(JobState::kFinished); ++state) {
    EXPECT_STRNE(Name(static_cast<JobState>(state)), "UNKNOWN");
    if (IsTerminal(static_cast<JobState>(state)))
      terminal.insert(Name(static_cast<JobState>(state)));
  }
  EXPECT_EQ(terminal, (std::set<std::string>{"FINISHED", "FAILED", "CANCELED"}));
  EXPECT_STREQ(Name(static_cast<JobState>(99)), "UNKNOWN");
}

TEST(TaskState, NamesAreFlinksAndThreeStatesAreTerminal) {
  std::set<std::string> terminal;
  for (uint32_t state = 0; state <= static_cast<uint32_t>(TaskState::kCanceled); ++state) {
    EXPECT_STRNE(Name(static_cast<TaskState>(state)), "UNKNOWN");
    if (IsTerminal(static_cast<TaskState>(state))) {
      terminal.insert(Name(static_cast<TaskState>(state)));
    }
  }
  EXPECT_EQ(terminal, (std::set<std::string>{"FINISHED", "FAILED", "CANCELED"}));
  EXPECT_STREQ(Name(static_cast<TaskState>(99)), "UNKNOWN");
}

TEST(ErrorProto, ComesBackAsItWent) {
  const Error error = FromProto(ToProto({ErrorCode::kNoSpace, "the disk is full"}));
  EXPECT_EQ(error.code, ErrorCode::kNoSpace);
  EXPECT_EQ(error.message, "the disk is full");
}

TEST(ErrorProto, AnUnknownCodeIsInternal) {
  protocol::Error proto;
  proto.set_message("x");
  // The last one would be NOT_FOUND if it were cut to 16 bits.
  for (uint32_t code : {0u, 7u, 65535u, 65536u + 2001u}) {
    proto.set_code(code);
    EXPECT_EQ(FromProto(proto).code, ErrorCode::kInternal) << code;
  }
}

}  // namespace
}  // namespace flinkc
