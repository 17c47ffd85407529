#include "runtime/rest/rescale_routes.h"

#include <algorithm>
#include <string>

namespace flinkc {

namespace {

using protocol::RescaleDescription;

Json OrNull(bool is_there, uint32_t number) { return is_there ? Json(number) : Json(); }
Json OrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json OrNull(int64_t timestamp) { return timestamp == 0 ? Json() : Json(timestamp); }

Json VerticesJson(const RescaleDescription& rescale, const protocol::JobDescription& job) {
  Json vertices = Json::object();
  for (int i = 0; i < rescale.vertices_size() && i < job.vertices_size(); ++i) {
    const protocol::VertexDescription& vertex = job.vertices(i);
    const RescaleDescription::Change& change = rescale.vertices(i);
    vertices[VertexIdOf(vertex.name())] = {
        {"jobVertexId", VertexIdOf(vertex.name())},
        {"jobVertexName", vertex.name()},
        {"slotSharingGroupId", VertexIdOf(vertex.slot_sharing_group())},
        {"slotSharingGroupName", vertex.slot_sharing_group()},
        {"desiredParallelism", change.desired()},
        {"sufficientParallelism", change.sufficient()},
        {"preRescaleParallelism", OrNull(change.has_before(), change.before())},
        {"postRescaleParallelism", OrNull(change.has_after(), change.after())}};
  }
  return vertices;
}

// Slots have no profiles here: one is as good as another.
Json SlotsJson(const RescaleDescription& rescale) {
  Json slots = Json::object();
  for (const auto& [group, change] : rescale.slots()) {
    slots[VertexIdOf(group)] = {{"slotSharingGroupId", VertexIdOf(group)},
                                {"slotSharingGroupName", group},
                                {"requestResourceProfile", Json::object()},
                                {"desiredSlots", change.desired()},
                                {"minimalRequiredSlots", change.sufficient()},
                                {"preRescaleSlots", OrNull(change.has_before(), change.before())},
                                {"postRescaleSlots", OrNull(change.has_after(), change.after())},
                                {"acquiredResourceProfile", Json::object()}};
  }
  return slots;
}

Json StatesJson(const RescaleDescription& rescale) {
  Json states = Json::array();
  for (const RescaleDescription::State& state : rescale.states()) {
    const int64_t left = state.leave_timestamp();
    states.push_back(
        {{"state", state.name()},
         {"enterTimestampInMillis", state.enter_timestamp()},
         {"leaveTimestampInMillis", OrNull(left)},
         {"durationInMillis", left == 0 ? Json() : Json(left - state.enter_timestamp())},
         {"stringifiedException", nullptr}});
  }
  return states;
}

Json RescaleJson(const RescaleDescription& rescale, const protocol::JobDescription& job,
                 bool with_states) {
  return {{"rescaleUuid", rescale.id()},
          {"resourceRequirementsUuid", rescale.requirements_id()},
          {"rescaleAttemptId", rescale.attempt()},
          {"vertices", VerticesJson(rescale, job)},
          {"slots", SlotsJson(rescale)},
          {"schedulerStates", with_states ? StatesJson(rescale) : Json()},
          {"startTimestampInMillis", rescale.start_timestamp()},
          {"endTimestampInMillis", OrNull(rescale.end_timestamp())},
          {"terminalState", OrNull(rescale.terminal_state())},
          {"triggerCause", rescale.trigger_cause()},
          {"terminatedReason", OrNull(rescale.terminated_reason())}};
}

Json CountsJson(const protocol::RescalesDescription& rescales) {
  return {{"ignored", rescales.ignored()},
          {"inProgress", rescales.in_progress()},
          {"completed", rescales.completed()},
          {"failed", rescales.failed()}};
}

HttpResponse GetOverview(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const protocol::RescalesDescription& all = job->rescales();
  const auto latest = [&](bool is_there, const RescaleDescription& rescale) {
    return is_there ? RescaleJson(rescale, *job, false) : Json();
  };
  return JsonResponse({{"rescalesCounts", CountsJson(all)},
                       {"latest",
                        {{"completed", latest(all.has_latest_completed(), all.latest_completed())},
                         {"failed", latest(all.has_latest_failed(), all.latest_failed())},
                         {"ignored", latest(all.has_latest_ignored(), all.latest_ignored())}}}});
}

HttpResponse GetHistory(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  Json history = Json::array();
  for (const RescaleDescription& rescale : job->rescales().history()) {
    history.push_back(RescaleJson(rescale, *job, false));
  }
  return JsonResponse(history);
}

HttpResponse GetSummary(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const protocol::RescalesDescription& all = job->rescales();
  return JsonResponse(
      {{"rescalesCounts", CountsJson(all)},
       {"rescalesDurationStatsInMillis", SummaryJson(all.duration())},
       {"completedRescalesDurationStatsInMillis", SummaryJson(all.completed_duration())},
       {"ignoredRescalesDurationStatsInMillis", SummaryJson(all.ignored_duration())},
       {"failedRescalesDurationStatsInMillis", SummaryJson(all.failed_duration())}});
}

HttpResponse GetDetails(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto& history = job->rescales().history();
  const auto rescale =
      std::ranges::find(history, call.path.at(":rescaleuuid"), &RescaleDescription::id);
  if (rescale == history.end()) {
    return HttpResponse::Failure(404, "no such rescale: only the last ones are remembered");
  }
  return JsonResponse(RescaleJson(*rescale, *job, true));
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/jobs/:jobid/rescales/overview", GetOverview},
    {HttpMethod::kGet, "/jobs/:jobid/rescales/history", GetHistory},
    {HttpMethod::kGet, "/jobs/:jobid/rescales/summary", GetSummary},
    {HttpMethod::kGet, "/jobs/:jobid/rescales/details/:rescaleuuid", GetDetails},
};

}  // namespace

std::span<const RestRoute> RescaleRoutes() { return kRoutes; }

}  // namespace flinkc
