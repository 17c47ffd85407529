// tap: rows of one stream of a running job as they pass.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "compiler/diagnostics/renderer.h"
#include "compiler/driver/row_filter.h"
#include "compiler/expression/expression_checker.h"
#include "runtime/data/base64.h"
#include "tools/embedded/engine.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/interrupt.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/rest_flags.h"
#include "tools/flinkc/spec_command.h"
#include "tools/flinkc/tap_rows.h"

namespace flinkc {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kPoll(200);

struct TapOptions {
  RestFlags rest;
  std::vector<std::string> names;
  std::optional<std::string> where;
  uint64_t limit = 0;  // 0: none
  uint32_t rate = 10;
  std::string format = "table";
};

int Fail(const Error& error) {
  PrintError(error);
  return ExitCodeOf(error);
}

std::vector<json> StreamsIn(const json& answer) {
  const json& streams = MemberOf(answer, "streams");
  if (!streams.is_array()) return {};
  return std::vector<json>(streams.begin(), streams.end());
}

bool Updates(const json& stream) {
  const json& updates = MemberOf(stream, "updates");
  return updates.is_boolean() && updates.get<bool>();
}

// Each stream with its columns, or why it cannot be looked at.
std::string ListText(const std::vector<json>& streams) {
  size_t width = 0;
  for (const json& stream : streams) width = std::max(width, TextIn(stream, "name").size());
  std::string text;
  for (const json& stream : streams) {
    std::string columns;
    for (const json& column : MemberOf(stream, "columns")) {
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", TextIn(column, "name"),
                             TextIn(column, "type"));
    }
    const std::string reason = TextIn(stream, "unavailable");
    text += WithoutControl(fmt::format("{:<{}}  {}", TextIn(stream, "name"), width,
                                       reason.empty() ? columns : fmt::format("({})", reason)));
    text += '\n';
  }
  return text;
}

Result<json> FindStream(const std::vector<json>& streams, const std::string& name) {
  std::vector<std::string> available;
  for (const json& stream : streams) {
    const std::string reason = TextIn(stream, "unavailable");
    if (TextIn(stream, "name") == name) {
      if (reason.empty()) return stream;
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("nobody can look at `{}`: {}", name, reason));
    }
    if (reason.empty()) available.push_back(TextIn(stream, "name"));
  }
  if (available.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("the job has no stream `{}`, and none to look at", name));
  }
  const std::vector<std::string_view> names(available.begin(), available.end());
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("the job has no stream `{}`;{} there are: {}", name,
                               SuggestText(name, names), fmt::join(names, ", ")));
}

Result<Schema> SchemaOf(const json& stream) {
  Schema schema;
  for (const json& column : MemberOf(stream, "columns")) {
    const SourceBuffer buffer("the JobManager's answer", TextIn(column, "type"));
    const SourceText text{
        std::string(buffer.text()), {&buffer, 0, static_cast<uint32_t>(buffer.text().size())}, {}};
    DiagnosticLog log;
    const std::optional<DataType> type = ParseType(text, log);
    if (!type) {
      return MakeError(ErrorCode::kUnsupported,
                       fmt::format("--where: this flinkc does not know the type `{}` of column "
                                   "`{}`",
                                   text.value, TextIn(column, "name")));
    }
    schema.Add({TextIn(column, "name"), *type});
  }
  return schema;
}

// The plan of --where in base64; nothing: what is wrong was printed.
std::optional<std::string> CompileWhere(const TapOptions& options, const json& stream,
                                        const std::string& time_zone) {
  EngineOptions interpreted;
  interpreted.jit = false;
  const auto engine = Engine::Make(interpreted);
  Result<Schema> schema = SchemaOf(stream);
  if (!engine || !schema) {
    PrintError(engine ? schema.error() : engine.error());
    return std::nullopt;
  }
  const SourceBuffer buffer("--where", *options.where);
  const SourceText text{
      *options.where, {&buffer, 0, static_cast<uint32_t>(options.where->size())}, {}};
  RowFilterRequest request;
  request.condition = &text;
  request.stream = TextIn(stream, "name");
  request.columns = *std::move(schema);
  request.updates = Updates(stream);
  if (!time_zone.empty()) request.time_zone = time_zone;
  DiagnosticLog log;
  const std::optional<std::string> plan = CompileRowFilter(request, (*engine)->services(), log);
  if (!plan) {
    RenderOptions render;
    render.color = UseColor("auto", STDERR_FILENO);
    const std::string rendered = RenderDiagnostics(log, render);
    std::fwrite(rendered.data(), 1, rendered.size(), stderr);
    return std::nullopt;
  }
  std::string encoded;
  AppendBase64(encoded, *plan);
  return encoded;
}

// What --where computes in local time it does in the job's.
Result<std::string> TimeZoneOf(const RestClient& client, const std::string& job_path) {
  ASSIGN_OR_RETURN(const json config, client.Get(job_path + "/config"));
  const json& execution = MemberOf(config, "execution-config");
  return TextIn(MemberOf(execution, "user-config"), "table.local-time-zone");
}

// Lines as they go to a terminal, which nothing in them may direct.
std::string Shown(std::string lines) {
  if (isatty(STDOUT_FILENO) == 0) return lines;
  std::string text;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    text += WithoutControl(lines.substr(at, end - at)) + '\n';
    at = end + 1;
  }
  return text;
}

void TellLeftOut(uint64_t rows) {
  if (rows == 0) return;
  fmt::print(stderr, "flinkc: {} rows more came faster than they were fetched, or are too large\n",
             rows);
}

// Prints what comes until there is no more, or no more is wanted.
int ShowRows(const TapOptions& options, const RestClient& client, const std::string& path,
             TapRows& printer) {
  uint64_t shown = 0;
  uint64_t left_out = 0;
  while (true) {
    const Result<json> answer = client.Get(path);
    if (!answer) return Fail(answer.error());
    const json& all = MemberOf(*answer, "rows");
    std::vector<json> rows;
    for (const json& row : all) {
      if (options.limit != 0 && shown == options.limit) break;
      rows.push_back(row);
      ++shown;
    }
    left_out += static_cast<uint64_t>(std::max<int64_t>(NumberIn(*answer, "left-out"), 0));
    if (!rows.empty()) {
      const std::string text = Shown(printer.Print(rows));
      if (const int code = WriteOutput("", text); code != kExitOk) return code;
    }
    if (options.limit != 0 && shown == options.limit) {
      TellLeftOut(left_out);
      return kExitOk;
    }
    json job = {{"state", TextIn(*answer, "job-state")}};
    if (all.empty() && HasEnded(job)) {
      fmt::print(stderr, "flinkc: the job has ended: it is {}; {} rows were shown\n",
                 TextIn(job, "state"), shown);
      TellLeftOut(left_out);
      return kExitOk;
    }
    const auto until = std::chrono::steady_clock::now() + kPoll;
    while (std::chrono::steady_clock::now() < until) {
      if (WasInterrupted()) {
        TellLeftOut(left_out);
        return kExitOk;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

int TapStream(const TapOptions& options, const RestClient& client, const std::string& job_path,
              const json& stream) {
  json body = {{"stream", TextIn(stream, "name")}, {"rowsPerSecond", options.rate}};
  if (options.where) {
    const Result<std::string> time_zone = TimeZoneOf(client, job_path);
    if (!time_zone) return Fail(time_zone.error());
    const std::optional<std::string> filter = CompileWhere(options, stream, *time_zone);
    if (!filter) return kExitUsage;
    body["filter"] = *filter;
  }
  std::vector<std::string> columns;
  for (const json& column : MemberOf(stream, "columns")) columns.push_back(TextIn(column, "name"));
  const std::unique_ptr<TapRows> printer =
      MakeTapRows(options.format, std::move(columns), Updates(stream));
  body["format"] = printer->rest_format();
  CatchInterrupts();
  const Result<json> opened = client.Post(job_path + "/taps", body);
  if (!opened) return Fail(opened.error());
  const std::string path = job_path + "/taps/" + TextIn(*opened, "tap-id");
  const int code = ShowRows(options, client, path, *printer);
  // Else it ends by itself, since nobody asks any more.
  static_cast<void>(client.Delete(path));
  return code;
}

int RunTap(const TapOptions& options) {
  const Result<RestClient> client = options.rest.Client();
  if (!client) return Fail(client.error());
  // One name may be the job's or, where one runs, the stream's.
  std::string name = options.names.empty() ? "" : options.names.front();
  std::optional<std::string> stream_name;
  if (options.names.size() == 2) stream_name = options.names[1];
  Result<json> job = client->FindJob(name);
  if (!job && options.names.size() == 1) {
    if (Result<json> only = client->FindJob("")) {
      stream_name = name;
      job = std::move(only);
    }
  }
  if (!job) return Fail(job.error());
  const std::string job_path = "/jobs/" + TextIn(*job, "jid");
  const Result<json> answer = client->Get(job_path + "/streams");
  if (!answer) return Fail(answer.error());
  const std::vector<json> streams = StreamsIn(*answer);
  if (!stream_name) return WriteOutput("", ListText(streams));
  const Result<json> stream = FindStream(streams, *stream_name);
  if (!stream) return Fail(stream.error());
  return TapStream(options, *client, job_path, *stream);
}

}  // namespace

void AddTapCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<TapOptions>();
  CLI::App* command =
      app.add_subcommand("tap", "Show rows of a stream of a running job as they pass");
  options->rest.AddTo(*command);
  command
      ->add_option("names", options->names,
                   "JOB STREAM; the job may be left out where one runs, and without a stream all "
                   "that can be looked at are listed")
      ->expected(0, 2);
  command->add_option("--where", options->where,
                      "An expression over the stream's columns: only rows for which it is TRUE");
  command->add_option("--limit", options->limit, "End after so many rows")
      ->check(CLI::PositiveNumber);
  command->add_option("--rate", options->rate, "Rows a second, at most, of each task")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--format", options->format, "table, json or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  command->callback([options, exit_code] { *exit_code = RunTap(*options); });
}

}  // namespace flinkc
