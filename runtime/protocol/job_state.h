// The states of a job, with the names and transitions of Flink's.
#pragma once

#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

enum class JobState : uint32_t {
  kInitializing = 0,  // being prepared: splits found, sinks checked
  kCreated = 1,       // waits for slots
  kRunning = 2,
  kFailing = 3,
  kFailed = 4,
  kCancelling = 5,
  kCanceled = 6,
  kFinished = 7,
  kRestarting = 8,  // failed, and waits to start again
};

// As REST prints it: "RUNNING".
const char* Name(JobState state);
bool IsTerminal(JobState state);

// Of one subtask, in TaskStateUpdate and TaskProgress.
enum class TaskState : uint32_t {
  kCreated = 0,
  kRunning = 1,
  kFinished = 2,
  kFailed = 3,
  kCanceled = 4,
};
inline constexpr size_t kTaskStates = 5;
const char* Name(TaskState state);
bool IsTerminal(TaskState state);

protocol::Error ToProto(const Error& error);
// An unknown code becomes kInternal.
Error FromProto(const protocol::Error& error);

}  // namespace flinkc
