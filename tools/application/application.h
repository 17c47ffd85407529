// Jobs in the process of another program ("application mode"): what `flinkc run` does, as a
// library. Installed as <flinkc/application.h>; it names nothing but the standard library.
//
//   const auto job = flinkc::application::JobClient::Submit({.spec = text});
//   if (!job) return Report(job.error().message);
//   const auto end = job->Wait();
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace flinkc::application {

// What went wrong, for a person: of a spec that is wrong all diagnostics, each with its place.
struct Error {
  std::string message;
};
template <typename T>
using Result = std::expected<T, Error>;

struct Job {
  std::string spec;                               // the text of a spec, in YAML
  std::string name = "spec";                      // what diagnostics call it: its file
  std::map<std::string, std::string> parameters;  // of its `params`
  std::map<std::string, std::string> config;      // Flink's options: {"parallelism.default", "4"}
};

struct Options {
  // Gets what console sinks print, whole lines, on threads of the job's; empty: standard output.
  std::function<void(std::string_view)> print;
  // What a user should know and is no error, on any thread, a line without its end; empty: nobody.
  std::function<void(const std::string&)> log;
  // A REST server on loopback, 0: on any free port; nothing: none.
  std::optional<uint16_t> rest_port;
  size_t memory_limit_bytes = 0;  // of batches, arenas and state; 0: none
  bool jit = true;                // false: the interpreter
};

// Flink's JobStatus.
enum class JobState : uint8_t {
  kInitializing,
  kCreated,
  kRunning,
  kFailing,
  kFailed,
  kCancelling,
  kCanceled,
  kFinished,
  kRestarting,
};

struct JobStatus {
  JobState state = JobState::kInitializing;
  std::string failure;       // why, if it has failed
  uint64_t source_rows = 0;  // read so far
};

// A job that runs in this process, with its own JobManager and TaskManager. Thread-safe.
class JobClient {
 public:
  // Compiles and starts it. An Error: the spec is wrong, or the job cannot be started.
  static Result<JobClient> Submit(const Job& job, const Options& options = {});
  // Cancels what still runs, and waits for it.
  ~JobClient();
  JobClient(JobClient&&) noexcept;
  JobClient& operator=(JobClient&&) noexcept;

  // 32 hexadecimal digits.
  const std::string& id() const;
  JobStatus status() const;
  // Until it has ended: kFinished, kFailed or kCanceled.
  JobStatus Wait() const;
  void Cancel() const;
  // Takes a savepoint in `directory` ("": execution.checkpointing.savepoint-dir) and returns its
  // path; the job needs execution.checkpointing.dir.
  Result<std::string> Savepoint(const std::string& directory = "") const;
  // The same, and ends the job behind it; `drain`: closes all windows first.
  Result<std::string> Stop(const std::string& directory = "", bool drain = false) const;
  // "http://127.0.0.1:8081"; "": there is none.
  std::string rest_url() const;

 private:
  struct Running;
  explicit JobClient(std::unique_ptr<Running> running);

  std::unique_ptr<Running> running_;
};

}  // namespace flinkc::application
