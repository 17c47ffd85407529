// Watermark alignment, as far as the JobMaster has to do with it: what subtasks of sources report,
// and how far they may read.
#include "runtime/jobmanager/job_master.h"

namespace flinkc {

JobMasterCommands JobMaster::OnReportAlignment(const protocol::ReportAlignment& report) {
  JobMasterCommands commands;
  if (!IsRunning(report.task())) return commands;
  alignment_.OnReport(report);
  TellLimits(commands);
  return commands;
}

void JobMaster::TellLimits(JobMasterCommands& commands) {
  const std::vector<SourceAlignment::Limit> due =
      alignment_.TakeDue(environment_.now().monotonic_micros);
  if (due.empty()) return;
  protocol::Envelope envelope;
  protocol::LimitWatermarks& message = *envelope.mutable_limit_watermarks();
  message.set_job_id(job_id_);
  for (const SourceAlignment::Limit& one : due) {
    protocol::LimitWatermarks::Limit& limit = *message.add_limits();
    limit.set_vertex(one.vertex);
    limit.set_watermark(one.watermark);
  }
  SendToAllTaskManagers(envelope, commands);
}

}  // namespace flinkc
