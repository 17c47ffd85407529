// Whether a job goes with the client that has submitted it: one that waits for the job and was told
// to take it along (Flink's execution.attached and execution.shutdown-on-attached-exit) says at an
// interval until when it is to be believed that it is there.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runtime/base/result.h"

namespace flinkc {

struct ClientHeartbeatOptions {
  static constexpr const char* kAttached = "execution.attached";
  static constexpr const char* kShutdownOnAttachedExit = "execution.shutdown-on-attached-exit";

  bool attached = false;  // `flinkc submit` writes it
  bool shutdown_on_attached_exit = false;
  int64_t interval_micros = 30'000'000;
  int64_t timeout_micros = 180'000'000;

  // The job is cancelled when its client is gone.
  bool is_watched() const { return attached && shutdown_on_attached_exit; }

  // Takes them out of a job's configuration. kInvalidArgument names every option that is wrong.
  static Result<ClientHeartbeatOptions> Parse(const std::map<std::string, std::string>& config);
};

}  // namespace flinkc
