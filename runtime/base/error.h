// Errors of the world: a file that is not there, a full disk, a job that failed. Errors of the
// user's spec are Diagnostics (compiler/diagnostics); our own mistakes are CHECKs (check.h).
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace flinkc {

// Numbered by who is to blame: 1xxx the input's data, 2xxx the environment, 3xxx the running job,
// 9xxx flinkc itself. A number, once given, keeps its meaning.
enum class ErrorCode : uint16_t {
  kInvalidData = 1001,      // undecodable bytes, a row that failed under on_error: fail
  kInvalidArgument = 1002,  // an option that makes no sense
  kCorrupt = 1003,          // a file of ours that fails its checksum
  kNotFound = 2001,         // a file or directory that is not there
  kPermissionDenied = 2002,
  kAlreadyExists = 2003,
  kNoSpace = 2004,
  kIo = 2005,           // any other failure of the operating system
  kUnavailable = 2006,  // a peer or a port that cannot be reached
  kMemoryLimit = 3001,  // the job's accounted memory would pass its limit
  kJobFailed = 3002,
  kCancelled = 3003,
  kTimedOut = 3004,
  kUnsupported = 3005,
  kStateIncompatible = 3006,  // a checkpoint that the job's state cannot be made from
  kInternal = 9001,
};

// The name as printed in messages and logs, such as "NOT_FOUND".
const char* Name(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  // One sentence for a person: what failed, where, and where possible how to mend it.
  std::string message;

  // The same error with `context` before its message, as in "reading a.csv: no such file"; once,
  // although several rooms on its way out may know the context.
  Error WithContext(const std::string& context) && {
    if (!message.starts_with(context + ": ")) message = context + ": " + message;
    return std::move(*this);
  }
};

}  // namespace flinkc
