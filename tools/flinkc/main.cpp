// flinkc: compiles and runs declarative stream jobs.
#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "runtime/base/failpoint.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"

namespace {

// CLI11 would only say that a command is missing.
bool IsUnknownCommand(const CLI::App& app, const std::string& word) {
  if (word.starts_with("-")) return false;
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  for (std::string_view name : names) {
    if (name == word) return false;
  }
  std::fprintf(stderr, "flinkc: error: there is no command `%s`;%s `flinkc --help` lists all\n",
               word.c_str(), flinkc::SuggestText(word, names).c_str());
  return true;
}

// In the form of all our errors.
std::string UsageText(const CLI::App* app, const CLI::Error& error) {
  std::string text = error.what();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return fmt::format("flinkc: error: {}; `{} --help` tells more\n", text, app->get_display_name());
}

}  // namespace

int main(int argument_count, char** arguments) {
  // A file that may not grow further is then an error of write, which names it.
  std::signal(SIGXFSZ, SIG_IGN);
  // What is freed in one heap serves no other: eight for each core make memory that was given back
  // twice what is used.
  mallopt(M_ARENA_MAX, static_cast<int>(std::max(2u, std::thread::hardware_concurrency())));
  if (const char* failpoints = std::getenv("FLINKC_FAILPOINTS")) {
    if (flinkc::Status armed = flinkc::ArmFailpoints(failpoints); !armed) {
      fmt::print(stderr, "flinkc: error: FLINKC_FAILPOINTS: {}\n", armed.error().message);
      return flinkc::kExitUsage;
    }
  }
  CLI::App app("flinkc compiles declarative stream jobs to machine code and runs them", "flinkc");
  app.require_subcommand(1);
  app.failure_message(UsageText);
  app.set_help_flag("-h,--help", "Print this help");
  int exit_code = flinkc::kExitOk;
  flinkc::AddRunCommand(app, &exit_code);
  flinkc::AddSubmitCommand(app, &exit_code);
  flinkc::AddJobCommands(app, &exit_code);
  flinkc::AddTopCommand(app, &exit_code);
  flinkc::AddTapCommand(app, &exit_code);
  flinkc::AddLogsCommand(app, &exit_code);
  flinkc::AddLocalClusterCommand(app, &exit_code);
  flinkc::AddClusterCommands(app, &exit_code);
  flinkc::AddPlanCommand(app, &exit_code);
  flinkc::AddValidateCommand(app, &exit_code);
  flinkc::AddCompileCommand(app, &exit_code);
  flinkc::AddFunctionsCommand(app, &exit_code);
  flinkc::AddConnectorsCommand(app, &exit_code);
  flinkc::AddStateCommand(app, &exit_code);
  flinkc::AddSchemaCommand(app, &exit_code);
  flinkc::AddExplainCodeCommand(app, &exit_code);
  flinkc::AddVersionCommand(app, &exit_code);
  if (argument_count > 1 && IsUnknownCommand(app, arguments[1])) return flinkc::kExitUsage;
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? flinkc::kExitOk : flinkc::kExitUsage;
  }
  return exit_code;
}
