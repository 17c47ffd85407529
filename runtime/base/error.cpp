#include "runtime/base/error.h"

namespace flinkc {

const char* Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidData: return "INVALID_DATA";
    case ErrorCode::kInvalidArgument: return "INVALID_ARGUMENT";
    case ErrorCode::kCorrupt: return "CORRUPT";
    case ErrorCode::kNotFound: return "NOT_FOUND";
    case ErrorCode::kPermissionDenied: return "PERMISSION_DENIED";
    case ErrorCode::kAlreadyExists: return "ALREADY_EXISTS";
    case ErrorCode::kNoSpace: return "NO_SPACE";
    case ErrorCode::kIo: return "IO";
    case ErrorCode::kUnavailable: return "UNAVAILABLE";
    case ErrorCode::kMemoryLimit: return "MEMORY_LIMIT";
    case ErrorCode::kJobFailed: return "JOB_FAILED";
    case ErrorCode::kCancelled: return "CANCELLED";
    case ErrorCode::kTimedOut: return "TIMED_OUT";
    case ErrorCode::kUnsupported: return "UNSUPPORTED";
    case ErrorCode::kStateIncompatible: return "STATE_INCOMPATIBLE";
    case ErrorCode::kInternal: return "INTERNAL";
  }
  return "UNKNOWN";
}

}  // namespace flinkc
