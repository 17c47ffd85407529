#include "runtime/rest/transport_gateway.h"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <utility>

#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

constexpr const char* kAddress = "client/rest";
// A JobManager that writes to a slow disk answers late.
constexpr std::chrono::seconds kReplyTimeout(10);

std::string RandomTriggerId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

TransportGateway::TransportGateway(Transport* transport, const Clock* clock,
                                   std::string job_manager)
    : transport_(transport), clock_(clock), job_manager_(std::move(job_manager)) {
  endpoint_ = std::make_unique<Endpoint>(
      transport, kAddress, [this](const protocol::Envelope& envelope) { OnMessage(envelope); });
}

void TransportGateway::Send(protocol::Envelope envelope) {
  envelope.set_from(kAddress);
  envelope.set_to(job_manager_);
  transport_->Send(std::move(envelope));
}

void TransportGateway::OnMessage(const protocol::Envelope& envelope) {
  const std::lock_guard lock(mutex_);
  if (envelope.has_describe_jobs_reply()) {
    const auto waiting = descriptions_.find(envelope.describe_jobs_reply().request_id());
    if (waiting != descriptions_.end()) waiting->second = envelope.describe_jobs_reply();
  } else if (envelope.has_submit_job_reply()) {
    const auto waiting = submissions_.find(envelope.submit_job_reply().request_id());
    if (waiting != submissions_.end()) waiting->second = envelope.submit_job_reply();
  } else if (envelope.has_task_manager_answer()) {
    const auto waiting = answers_.find(envelope.task_manager_answer().request_id());
    if (waiting != answers_.end()) waiting->second = envelope.task_manager_answer();
  } else if (envelope.has_update_requirements_reply()) {
    const auto waiting = updates_.find(envelope.update_requirements_reply().request_id());
    if (waiting != updates_.end()) waiting->second = envelope.update_requirements_reply();
  } else if (envelope.has_request_checkpoint_reply()) {
    const protocol::RequestCheckpointReply& reply = envelope.request_checkpoint_reply();
    std::optional<Error> error;
    if (reply.has_error()) error = FromProto(reply.error());
    operations_.Complete(reply.request_id(), reply.checkpoint_id(), reply.path(), std::move(error),
                         NowMicros());
  } else if (envelope.has_dispose_savepoint_reply()) {
    const protocol::DisposeSavepointReply& reply = envelope.dispose_savepoint_reply();
    std::optional<Error> error;
    if (reply.has_error()) error = FromProto(reply.error());
    operations_.Complete(reply.request_id(), 0, "", std::move(error), NowMicros());
  }
  changed_.notify_all();
}

uint64_t TransportGateway::NextRequest() {
  const std::lock_guard lock(mutex_);
  return next_request_++;
}

template <typename Reply>
Result<Reply> TransportGateway::Ask(uint64_t id, protocol::Envelope envelope,
                                    std::map<uint64_t, std::optional<Reply>>& answers) {
  std::unique_lock lock(mutex_);
  answers[id];
  lock.unlock();
  Send(std::move(envelope));
  lock.lock();
  const bool answered =
      changed_.wait_for(lock, kReplyTimeout, [&] { return answers[id].has_value(); });
  auto reply = answers.extract(id);
  if (!answered) {
    return MakeError(ErrorCode::kUnavailable, "the JobManager does not answer; try again later");
  }
  return *std::move(reply.mapped());
}

Result<protocol::DescribeJobsReply> TransportGateway::Describe(
    const protocol::DescribeJobs& request) {
  protocol::Envelope envelope;
  *envelope.mutable_describe_jobs() = request;
  const uint64_t id = NextRequest();
  envelope.mutable_describe_jobs()->set_request_id(id);
  return Ask(id, std::move(envelope), descriptions_);
}

Result<std::string> TransportGateway::Submit(std::string job_graph, std::string job_id) {
  protocol::Envelope envelope;
  envelope.mutable_submit_job()->set_job_id(std::move(job_id));
  envelope.mutable_submit_job()->set_job_graph(std::move(job_graph));
  const uint64_t id = NextRequest();
  envelope.mutable_submit_job()->set_request_id(id);
  ASSIGN_OR_RETURN(const protocol::SubmitJobReply reply,
                   Ask(id, std::move(envelope), submissions_));
  if (reply.has_error()) return std::unexpected(FromProto(reply.error()));
  return reply.job_id();
}

Result<protocol::LogText> TransportGateway::ReadLog(const std::string& task_manager_id,
                                                    bool standard_output) {
  protocol::AskTaskManager ask;
  ask.set_task_manager_id(task_manager_id);
  ask.mutable_read_log()->set_standard_output(standard_output);
  ASSIGN_OR_RETURN(protocol::TaskManagerAnswer answer, Ask(std::move(ask)));
  return std::move(*answer.mutable_log());
}

Result<protocol::TaskManagerAnswer> TransportGateway::Ask(protocol::AskTaskManager ask) {
  const uint64_t id = NextRequest();
  ask.set_request_id(id);
  protocol::Envelope envelope;
  *envelope.mutable_ask_task_manager() = std::move(ask);
  ASSIGN_OR_RETURN(protocol::TaskManagerAnswer answer, Ask(id, std::move(envelope), answers_));
  if (answer.has_error()) return std::unexpected(FromProto(answer.error()));
  return answer;
}

void TransportGateway::Cancel(const std::string& job_id) {
  protocol::Envelope envelope;
  envelope.mutable_cancel_job()->set_job_id(job_id);
  Send(std::move(envelope));
}

Status TransportGateway::UpdateRequirements(const std::string& job_id,
                                            protocol::ResourceRequirements requirements) {
  protocol::Envelope envelope;
  protocol::UpdateRequirements& update = *envelope.mutable_update_requirements();
  update.set_job_id(job_id);
  *update.mutable_requirements() = std::move(requirements);
  const uint64_t id = NextRequest();
  update.set_request_id(id);
  ASSIGN_OR_RETURN(const protocol::UpdateRequirementsReply reply,
                   Ask(id, std::move(envelope), updates_));
  if (reply.has_error()) return std::unexpected(FromProto(reply.error()));
  return {};
}

void TransportGateway::ReportClientHeartbeat(const std::string& job_id, int64_t expired_timestamp) {
  protocol::Envelope envelope;
  envelope.mutable_client_heartbeat()->set_job_id(job_id);
  envelope.mutable_client_heartbeat()->set_expired_timestamp(expired_timestamp);
  Send(std::move(envelope));
}

Result<std::string> TransportGateway::Trigger(const AsyncOperation& asked) {
  AsyncOperation operation = asked;
  if (operation.trigger_id.empty()) operation.trigger_id = RandomTriggerId();
  uint64_t request_id = 0;
  {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(const bool is_new, operations_.Add(operation, NowMicros(), &request_id));
    if (!is_new) return operation.trigger_id;
  }
  protocol::Envelope envelope;
  if (operation.disposes) {
    envelope.mutable_dispose_savepoint()->set_request_id(request_id);
    envelope.mutable_dispose_savepoint()->set_path(operation.target);
  } else {
    protocol::RequestCheckpoint& request = *envelope.mutable_request_checkpoint();
    request.set_request_id(request_id);
    request.set_job_id(operation.job_id);
    request.set_kind(static_cast<uint32_t>(operation.kind));
    request.set_target(operation.target);
    request.set_full(operation.full);
  }
  Send(std::move(envelope));
  return operation.trigger_id;
}

std::optional<AsyncOperation> TransportGateway::FindOperation(const std::string& job_id,
                                                              const std::string& trigger_id) {
  const std::lock_guard lock(mutex_);
  std::optional<AsyncOperation> found = operations_.Find(job_id, trigger_id);
  changed_.notify_all();
  return found;
}

void TransportGateway::WaitUntilFetched(int64_t timeout_micros) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::microseconds(timeout_micros),
                    [&] { return !operations_.HasUnfetched(); });
}

}  // namespace flinkc
