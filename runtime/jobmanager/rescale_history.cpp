#include "runtime/jobmanager/rescale_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/abi/hash.h"
#include "runtime/jobmanager/describe_checkpoints.h"

namespace flinkc {

namespace {

constexpr size_t kDurationsMax = 1'000;

const char* Name(RescaleCause cause) {
  switch (cause) {
    case RescaleCause::kInitialSchedule:
      return "INITIAL_SCHEDULE";
    case RescaleCause::kUpdateRequirement:
      return "UPDATE_REQUIREMENT";
    case RescaleCause::kNewResourceAvailable:
      return "NEW_RESOURCE_AVAILABLE";
    case RescaleCause::kRecoverableFailover:
      return "RECOVERABLE_FAILOVER";
  }
  return "";
}

const char* Name(RescaleEnd end) {
  switch (end) {
    case RescaleEnd::kSucceeded:
      return "SUCCEEDED";
    case RescaleEnd::kExceptionOccurred:
      return "EXCEPTION_OCCURRED";
    case RescaleEnd::kResourceRequirementsUpdated:
      return "RESOURCE_REQUIREMENTS_UPDATED";
    case RescaleEnd::kNoResourcesOrParallelismsChange:
      return "NO_RESOURCES_OR_PARALLELISMS_CHANGE";
    case RescaleEnd::kJobFinished:
      return "JOB_FINISHED";
    case RescaleEnd::kJobFailing:
      return "JOB_FAILING";
    case RescaleEnd::kJobFailoverRestarting:
      return "JOB_FAILOVER_RESTARTING";
    case RescaleEnd::kJobCanceling:
      return "JOB_CANCELING";
  }
  return "";
}

// As Flink's AdaptiveScheduler calls what it does then.
const char* SchedulerStateOf(JobState state) {
  switch (state) {
    case JobState::kInitializing:
      return "Created";
    case JobState::kCreated:
      return "WaitingForResources";
    case JobState::kRunning:
      return "Executing";
    case JobState::kRestarting:
      return "Restarting";
    case JobState::kFailing:
      return "Failing";
    case JobState::kCancelling:
      return "Canceling";
    default:
      return "Finished";
  }
}

void Enter(JobState state, int64_t now, protocol::RescaleDescription* rescale) {
  protocol::RescaleDescription::State& entered = *rescale->add_states();
  entered.set_name(SchedulerStateOf(state));
  entered.set_enter_timestamp(now);
}

void Leave(int64_t now, protocol::RescaleDescription* rescale) {
  if (rescale->states().empty()) return;
  rescale->mutable_states()->rbegin()->set_leave_timestamp(now);
}

}  // namespace

std::string RescaleHistory::IdOf(std::string_view kind, uint64_t number) const {
  const std::string text = fmt::format("{} {} {}", kind, number, job_id_);
  const uint64_t hash = HashBytes(text.data(), static_cast<uint32_t>(text.size()));
  return fmt::format("{:016x}{:016x}", hash, CombineHash(hash, number));
}

void RescaleHistory::OnRequirements(int64_t now) {
  OnEnded(RescaleEnd::kResourceRequirementsUpdated, {}, now);
  ++requirements_;
  attempts_ = 0;
}

void RescaleHistory::OnTriggered(RescaleCause cause, const JobGraph& graph,
                                 const ResourceRequirements& requirements,
                                 const std::optional<Parallelisms>& before, JobState state,
                                 int64_t now) {
  OnEnded(cause == RescaleCause::kRecoverableFailover
              ? RescaleEnd::kJobFailoverRestarting
              : RescaleEnd::kNoResourcesOrParallelismsChange,
          {}, now);
  is_under_way_ = true;
  // The first one with other bounds is due to them.
  if (cause == RescaleCause::kNewResourceAvailable && attempts_ == 0) {
    cause = RescaleCause::kUpdateRequirement;
  }
  protocol::RescaleDescription& rescale = history_.emplace_front();
  if (history_.size() > kHistoryMax) history_.pop_back();
  rescale.set_id(IdOf("rescale", ++triggered_));
  rescale.set_requirements_id(IdOf("requirements", requirements_));
  rescale.set_attempt(++attempts_);
  rescale.set_trigger_cause(Name(cause));
  rescale.set_start_timestamp(now);
  groups_.clear();
  for (const JobVertex& vertex : graph.vertices) {
    const ResourceRequirements::Range& range = requirements.of(vertex.id.value());
    protocol::RescaleDescription::Change& slots =
        (*rescale.mutable_slots())[vertex.slot_sharing_group];
    protocol::RescaleDescription::Change& change = *rescale.add_vertices();
    change.set_desired(range.upper);
    change.set_sufficient(range.lower);
    slots.set_desired(std::max(slots.desired(), range.upper));
    slots.set_sufficient(std::max(slots.sufficient(), range.lower));
    if (before) {
      change.set_before((*before)[vertex.id.value()]);
      slots.set_before(std::max(slots.before(), change.before()));
    }
    groups_.push_back(vertex.slot_sharing_group);
  }
  Enter(state, now, &rescale);
}

void RescaleHistory::OnState(JobState state, int64_t now) {
  if (!is_under_way_) return;
  Leave(now, &history_.front());
  Enter(state, now, &history_.front());
}

void RescaleHistory::OnEnded(RescaleEnd end, const Parallelisms& after, int64_t now) {
  if (!std::exchange(is_under_way_, false)) return;
  protocol::RescaleDescription& rescale = history_.front();
  for (size_t vertex = 0; vertex < after.size(); ++vertex) {
    rescale.mutable_vertices(static_cast<int>(vertex))->set_after(after[vertex]);
    protocol::RescaleDescription::Change& slots = (*rescale.mutable_slots())[groups_[vertex]];
    slots.set_after(std::max(slots.after(), after[vertex]));
  }
  Leave(now, &rescale);
  rescale.set_end_timestamp(now);
  rescale.set_terminated_reason(Name(end));
  rescale.set_terminal_state(end == RescaleEnd::kSucceeded           ? "COMPLETED"
                             : end == RescaleEnd::kExceptionOccurred ? "FAILED"
                                                                     : "IGNORED");
  Ended& ended = end == RescaleEnd::kSucceeded           ? completed_
                 : end == RescaleEnd::kExceptionOccurred ? failed_
                                                         : ignored_;
  ended.latest = rescale;
  ++ended.count;
  ended.durations.push_back(now - rescale.start_timestamp());
  if (ended.durations.size() > kDurationsMax) ended.durations.pop_front();
}

void RescaleHistory::Describe(protocol::RescalesDescription* description) const {
  description->set_in_progress(is_under_way_ ? 1 : 0);
  description->set_completed(completed_.count);
  description->set_failed(failed_.count);
  description->set_ignored(ignored_.count);
  for (const protocol::RescaleDescription& rescale : history_) {
    *description->add_history() = rescale;
  }
  if (completed_.latest) *description->mutable_latest_completed() = *completed_.latest;
  if (failed_.latest) *description->mutable_latest_failed() = *failed_.latest;
  if (ignored_.latest) *description->mutable_latest_ignored() = *ignored_.latest;
  std::vector<int64_t> all;
  const auto describe = [&](const Ended& ended, protocol::SummaryDescription* summary) {
    all.insert(all.end(), ended.durations.begin(), ended.durations.end());
    DescribeSummary(Summarize({ended.durations.begin(), ended.durations.end()}), summary);
  };
  describe(completed_, description->mutable_completed_duration());
  describe(failed_, description->mutable_failed_duration());
  describe(ignored_, description->mutable_ignored_duration());
  DescribeSummary(Summarize(std::move(all)), description->mutable_duration());
}

}  // namespace flinkc
