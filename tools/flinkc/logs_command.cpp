// logs: the last of what the processes of a cluster have said, and their jobs have printed.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/rest_flags.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

namespace {

using nlohmann::json;

constexpr std::string_view kJobManager = "jobmanager";

struct LogsOptions {
  RestFlags rest;
  std::string process;
  bool standard_output = false;
  uint32_t lines = 0;  // 0: all that is kept
};

// The last `lines` of it, fit for a terminal: line ends and tabs are all the control that is left.
std::string LastLines(std::string text, uint32_t lines) {
  if (!text.empty() && text.back() != '\n') text += '\n';
  size_t begin = text.size();
  for (uint32_t left = lines; left != 0 && begin != 0; --left) {
    const size_t end = begin < 2 ? std::string::npos : text.rfind('\n', begin - 2);
    begin = end == std::string::npos ? 0 : end + 1;
  }
  if (lines != 0) text.erase(0, begin);
  std::ranges::replace_if(
      text, [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F; }, ' ');
  return text;
}

Result<std::vector<std::string>> TaskManagersOf(const RestClient& client) {
  ASSIGN_OR_RETURN(const json answer, client.Get("/taskmanagers"));
  std::vector<std::string> ids;
  for (const json& one : MemberOf(answer, "taskmanagers")) ids.push_back(TextIn(one, "id"));
  std::ranges::sort(ids);
  return ids;
}

Result<std::string> ReadOne(const RestClient& client, const LogsOptions& options,
                            const std::string& process) {
  std::string path = "/jobmanager/log";
  if (process != kJobManager) {
    path = fmt::format("/taskmanagers/{}/{}", process, options.standard_output ? "stdout" : "log");
  }
  ASSIGN_OR_RETURN(std::string text, client.GetText(path));
  return LastLines(std::move(text), options.lines);
}

Result<std::string> ReadAll(const RestClient& client, const LogsOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> task_managers, TaskManagersOf(client));
  std::vector<std::string> processes = task_managers;
  // The JobManager prints nothing.
  if (!options.standard_output) processes.insert(processes.begin(), std::string(kJobManager));
  if (!options.process.empty()) {
    if (std::ranges::find(processes, options.process) != processes.end()) {
      return ReadOne(client, options, options.process);
    }
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("there is no process `{}`; there are: {}", options.process,
                                 fmt::join(processes, ", ")));
  }
  std::string all;
  for (const std::string& process : processes) {
    ASSIGN_OR_RETURN(const std::string text, ReadOne(client, options, process));
    all += fmt::format("{}==> {} <==\n{}", all.empty() ? "" : "\n", process, text);
  }
  return all;
}

int ShowLogs(const LogsOptions& options) {
  const Result<RestClient> client = options.rest.Client();
  if (!client) {
    PrintError(client.error());
    return kExitUsage;
  }
  const Result<std::string> text = ReadAll(*client, options);
  if (text) return WriteOutput("", *text);
  PrintError(text.error());
  return ExitCodeOf(text.error());
}

}  // namespace

void AddLogsCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<LogsOptions>();
  CLI::App* command =
      app.add_subcommand("logs", "Print the last of what the processes of a cluster have said");
  options->rest.AddTo(*command);
  command->add_option("process", options->process,
                      "jobmanager, or the id of a TaskManager; all of them if not given");
  command->add_flag("--stdout", options->standard_output,
                    "What console sinks have printed, instead of the log");
  command->add_option("-n,--lines", options->lines, "So many of each; else all that is kept");
  command->callback([options, exit_code] { *exit_code = ShowLogs(*options); });
}

}  // namespace flinkc
