#include "runtime/rest/checkpoint_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "runtime/metrics/summary.h"
#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

// Where a savepoint is to go, as Flink's clients write it: an absolute path or a file: URI of this
// machine. "" stays "": the configured directory.
Result<std::string> TargetOf(std::string text) {
  const std::string given = text;
  const auto wrong = [&](const char* why) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the directory `{}` of the savepoint {}", given, why));
  };
  if (text.starts_with("file://")) {
    text.erase(0, 7);
  } else if (text.starts_with("file:")) {
    text.erase(0, 5);
  } else if (text.find("://") != std::string::npos) {
    return wrong("is of no supported file system; give a path or file:///path");
  }
  if (given.empty()) return text;
  if (!text.starts_with('/')) return wrong("is no absolute path");
  if (text.size() > 4096) return wrong("is too long");
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    return wrong("holds control characters");
  }
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('/', begin), text.size());
    if (text.compare(begin, end - begin, "..") == 0) return wrong("must not hold `..`");
    begin = end + 1;
  }
  return text;
}

Status CheckFormat(const Json& body) {
  ASSIGN_OR_RETURN(const std::string format, StringIn(body, "formatType"));
  if (format.empty() || format == "CANONICAL" || format == "DEFAULT") return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("`formatType: {}` is not supported; savepoints are CANONICAL", format));
}

Result<std::string> TriggerIdIn(const Json& body) {
  ASSIGN_OR_RETURN(std::string id, StringIn(body, "triggerId"));
  if (id.empty() || IsId(id)) return id;
  return MakeError(ErrorCode::kInvalidArgument,
                   "`triggerId` must be 32 hexadecimal digits in lower case");
}

// Starts the operation and answers with its number.
HttpResponse Start(const RestCall& call, Result<AsyncOperation> operation) {
  if (!operation) return FailureOf(operation.error());
  operation->job_id = call.path.at(":jobid");
  // A repeated request is answered as the first was, also when the job has ended since.
  if (operation->trigger_id.empty() ||
      !call.gateway->FindOperation(operation->job_id, operation->trigger_id)) {
    if (const auto job = DescribeJobOf(call); !job) return FailureOf(job.error());
  }
  const Result<std::string> id = call.gateway->Trigger(*operation);
  if (!id) return FailureOf(id.error());
  return JsonResponse({{"request-id", *id}}, 202);
}

Result<AsyncOperation> SavepointOf(const RestCall& call) {
  AsyncOperation operation;
  operation.kind = BarrierKind::kSavepoint;
  ASSIGN_OR_RETURN(const Json body, ParseBody(call.body, {"target-directory", "cancel-job",
                                                          "formatType", "triggerId"}));
  ASSIGN_OR_RETURN(std::string target, StringIn(body, "target-directory"));
  ASSIGN_OR_RETURN(operation.target, TargetOf(std::move(target)));
  ASSIGN_OR_RETURN(operation.trigger_id, TriggerIdIn(body));
  ASSIGN_OR_RETURN(const bool cancels, FlagIn(body, "cancel-job"));
  RETURN_IF_ERROR(CheckFormat(body));
  if (cancels) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "`cancel-job` is not supported: what is written between the savepoint and the "
                     "cancellation would be written twice; POST /jobs/:jobid/stop instead");
  }
  return operation;
}

Result<AsyncOperation> StopOf(const RestCall& call) {
  AsyncOperation operation;
  ASSIGN_OR_RETURN(const Json body,
                   ParseBody(call.body, {"targetDirectory", "drain", "formatType", "triggerId"}));
  ASSIGN_OR_RETURN(std::string target, StringIn(body, "targetDirectory"));
  ASSIGN_OR_RETURN(operation.target, TargetOf(std::move(target)));
  ASSIGN_OR_RETURN(operation.trigger_id, TriggerIdIn(body));
  ASSIGN_OR_RETURN(const bool drain, FlagIn(body, "drain"));
  RETURN_IF_ERROR(CheckFormat(body));
  operation.kind = drain ? BarrierKind::kStopWithDrain : BarrierKind::kStop;
  return operation;
}

Result<AsyncOperation> CheckpointOf(const RestCall& call) {
  AsyncOperation operation;
  ASSIGN_OR_RETURN(const Json body, ParseBody(call.body, {"checkpointType", "triggerId"}));
  ASSIGN_OR_RETURN(const std::string type, StringIn(body, "checkpointType"));
  ASSIGN_OR_RETURN(operation.trigger_id, TriggerIdIn(body));
  if (!type.empty() && type != "CONFIGURED" && type != "FULL") {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("`checkpointType: {}` is not supported; there are CONFIGURED and "
                                 "FULL",
                                 type));
  }
  operation.full = type == "FULL";
  return operation;
}

HttpResponse TriggerSavepoint(const RestCall& call) { return Start(call, SavepointOf(call)); }
HttpResponse StopJob(const RestCall& call) { return Start(call, StopOf(call)); }
HttpResponse TriggerCheckpoint(const RestCall& call) { return Start(call, CheckpointOf(call)); }

Json CauseOf(const Error& error) {
  return {{"class", Name(error.code)}, {"stack-trace", error.message}};
}

// `is_savepoint`: whether the path asks for one.
HttpResponse StatusOf(const RestCall& call, bool is_savepoint) {
  const std::string& id = call.path.at(":triggerid");
  const auto operation = call.gateway->FindOperation(call.path.at(":jobid"), id);
  if (!operation || (operation->kind != BarrierKind::kCheckpoint) != is_savepoint) {
    return HttpResponse::Failure(
        404, fmt::format("There is no {} with trigger id {} for job {}; results are kept for five "
                         "minutes",
                         is_savepoint ? "savepoint" : "checkpoint", id, call.path.at(":jobid")));
  }
  if (!operation->completed) {
    return JsonResponse({{"status", {{"id", "IN_PROGRESS"}}}, {"operation", nullptr}});
  }
  Json result = Json::object();
  if (operation->error) {
    result[is_savepoint ? "failure-cause" : "failureCause"] = CauseOf(*operation->error);
  } else if (is_savepoint) {
    result["location"] = operation->path;
  } else {
    result["checkpointId"] = operation->checkpoint_id;
  }
  return JsonResponse({{"status", {{"id", "COMPLETED"}}}, {"operation", std::move(result)}});
}

HttpResponse TriggerDisposal(const RestCall& call) {
  const auto disposal = [&]() -> Result<AsyncOperation> {
    AsyncOperation operation;
    operation.disposes = true;
    ASSIGN_OR_RETURN(const Json body, ParseBody(call.body, {"savepoint-path"}));
    ASSIGN_OR_RETURN(std::string path, StringIn(body, "savepoint-path"));
    if (path.empty()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "`savepoint-path` must be the path of a savepoint");
    }
    ASSIGN_OR_RETURN(operation.target, TargetOf(std::move(path)));
    return operation;
  }();
  if (!disposal) return FailureOf(disposal.error());
  const Result<std::string> id = call.gateway->Trigger(*disposal);
  if (!id) return FailureOf(id.error());
  return JsonResponse({{"request-id", *id}}, 202);
}

HttpResponse DisposalStatus(const RestCall& call) {
  const std::string& id = call.path.at(":triggerid");
  const auto operation = call.gateway->FindOperation("", id);
  if (!operation) {
    return HttpResponse::Failure(
        404, fmt::format("There is no disposal of a savepoint with trigger id {}; results are kept "
                         "for five minutes",
                         id));
  }
  if (!operation->completed) {
    return JsonResponse({{"status", {{"id", "IN_PROGRESS"}}}, {"operation", nullptr}});
  }
  Json result = Json::object();
  if (operation->error) result["failure-cause"] = CauseOf(*operation->error);
  return JsonResponse({{"status", {{"id", "COMPLETED"}}}, {"operation", std::move(result)}});
}

HttpResponse SavepointStatus(const RestCall& call) { return StatusOf(call, true); }
HttpResponse CheckpointStatus(const RestCall& call) { return StatusOf(call, false); }

// Of what is not counted.
Json NothingInFlight() { return SummaryJson(protocol::SummaryDescription()); }

using SubtaskColumn = int64_t (*)(const protocol::SubtaskCheckpointDescription&);

Json SummaryOf(const std::vector<const protocol::SubtaskCheckpointDescription*>& subtasks,
               SubtaskColumn column) {
  std::vector<int64_t> values;
  for (const auto* subtask : subtasks) values.push_back(column(*subtask));
  const Summary summary = Summarize(std::move(values));
  return {{"min", summary.min}, {"max", summary.max}, {"avg", summary.avg}, {"p50", summary.p50},
          {"p90", summary.p90}, {"p95", summary.p95}, {"p99", summary.p99}, {"p999", summary.p999}};
}

std::vector<const protocol::SubtaskCheckpointDescription*> SubtasksOf(
    const protocol::CheckpointDescription& checkpoint, uint32_t vertex) {
  std::vector<const protocol::SubtaskCheckpointDescription*> subtasks;
  for (const protocol::SubtaskCheckpointDescription& subtask : checkpoint.subtasks()) {
    if (subtask.vertex() == vertex) subtasks.push_back(&subtask);
  }
  return subtasks;
}

// Of a vertex when the checkpoint was triggered: the job may have another one since.
uint32_t ParallelismOf(const protocol::CheckpointDescription& checkpoint, uint32_t vertex) {
  const auto& parallelisms = checkpoint.parallelisms();
  return std::cmp_less(vertex, parallelisms.size()) ? parallelisms[static_cast<int>(vertex)] : 0;
}

// Of one vertex in one checkpoint.
Json TaskJson(const protocol::CheckpointDescription& checkpoint, uint32_t vertex) {
  int64_t latest = 0, duration = 0;
  uint64_t checkpointed = 0, state = 0, persisted = 0;
  const auto subtasks = SubtasksOf(checkpoint, vertex);
  for (const auto* subtask : subtasks) {
    latest = std::max<int64_t>(latest, subtask->ack_timestamp());
    duration = std::max<int64_t>(duration, subtask->end_to_end_duration());
    checkpointed += subtask->checkpointed_size();
    state += subtask->state_size();
    persisted += subtask->persisted_data();
  }
  return {{"id", checkpoint.id()},
          {"status", checkpoint.status()},
          {"latest_ack_timestamp", latest == 0 ? -1 : latest},
          {"checkpointed_size", checkpointed},
          {"state_size", state},
          {"end_to_end_duration", duration},
          {"alignment_buffered", 0},
          {"processed_data", 0},
          {"persisted_data", persisted},
          {"num_subtasks", ParallelismOf(checkpoint, vertex)},
          {"num_acknowledged_subtasks", subtasks.size()}};
}

Json CheckpointJson(const protocol::CheckpointDescription& checkpoint,
                    const protocol::JobDescription& job, bool with_tasks) {
  Json json;
  const bool is_failed = checkpoint.status() == "FAILED";
  const bool is_completed = checkpoint.status() == "COMPLETED";
  json["className"] = is_failed ? "failed" : is_completed ? "completed" : "in_progress";
  json["id"] = checkpoint.id();
  json["status"] = checkpoint.status();
  json["is_savepoint"] = checkpoint.is_savepoint();
  json["savepointFormat"] = checkpoint.is_savepoint() ? Json("CANONICAL") : Json();
  json["checkpoint_type"] = checkpoint.checkpoint_type();
  json["trigger_timestamp"] = checkpoint.trigger_timestamp();
  json["latest_ack_timestamp"] =
      checkpoint.latest_ack_timestamp() == 0 ? -1 : checkpoint.latest_ack_timestamp();
  json["checkpointed_size"] = checkpoint.checkpointed_size();
  json["state_size"] = checkpoint.state_size();
  json["end_to_end_duration"] = checkpoint.end_to_end_duration();
  json["alignment_buffered"] = 0;
  json["processed_data"] = 0;
  json["persisted_data"] = checkpoint.persisted_data();
  json["num_subtasks"] = checkpoint.num_subtasks();
  json["num_acknowledged_subtasks"] = checkpoint.num_acknowledged_subtasks();
  json["stall_micros"] = checkpoint.stall_micros();
  json["tasks"] = Json::object();
  for (int i = 0; with_tasks && i < job.vertices_size(); ++i) {
    json["tasks"][VertexIdOf(job.vertices(i).name())] =
        TaskJson(checkpoint, static_cast<uint32_t>(i));
  }
  if (is_completed) {
    json["external_path"] = checkpoint.external_path();
    json["discarded"] = checkpoint.discarded();
  } else if (is_failed) {
    json["failure_timestamp"] = checkpoint.failure_timestamp();
    json["failure_message"] = checkpoint.failure_message();
  }
  return json;
}

HttpResponse GetCheckpoints(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const protocol::CheckpointsDescription& all = job->checkpoints();
  const auto latest = [&](bool is_there, const protocol::CheckpointDescription& checkpoint) {
    return is_there ? CheckpointJson(checkpoint, *job, false) : Json();
  };
  Json restored;
  if (all.has_latest_restored()) {
    restored = {{"id", all.latest_restored().id()},
                {"restore_timestamp", all.latest_restored().restore_timestamp()},
                {"is_savepoint", all.latest_restored().is_savepoint()},
                {"external_path", all.latest_restored().external_path()}};
  }
  Json history = Json::array();
  for (const protocol::CheckpointDescription& checkpoint : all.history()) {
    history.push_back(CheckpointJson(checkpoint, *job, false));
  }
  return JsonResponse({{"counts",
                        {{"restored", all.restored()},
                         {"total", all.total()},
                         {"in_progress", all.in_progress()},
                         {"completed", all.completed()},
                         {"failed", all.failed()}}},
                       {"summary",
                        {{"checkpointed_size", SummaryJson(all.checkpointed_size())},
                         {"state_size", SummaryJson(all.state_size())},
                         {"end_to_end_duration", SummaryJson(all.end_to_end_duration())},
                         {"alignment_buffered", NothingInFlight()},
                         {"processed_data", NothingInFlight()},
                         {"persisted_data", SummaryJson(all.persisted_data())},
                         {"stall_micros", SummaryJson(all.stall_micros())}}},
                       {"latest",
                        {{"completed", latest(all.has_latest_completed(), all.latest_completed())},
                         {"savepoint", latest(all.has_latest_savepoint(), all.latest_savepoint())},
                         {"failed", latest(all.has_latest_failed(), all.latest_failed())},
                         {"restored", std::move(restored)}}},
                       {"history", std::move(history)}});
}

HttpResponse GetCheckpointConfig(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const protocol::CheckpointConfigDescription& config = job->checkpoint_config();
  // Flink's number for "not by time".
  const int64_t interval = config.interval() == 0 ? INT64_MAX : config.interval();
  const auto backend = job->config().find("state.backend.type");
  return JsonResponse(
      {{"mode", "exactly_once"},
       {"interval", interval},
       {"timeout", config.timeout()},
       {"min_pause", config.min_pause()},
       {"max_concurrent", config.max_concurrent()},
       {"externalization",
        {{"enabled", config.externalized()},
         {"delete_on_cancellation", config.delete_on_cancellation()}}},
       {"state_backend", backend == job->config().end() ? "hashmap" : backend->second},
       {"checkpoint_storage", config.enabled() ? "filesystem" : "none"},
       {"unaligned_checkpoints", config.unaligned()},
       {"tolerable_failed_checkpoints", config.tolerable_failed()},
       {"aligned_checkpoint_timeout", config.aligned_timeout()},
       {"checkpoints_after_tasks_finish", config.after_tasks_finish()},
       {"state_changelog_enabled", false},
       {"changelog_storage", nullptr},
       {"changelog_periodic_materialization_interval", -1}});
}

// In the history, or among the latest.
Result<protocol::CheckpointDescription> CheckpointAsked(const RestCall& call,
                                                        const protocol::JobDescription& job) {
  const uint64_t id = std::stoull(call.path.at(":checkpointid"));
  const protocol::CheckpointsDescription& all = job.checkpoints();
  for (const protocol::CheckpointDescription& checkpoint : all.history()) {
    if (checkpoint.id() == id) return checkpoint;
  }
  for (const auto* latest :
       {&all.latest_completed(), &all.latest_savepoint(), &all.latest_failed()}) {
    if (id != 0 && latest->id() == id) return *latest;
  }
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("Could not find checkpoint {}: only the last ones are remembered", id));
}

HttpResponse GetCheckpoint(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto checkpoint = CheckpointAsked(call, *job);
  if (!checkpoint) return FailureOf(checkpoint.error());
  return JsonResponse(CheckpointJson(*checkpoint, *job, true));
}

Json SubtaskJson(const protocol::SubtaskCheckpointDescription& subtask) {
  return {{"index", subtask.subtask()},
          {"status", "completed"},
          {"className", "completed"},
          {"ack_timestamp", subtask.ack_timestamp()},
          {"end_to_end_duration", subtask.end_to_end_duration()},
          {"checkpointed_size", subtask.checkpointed_size()},
          {"state_size", subtask.state_size()},
          {"checkpoint", {{"sync", subtask.sync_duration()}, {"async", subtask.async_duration()}}},
          {"alignment",
           {{"buffered", 0},
            {"processed", 0},
            {"persisted", subtask.persisted_data()},
            {"duration", subtask.alignment_duration()}}},
          {"start_delay", subtask.start_delay()},
          {"unaligned_checkpoint", subtask.unaligned()},
          {"aborted", false},
          {"stall_micros", subtask.stall_micros()}};
}

HttpResponse GetCheckpointSubtasks(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto checkpoint = CheckpointAsked(call, *job);
  if (!checkpoint) return FailureOf(checkpoint.error());
  int vertex = 0;
  while (vertex < job->vertices_size() &&
         VertexIdOf(job->vertices(vertex).name()) != call.path.at(":vertexid")) {
    ++vertex;
  }
  if (vertex == job->vertices_size()) {
    return HttpResponse::Failure(404, "the job has no such vertex; see /jobs/:jobid");
  }
  const auto index = static_cast<uint32_t>(vertex);
  Json json = TaskJson(*checkpoint, index);
  const auto subtasks = SubtasksOf(*checkpoint, index);
  using Subtask = protocol::SubtaskCheckpointDescription;
  const auto summary = [&](SubtaskColumn column) { return SummaryOf(subtasks, column); };
  json["summary"] = {
      {"checkpointed_size",
       summary([](const Subtask& s) { return static_cast<int64_t>(s.checkpointed_size()); })},
      {"state_size",
       summary([](const Subtask& s) { return static_cast<int64_t>(s.state_size()); })},
      {"end_to_end_duration", summary([](const Subtask& s) { return s.end_to_end_duration(); })},
      {"checkpoint_duration",
       {{"sync", summary([](const Subtask& s) { return s.sync_duration(); })},
        {"async", summary([](const Subtask& s) { return s.async_duration(); })}}},
      {"alignment",
       {{"buffered", NothingInFlight()},
        {"processed", NothingInFlight()},
        {"persisted",
         summary([](const Subtask& s) { return static_cast<int64_t>(s.persisted_data()); })},
        {"duration", summary([](const Subtask& s) { return s.alignment_duration(); })}}},
      {"start_delay", summary([](const Subtask& s) { return s.start_delay(); })},
      {"stall_micros", summary([](const Subtask& s) { return s.stall_micros(); })}};
  Json list = Json::array();
  for (uint32_t i = 0; i < ParallelismOf(*checkpoint, index); ++i) {
    const auto found = std::ranges::find_if(
        subtasks, [&](const Subtask* subtask) { return subtask->subtask() == i; });
    list.push_back(found == subtasks.end() ? Json{{"index", i},
                                                  {"status", "pending_or_failed"},
                                                  {"className", "pending_or_failed"}}
                                           : SubtaskJson(**found));
  }
  json["subtasks"] = std::move(list);
  return JsonResponse(json);
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kPost, "/jobs/:jobid/stop", StopJob},
    {HttpMethod::kPost, "/jobs/:jobid/savepoints", TriggerSavepoint},
    {HttpMethod::kGet, "/jobs/:jobid/savepoints/:triggerid", SavepointStatus},
    {HttpMethod::kGet, "/jobs/:jobid/checkpoints", GetCheckpoints},
    {HttpMethod::kPost, "/jobs/:jobid/checkpoints", TriggerCheckpoint},
    {HttpMethod::kGet, "/jobs/:jobid/checkpoints/config", GetCheckpointConfig},
    {HttpMethod::kGet, "/jobs/:jobid/checkpoints/details/:checkpointid", GetCheckpoint},
    {HttpMethod::kGet, "/jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid",
     GetCheckpointSubtasks},
    {HttpMethod::kGet, "/jobs/:jobid/checkpoints/:triggerid", CheckpointStatus},
    {HttpMethod::kPost, "/savepoint-disposal", TriggerDisposal, RestRole::kAdmin},
    {HttpMethod::kGet, "/savepoint-disposal/:triggerid", DisposalStatus},
};

}  // namespace

std::span<const RestRoute> CheckpointRoutes() { return kRoutes; }

}  // namespace flinkc
