#include "runtime/protocol/job_state.h"

#include <cstring>

namespace flinkc {

const char* Name(JobState state) {
  switch (state) {
    case JobState::kInitializing:
      return "INITIALIZING";
    case JobState::kCreated:
      return "CREATED";
    case JobState::kRunning:
      return "RUNNING";
    case JobState::kFailing:
      return "FAILING";
    case JobState::kFailed:
      return "FAILED";
    case JobState::kCancelling:
      return "CANCELLING";
    case JobState::kCanceled:
      return "CANCELED";
    case JobState::kFinished:
      return "FINISHED";
    case JobState::kRestarting:
      return "RESTARTING";
  }
  return "UNKNOWN";
}

bool IsTerminal(JobState state) {
  return state == JobState::kFailed || state == JobState::kCanceled || state == JobState::kFinished;
}

const char* Name(TaskState state) {
  switch (state) {
    case TaskState::kCreated:
      return "CREATED";
    case TaskState::kRunning:
      return "RUNNING";
    case TaskState::kFinished:
      return "FINISHED";
    case TaskState::kFailed:
      return "FAILED";
    case TaskState::kCanceled:
      return "CANCELED";
  }
  return "UNKNOWN";
}

bool IsTerminal(TaskState state) {
  return state == TaskState::kFinished || state == TaskState::kFailed ||
         state == TaskState::kCanceled;
}

protocol::Error ToProto(const Error& error) {
  protocol::Error proto;
  proto.set_code(static_cast<uint32_t>(error.code));
  proto.set_message(error.message);
  return proto;
}

Error FromProto(const protocol::Error& error) {
  const auto code = static_cast<ErrorCode>(error.code());
  const bool fits = static_cast<uint32_t>(code) == error.code();
  const bool known = fits && std::strcmp(Name(code), "UNKNOWN") != 0;
  return {known ? code : ErrorCode::kInternal, error.message()};
}

}  // namespace flinkc
