// top: what the vertices of a job do at present, in a table that is drawn anew every second.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "compiler/spec/quantities.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/interrupt.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/rest_flags.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kPoll(50);

struct TopOptions {
  RestFlags rest;
  std::string job;
  std::string interval = "1s";
  std::string format = "text";
  bool once = false;
};

// One vertex, all its tasks together.
struct VertexLook {
  std::string name;
  std::string status;
  int64_t tasks = 0;
  double rows_in = 0;  // in a second
  double rows_out = 0;
  double busy = 0;  // shares of the average task's second, in percent
  double idle = 0;
  double backpressured = 0;
  double backpressured_most = 0;  // of one task
  std::optional<int64_t> watermark_millis;
  int64_t waiting = 0;       // tasks of an aligned source that are too far ahead of its group
  int64_t drift_millis = 0;  // how far the one furthest ahead is
};

double AggregateIn(const json& metrics, std::string_view id, const char* aggregate) {
  for (const json& metric : metrics) {
    if (TextIn(metric, "id") != id) continue;
    const json& value = MemberOf(metric, aggregate);
    return value.is_number() ? value.get<double>() : 0;
  }
  return 0;
}

Result<VertexLook> LookAt(const RestClient& client, const std::string& job_path,
                          const json& vertex) {
  const std::string path = fmt::format(
      "{}/vertices/{}/subtasks/metrics?get=numRecordsInPerSecond,numRecordsOutPerSecond,"
      "busyTimeMsPerSecond,idleTimeMsPerSecond,backPressuredTimeMsPerSecond,currentInputWatermark,"
      "isHeldBack,watermarkAlignmentDrift",
      job_path, TextIn(vertex, "id"));
  ASSIGN_OR_RETURN(const json metrics, client.Get(path));
  VertexLook look;
  look.name = TextIn(vertex, "name");
  look.status = TextIn(vertex, "status");
  look.tasks = NumberIn(vertex, "parallelism");
  look.rows_in = AggregateIn(metrics, "numRecordsInPerSecond", "sum");
  look.rows_out = AggregateIn(metrics, "numRecordsOutPerSecond", "sum");
  look.busy = AggregateIn(metrics, "busyTimeMsPerSecond", "avg") / 10;
  look.idle = AggregateIn(metrics, "idleTimeMsPerSecond", "avg") / 10;
  look.backpressured = AggregateIn(metrics, "backPressuredTimeMsPerSecond", "avg") / 10;
  look.backpressured_most = AggregateIn(metrics, "backPressuredTimeMsPerSecond", "max") / 10;
  look.waiting = static_cast<int64_t>(AggregateIn(metrics, "isHeldBack", "sum"));
  // The least and the greatest number stand for none yet, and for the end of the input.
  constexpr double kFarMillis = 9e15;
  look.drift_millis = static_cast<int64_t>(std::clamp(
      AggregateIn(metrics, "watermarkAlignmentDrift", "max"), -kFarMillis, kFarMillis));
  const double watermark = AggregateIn(metrics, "currentInputWatermark", "min");
  if (watermark > -kFarMillis && watermark < kFarMillis) {
    look.watermark_millis = static_cast<int64_t>(watermark);
  }
  return look;
}

std::string RateText(double rows) {
  const auto whole = static_cast<int64_t>(rows + 0.5);
  if (whole < 100'000) return fmt::format("{}", whole);
  if (whole < 10'000'000) return fmt::format("{:.1f} k", rows / 1e3);
  return fmt::format("{:.1f} M", rows / 1e6);
}

std::string WatermarkText(const std::optional<int64_t>& millis) {
  if (!millis) return "-";
  const std::time_t seconds = static_cast<std::time_t>(*millis / 1000);
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return fmt::format("{} ms", *millis);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", utc);
}

std::string AgeText(int64_t millis) {
  const int64_t seconds = millis / 1000;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h", seconds / 3600);
}

json JsonOf(const VertexLook& look) {
  return {{"name", look.name},
          {"status", look.status},
          {"parallelism", look.tasks},
          {"numRecordsInPerSecond", look.rows_in},
          {"numRecordsOutPerSecond", look.rows_out},
          {"busyPercent", look.busy},
          {"idlePercent", look.idle},
          {"backPressuredPercent", look.backpressured},
          {"backPressuredPercentMax", look.backpressured_most},
          {"currentInputWatermark", look.watermark_millis ? json(*look.watermark_millis) : json()},
          {"heldBack", look.waiting},
          {"watermarkAlignmentDriftMax", look.drift_millis}};
}

std::string LineOf(const VertexLook& look) {
  std::string waiting;
  if (look.waiting != 0) {
    waiting = fmt::format(" ({} of {} tasks wait for their group, up to {} ahead)", look.waiting,
                          look.tasks, PrintDuration(look.drift_millis * 1000));
  }
  return fmt::format("{:>5}  {:<9} {:>10}  {:>10}  {:>5.0f}  {:>5.0f}  {:>5.0f}  {:<19}  {}{}\n",
                     look.tasks, look.status, RateText(look.rows_in), RateText(look.rows_out),
                     look.busy, look.idle, look.backpressured, WatermarkText(look.watermark_millis),
                     look.name, waiting);
}

struct Look {
  std::string text;
  json all;
  bool has_ended = false;
};

Result<Look> LookAtJob(const RestClient& client, const std::string& id) {
  const std::string path = "/jobs/" + id;
  ASSIGN_OR_RETURN(const json job, client.Get(path));
  ASSIGN_OR_RETURN(const json statistics, client.Get(path + "/checkpoints"));
  ASSIGN_OR_RETURN(const json metrics, client.Get(path + "/metrics?get=numRestarts"));
  Look look;
  look.has_ended = HasEnded(job);
  std::string restarts = "0";
  for (const json& metric : metrics) restarts = TextIn(metric, "value");
  const json& counts = MemberOf(statistics, "counts");
  look.text =
      fmt::format("{} ({}): {} for {}, {} restarts, {} checkpoints, {} failed\n",
                  TextIn(job, "name"), id, TextIn(job, "state"), AgeText(NumberIn(job, "duration")),
                  restarts, NumberIn(counts, "completed"), NumberIn(counts, "failed"));
  if (const std::string waiting = TextIn(job, "waiting-for"); !waiting.empty()) {
    look.text += waiting + "\n";
  }
  look.text += fmt::format("{:>5}  {:<9} {:>10}  {:>10}  {:>5}  {:>5}  {:>5}  {:<19}  {}\n",
                           "tasks", "state", "rows in/s", "rows out/s", "busy%", "idle%", "held%",
                           "watermark (UTC)", "vertex");
  look.all = {{"jid", id}, {"name", TextIn(job, "name")}, {"state", TextIn(job, "state")}};
  look.all["vertices"] = json::array();
  for (const json& vertex : MemberOf(job, "vertices")) {
    ASSIGN_OR_RETURN(const VertexLook one, LookAt(client, path, vertex));
    look.text += LineOf(one);
    look.all["vertices"].push_back(JsonOf(one));
  }
  return look;
}

int Fail(const Error& error) {
  PrintError(error);
  return ExitCodeOf(error);
}

int ShowTop(const TopOptions& options) {
  const Result<RestClient> client = options.rest.Client();
  if (!client) return Fail(client.error());
  const auto interval = ParseDuration(options.interval);
  if (!interval || *interval < 100'000) {
    return Fail({ErrorCode::kInvalidArgument,
                 fmt::format("--interval: `{}` is no duration of 100ms or more, such as 1s",
                             options.interval)});
  }
  const Result<json> job = client->FindJob(options.job);
  if (!job) return Fail(job.error());
  const bool is_live = !options.once && options.format == "text" && isatty(STDOUT_FILENO) != 0;
  CatchInterrupts();
  while (true) {
    Result<Look> look = LookAtJob(*client, TextIn(*job, "jid"));
    // `flinkc run` ends with its job, and was there a moment ago.
    if (!look) return Fail(look.error());
    std::string text = options.format == "json"
                           ? look->all.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"
                           : std::move(look->text);
    // From the upper left corner, and nothing of the last table below.
    if (is_live) text = "\x1b[H\x1b[2J" + text + "Ctrl-C ends this, not the job\n";
    if (const int code = WriteOutput("", text); code != kExitOk) return code;
    if (options.once || look->has_ended) return kExitOk;
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(*interval);
    while (std::chrono::steady_clock::now() < until) {
      if (WasInterrupted()) return kExitOk;
      std::this_thread::sleep_for(kPoll);
    }
  }
}

}  // namespace

void AddTopCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* command = app.add_subcommand("top", "Show what the vertices of a job do, live");
  options->rest.AddTo(*command);
  command->add_option("job", options->job,
                      "Its id, the beginning of one, or its name; not needed where one runs");
  command->add_flag("--once", options->once, "One table, and no more");
  command->add_option("--interval", options->interval, "Between two tables")->capture_default_str();
  command->add_option("--format", options->format, "text, or json: a line for each look")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([options, exit_code] { *exit_code = ShowTop(*options); });
}

}  // namespace flinkc
