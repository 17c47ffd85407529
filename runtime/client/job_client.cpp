#include "runtime/client/job_client.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace flinkc {

namespace {

// A JobManager in the same process answers at once; one that does not is gone.
constexpr std::chrono::seconds kReplyTimeout(30);

JobStatus FromUpdate(const protocol::JobUpdate& update) {
  JobStatus status;
  status.state = static_cast<JobState>(update.state());
  if (update.has_error()) status.error = FromProto(update.error());
  status.failed_before_running = update.failed_before_running();
  status.waiting_for = update.waiting_for();
  status.bytes_total = update.total_bytes();
  bool any = false;
  bool any_source = false;
  int64_t watermark = INT64_MAX;
  for (const protocol::TaskProgress& task : update.tasks()) {
    if (task.is_source()) {
      status.source_rows += task.rows_in();
      status.source_rows_least =
          any_source ? std::min(status.source_rows_least, task.rows_in()) : task.rows_in();
      any_source = true;
      status.bytes_read += task.bytes_read();
    }
    status.rows_out += task.rows_out();
    any = true;
    watermark = std::min<int64_t>(watermark, task.watermark());
  }
  if (any) status.watermark_micros = watermark;
  return status;
}

}  // namespace

JobClient::JobClient(Transport* transport, const std::string& id, std::string job_manager)
    : transport_(transport), address_("client/" + id), job_manager_(std::move(job_manager)) {
  endpoint_ = std::make_unique<Endpoint>(
      transport, address_, [this](const protocol::Envelope& envelope) { OnMessage(envelope); });
}

void JobClient::OnMessage(const protocol::Envelope& envelope) {
  std::lock_guard lock(mutex_);
  if (envelope.has_submit_job_reply()) {
    const auto reply = replies_.find(envelope.submit_job_reply().request_id());
    if (reply != replies_.end()) reply->second = envelope.submit_job_reply();
  } else if (envelope.has_job_update() &&
             envelope.job_update().state() <= static_cast<uint32_t>(JobState::kFinished)) {
    jobs_[envelope.job_update().job_id()] = FromUpdate(envelope.job_update());
  }
  ++updates_;
  changed_.notify_all();
}

void JobClient::Send(protocol::Envelope envelope) {
  envelope.set_from(address_);
  envelope.set_to(job_manager_);
  transport_->Send(std::move(envelope));
}

Result<std::string> JobClient::Submit(const JobGraph& graph) {
  protocol::Envelope envelope;
  envelope.mutable_submit_job()->set_job_graph(Serialize(graph));
  std::unique_lock lock(mutex_);
  const uint64_t request = next_request_++;
  envelope.mutable_submit_job()->set_request_id(request);
  replies_[request];
  lock.unlock();
  Send(std::move(envelope));
  lock.lock();
  const bool answered =
      changed_.wait_for(lock, kReplyTimeout, [&] { return replies_[request].has_value(); });
  const auto reply = replies_.extract(request);
  if (!answered) {
    return MakeError(ErrorCode::kUnavailable,
                     "the JobManager at `" + job_manager_ + "` does not answer");
  }
  if (reply.mapped()->has_error()) return std::unexpected(FromProto(reply.mapped()->error()));
  return reply.mapped()->job_id();
}

void JobClient::Cancel(const std::string& job_id) {
  protocol::Envelope envelope;
  envelope.mutable_cancel_job()->set_job_id(job_id);
  Send(std::move(envelope));
}

JobStatus JobClient::StatusOf(const std::string& job_id) const {
  std::lock_guard lock(mutex_);
  const auto job = jobs_.find(job_id);
  return job == jobs_.end() ? JobStatus() : job->second;
}

JobStatus JobClient::Wait(const std::string& job_id,
                          const std::function<void(const JobStatus&)>& on_update,
                          int64_t interval_micros) {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto job = jobs_.find(job_id);
    const JobStatus status = job == jobs_.end() ? JobStatus() : job->second;
    const uint64_t seen = updates_;
    if (on_update != nullptr) {
      lock.unlock();
      on_update(status);
      lock.lock();
    }
    if (IsTerminal(status.state)) return status;
    const auto has_news = [&] { return updates_ != seen; };
    if (interval_micros > 0) {
      changed_.wait_for(lock, std::chrono::microseconds(interval_micros), has_news);
    } else {
      changed_.wait(lock, has_news);
    }
  }
}

}  // namespace flinkc
