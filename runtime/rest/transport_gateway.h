// The JobGateway that talks to a JobManager by messages.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/protocol/endpoint.h"
#include "runtime/rest/async_operations.h"
#include "runtime/rest/job_gateway.h"

namespace flinkc {

class TransportGateway final : public JobGateway {
 public:
  // Both must outlive the gateway.
  TransportGateway(Transport* transport, const Clock* clock,
                   std::string job_manager = "jobmanager");

  Result<protocol::DescribeJobsReply> Describe(const protocol::DescribeJobs& request) override;
  Result<std::string> Submit(std::string job_graph, std::string job_id) override;
  Result<protocol::LogText> ReadLog(const std::string& task_manager_id,
                                    bool standard_output) override;
  Result<protocol::TaskManagerAnswer> Ask(protocol::AskTaskManager ask) override;
  void Cancel(const std::string& job_id) override;
  Status UpdateRequirements(const std::string& job_id,
                            protocol::ResourceRequirements requirements) override;
  void ReportClientHeartbeat(const std::string& job_id, int64_t expired_timestamp) override;
  Result<std::string> Trigger(const AsyncOperation& operation) override;
  std::optional<AsyncOperation> FindOperation(const std::string& job_id,
                                              const std::string& trigger_id) override;

  // Returns when every result was fetched, or after `timeout_micros`: the client that has stopped a
  // job is to learn of its savepoint before the process ends with the job.
  void WaitUntilFetched(int64_t timeout_micros);

 private:
  void OnMessage(const protocol::Envelope& envelope);
  void Send(protocol::Envelope envelope);
  // Sends it and waits for the answer, which `answers` gets under the number.
  template <typename Reply>
  Result<Reply> Ask(uint64_t id, protocol::Envelope envelope,
                    std::map<uint64_t, std::optional<Reply>>& answers);
  uint64_t NextRequest();
  int64_t NowMicros() const { return clock_->MonotonicNanos() / 1000; }

  // Constant after construction.
  Transport* const transport_;
  const Clock* const clock_;
  const std::string job_manager_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_request_ = 1;
  std::map<uint64_t, std::optional<protocol::DescribeJobsReply>> descriptions_;
  std::map<uint64_t, std::optional<protocol::SubmitJobReply>> submissions_;
  std::map<uint64_t, std::optional<protocol::TaskManagerAnswer>> answers_;
  std::map<uint64_t, std::optional<protocol::UpdateRequirementsReply>> updates_;
  AsyncOperations operations_;

  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace flinkc
