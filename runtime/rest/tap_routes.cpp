#include "runtime/rest/tap_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "runtime/data/base64.h"
#include "runtime/data/text_writer.h"
#include "runtime/protocol/job_state.h"
#include "runtime/protocol/tap_limits.h"

namespace flinkc {

namespace {

constexpr uint32_t kRowsPerSecondDefault = 10;

// The TaskManagers that have tasks of these vertices; of all, if there are none.
std::set<std::string> TaskManagersOf(const protocol::JobDescription& job,
                                     const std::vector<uint32_t>& vertices) {
  std::set<std::string> ids;
  for (int vertex = 0; vertex < job.vertices_size(); ++vertex) {
    const bool is_asked =
        vertices.empty() ||
        std::ranges::find(vertices, static_cast<uint32_t>(vertex)) != vertices.end();
    if (!is_asked) continue;
    for (const auto& task : job.vertices(vertex).tasks()) {
      if (!task.task_manager_id().empty()) ids.insert(task.task_manager_id());
    }
  }
  return ids;
}

// Each TaskManager of the job knows all of its streams.
Result<protocol::StreamList> StreamsOf(const RestCall& call, const protocol::JobDescription& job) {
  const auto state = static_cast<JobState>(job.state());
  if (IsTerminal(state)) {
    return MakeError(ErrorCode::kAlreadyExists,
                     fmt::format("the job has ended already: it is {}", Name(state)));
  }
  Error error{ErrorCode::kUnavailable,
              fmt::format("no task of the job runs at present: it is {}; try again when it is {}",
                          Name(state), Name(JobState::kRunning))};
  for (const std::string& id : TaskManagersOf(job, {})) {
    protocol::AskTaskManager ask;
    ask.set_task_manager_id(id);
    ask.mutable_list_streams()->set_job_id(job.job_id());
    auto answer = call.gateway->Ask(std::move(ask));
    if (answer) return std::move(*answer->mutable_streams());
    if (answer.error().code != ErrorCode::kUnavailable) error = std::move(answer).error();
  }
  return std::unexpected(std::move(error));
}

Json ColumnsJson(const protocol::StreamList::Stream& stream) {
  Json columns = Json::array();
  for (const auto& column : stream.columns()) {
    columns.push_back({{"name", column.name()}, {"type", column.type()}});
  }
  return columns;
}

HttpResponse ListStreams(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto list = StreamsOf(call, *job);
  if (!list) return FailureOf(list.error());
  Json streams = Json::array();
  for (const protocol::StreamList::Stream& stream : list->streams()) {
    Json json{{"name", stream.name()}};
    if (stream.unavailable().empty()) {
      json["columns"] = ColumnsJson(stream);
      json["updates"] = stream.updates();
    } else {
      json["unavailable"] = stream.unavailable();
    }
    streams.push_back(std::move(json));
  }
  return JsonResponse({{"streams", std::move(streams)}});
}

std::unexpected<Error> Wrong(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

Result<protocol::TapRequest> RequestIn(const std::string& body) {
  ASSIGN_OR_RETURN(const Json json,
                   ParseBody(body, {"stream", "filter", "rowsPerSecond", "format"}));
  protocol::TapRequest request;
  ASSIGN_OR_RETURN(*request.mutable_stream(), StringIn(json, "stream"));
  if (request.stream().empty())
    return Wrong("`stream` is missing: /jobs/:jobid/streams lists them");
  ASSIGN_OR_RETURN(const std::string filter, StringIn(json, "filter"));
  auto bytes = DecodeBase64(filter);
  if (!bytes) return Wrong("`filter` must be the plan of a chain in base64");
  if (bytes->size() > kTapFilterBytesMax) {
    return Wrong(
        fmt::format("`filter` may have {} bytes, not {}", kTapFilterBytesMax, bytes->size()));
  }
  request.set_filter(*std::move(bytes));
  ASSIGN_OR_RETURN(const std::string format, StringIn(json, "format"));
  if (format == "cells") {
    request.set_format(protocol::TapRequest::CELLS);
  } else if (!format.empty() && format != "json") {
    return Wrong(fmt::format("there is no format `{}`; there are: json, cells", format));
  }
  request.set_rows_per_second(kRowsPerSecondDefault);
  if (const auto rate = json.find("rowsPerSecond"); rate != json.end()) {
    const bool fits = rate->is_number_unsigned() && rate->get<uint64_t>() >= 1 &&
                      rate->get<uint64_t>() <= kTapRowsPerSecondMax;
    if (!fits) {
      return Wrong(
          fmt::format("`rowsPerSecond` must be a whole number from 1 to {}", kTapRowsPerSecondMax));
    }
    request.set_rows_per_second(rate->get<uint32_t>());
  }
  return request;
}

Result<protocol::StreamList::Stream> FindStream(const protocol::StreamList& list,
                                                const std::string& name) {
  std::string names;
  for (const protocol::StreamList::Stream& stream : list.streams()) {
    if (stream.name() == name) {
      if (stream.unavailable().empty()) return stream;
      return Wrong(fmt::format("nobody can look at `{}`: {}", name, stream.unavailable()));
    }
    if (stream.unavailable().empty()) names += (names.empty() ? "" : ", ") + stream.name();
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("the job has no stream `{}`; there are: {}", name, names));
}

HttpResponse OpenTap(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  auto request = RequestIn(call.body);
  if (!request) return FailureOf(request.error());
  const auto list = StreamsOf(call, *job);
  if (!list) return FailureOf(list.error());
  const auto stream = FindStream(*list, request->stream());
  if (!stream) return FailureOf(stream.error());
  TapRegistry::Tap tap{job->job_id(), *std::move(request), {}};
  tap.vertices.assign(stream->vertices().begin(), stream->vertices().end());
  const auto id = call.taps->Add(std::move(tap));
  if (!id) return FailureOf(id.error());
  return JsonResponse(
      {{"tap-id", *id}, {"columns", ColumnsJson(*stream)}, {"updates", stream->updates()}});
}

Json RowJson(const protocol::TapRow& row) {
  Json json{{"kind", KindText(static_cast<RowKind>(row.kind()))}, {"subtask", row.subtask()}};
  if (row.cells().empty()) {
    json["row"] = row.json();
    return json;
  }
  Json cells = Json::array();
  for (const protocol::TapRow::Cell& cell : row.cells()) {
    cells.push_back(cell.is_null() ? Json() : Json(cell.text()));
  }
  json["cells"] = std::move(cells);
  return json;
}

Result<protocol::TapRows> AskFor(const RestCall& call, const TapRegistry::Tap& tap,
                                 const std::string& task_manager, bool close) {
  protocol::AskTaskManager ask;
  ask.set_task_manager_id(task_manager);
  protocol::ReadTap& read = *ask.mutable_read_tap();
  read.set_job_id(tap.job_id);
  read.set_tap_id(call.path.at(":tapid"));
  *read.mutable_request() = tap.request;
  read.set_close(close);
  ASSIGN_OR_RETURN(protocol::TaskManagerAnswer answer, call.gateway->Ask(std::move(ask)));
  return std::move(*answer.mutable_rows());
}

Result<TapRegistry::Tap> TapOf(const RestCall& call, const protocol::JobDescription& job) {
  auto tap = call.taps->Find(job.job_id(), call.path.at(":tapid"));
  if (tap) return *std::move(tap);
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("the job has no tap {}; one that nobody asks for rows ends after {} "
                               "s",
                               call.path.at(":tapid"), kTapLease.count()));
}

void Close(const RestCall& call, const protocol::JobDescription& job, const TapRegistry::Tap& tap) {
  for (const std::string& id : TaskManagersOf(job, tap.vertices)) {
    // One that does not answer lets it go when its lease has ended.
    static_cast<void>(AskFor(call, tap, id, /*close=*/true));
  }
  call.taps->Remove(call.path.at(":tapid"));
}

HttpResponse ReadTap(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto tap = TapOf(call, *job);
  if (!tap) return FailureOf(tap.error());
  Json rows = Json::array();
  uint64_t left_out = 0;
  for (const std::string& id : TaskManagersOf(*job, tap->vertices)) {
    const auto answer = AskFor(call, *tap, id, /*close=*/false);
    if (answer) {
      for (const protocol::TapRow& row : answer->rows()) rows.push_back(RowJson(row));
      left_out += answer->left_out();
      continue;
    }
    // Its tasks have not begun, or are gone: others may have rows.
    const ErrorCode code = answer.error().code;
    if (code == ErrorCode::kUnavailable || code == ErrorCode::kNotFound) continue;
    Close(call, *job, *tap);
    return FailureOf(answer.error());
  }
  return JsonResponse({{"rows", std::move(rows)},
                       {"left-out", left_out},
                       {"job-state", Name(static_cast<JobState>(job->state()))}});
}

HttpResponse CloseTap(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  const auto tap = TapOf(call, *job);
  if (!tap) return FailureOf(tap.error());
  Close(call, *job, *tap);
  return JsonResponse(Json::object());
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/jobs/:jobid/streams", ListStreams},
    {HttpMethod::kPost, "/jobs/:jobid/taps", OpenTap, RestRole::kAdmin},
    {HttpMethod::kGet, "/jobs/:jobid/taps/:tapid", ReadTap, RestRole::kAdmin},
    {HttpMethod::kDelete, "/jobs/:jobid/taps/:tapid", CloseTap, RestRole::kAdmin},
};

}  // namespace

std::span<const RestRoute> TapRoutes() { return kRoutes; }

}  // namespace flinkc
