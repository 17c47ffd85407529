// Submits jobs and follows them: attached (Wait) or detached.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/endpoint.h"
#include "runtime/protocol/job_state.h"
#include "runtime/protocol/transport.h"

namespace flinkc {

// How a job stands, as last told by the JobManager.
struct JobStatus {
  JobState state = JobState::kInitializing;
  std::optional<Error> error;
  // The failure came before any of the job ran: an input that is not there, an unwritable sink.
  bool failed_before_running = false;
  std::string waiting_for;               // why it waits, "" if it does not
  int64_t watermark_micros = INT64_MIN;  // the least of all tasks that have one
  uint64_t source_rows = 0;
  uint64_t source_rows_least = 0;  // by the subtask of a source that has read the fewest
  uint64_t rows_out = 0;           // of all tasks, to sinks and edges
  uint64_t bytes_read = 0;
  int64_t bytes_total = 0;  // 0: not known
};

// Thread-safe.
class JobClient {
 public:
  // `id` distinguishes the clients of one transport, which must outlive the client.
  JobClient(Transport* transport, const std::string& id, std::string job_manager = "jobmanager");

  // The job's id, once the JobManager has taken it.
  Result<std::string> Submit(const JobGraph& graph);
  void Cancel(const std::string& job_id);
  JobStatus StatusOf(const std::string& job_id) const;
  // Returns the terminal status. `on_update` is called, on this thread, whenever the status has
  // changed, and at least every `interval_micros` if that is above 0.
  JobStatus Wait(const std::string& job_id,
                 const std::function<void(const JobStatus&)>& on_update = nullptr,
                 int64_t interval_micros = 0);

 private:
  void OnMessage(const protocol::Envelope& envelope);
  void Send(protocol::Envelope envelope);

  // Constant after construction.
  Transport* const transport_;
  const std::string address_;
  const std::string job_manager_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_request_ = 1;
  std::map<uint64_t, std::optional<protocol::SubmitJobReply>> replies_;
  std::map<std::string, JobStatus> jobs_;
  uint64_t updates_ = 0;

  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace flinkc
