// What was asked for over REST and takes its time: checkpoints, savepoints, and to dispose of one:
// each has a number, given by the client or by us, by which its result is fetched. A request
// repeated with the same number starts nothing new. Bounded: results go after some minutes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "runtime/base/error.h"
#include "runtime/base/result.h"
#include "runtime/graph/barrier_kind.h"

namespace flinkc {

struct AsyncOperation {
  std::string job_id;
  std::string trigger_id;  // 32 hexadecimal digits
  BarrierKind kind = BarrierKind::kCheckpoint;
  std::string target;  // of a savepoint; "": the configured directory
  bool full = false;   // of a checkpoint: refer to no earlier file
  // The savepoint at `target` is to be disposed of, whatever `kind` says; `job_id` is "".
  bool disposes = false;

  // The result.
  bool completed = false;
  uint64_t checkpoint_id = 0;
  std::string path;
  std::optional<Error> error;
};

// One thread at a time. Times in monotonic microseconds.
class AsyncOperations {
 public:
  static constexpr size_t kOperationsMax = 1'000;
  // As rest.async.store-duration.
  static constexpr int64_t kResultsKeptMicros = 300'000'000;

  // True: it is new, and to be started under *request_id. False: it is known.
  Result<bool> Add(const AsyncOperation& operation, int64_t now_micros, uint64_t* request_id);
  void Complete(uint64_t request_id, uint64_t checkpoint_id, std::string path,
                std::optional<Error> error, int64_t now_micros);
  std::optional<AsyncOperation> Find(const std::string& job_id, const std::string& trigger_id);
  // A result that nobody has seen yet, or an operation under way.
  bool HasUnfetched() const;

 private:
  struct Entry {
    AsyncOperation operation;
    uint64_t request_id = 0;
    int64_t completed_at_micros = 0;
    bool fetched = false;
  };

  void Expire(int64_t now_micros);

  std::map<std::pair<std::string, std::string>, Entry> entries_;  // by job and trigger
  uint64_t next_request_ = 1;
};

}  // namespace flinkc
