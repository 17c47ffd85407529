// What REST asks of the JobManager. Behind it: messages (transport_gateway.h), or a test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/graph/barrier_kind.h"
#include "runtime/protocol/job_description.pb.h"
#include "runtime/protocol/messages.pb.h"
#include "runtime/rest/async_operations.h"

namespace flinkc {

// Thread-safe. An answer may take some seconds where the JobManager is busy.
class JobGateway {
 public:
  virtual ~JobGateway() = default;

  // kUnavailable: the JobManager does not answer.
  virtual Result<protocol::DescribeJobsReply> Describe(const protocol::DescribeJobs& request) = 0;

  // Takes a job in and returns its id; it may wait for slots. `job_graph`: a serialized JobGraph.
  // `job_id`: drawn by the client, so that the same call again is no second job; "": it draws none.
  // kInvalidArgument, …: it is none, or its options make no sense. kAlreadyExists: another job has
  // the id.
  virtual Result<std::string> Submit(std::string job_graph, std::string job_id) = 0;
  // The last of what a TaskManager has said, or its jobs have printed. kNotFound: there is none.
  virtual Result<protocol::LogText> ReadLog(const std::string& task_manager_id,
                                            bool standard_output) = 0;
  // What else a TaskManager, named in `ask`, is asked. Errors are its own, or kNotFound.
  virtual Result<protocol::TaskManagerAnswer> Ask(protocol::AskTaskManager ask) = 0;
  virtual void Cancel(const std::string& job_id) = 0;
  // kInvalidArgument: the job cannot run so. kNotFound: there is no such job that has not ended.
  virtual Status UpdateRequirements(const std::string& job_id,
                                    protocol::ResourceRequirements requirements) = 0;
  // The client that waits for the job is there until then, in milliseconds since 1970.
  virtual void ReportClientHeartbeat(const std::string& job_id, int64_t expired_timestamp) = 0;

  // Asks for a checkpoint or savepoint, or for the end of one, and returns at once with the number
  // to ask for it by: `operation.trigger_id`, or a new one where that is empty. One that is known
  // already is not started again. kAlreadyExists: another operation has this number; kUnavailable:
  // too many are under way.
  virtual Result<std::string> Trigger(const AsyncOperation& operation) = 0;
  virtual std::optional<AsyncOperation> FindOperation(const std::string& job_id,
                                                      const std::string& trigger_id) = 0;
};

}  // namespace flinkc
