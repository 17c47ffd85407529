// flinkc: compiles and runs declarative stream jobs.
#include <CLI/CLI.hpp>

#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"

int main(int argument_count, char** arguments) {
  CLI::App app("flinkc compiles declarative stream jobs to machine code and runs them", "flinkc");
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "Print this help");
  int exit_code = flinkc::kExitOk;
  flinkc::AddRunCommand(app, &exit_code);
  flinkc::AddPlanCommand(app, &exit_code);
  flinkc::AddValidateCommand(app, &exit_code);
  flinkc::AddCompileCommand(app, &exit_code);
  flinkc::AddFunctionsCommand(app, &exit_code);
  flinkc::AddConnectorsCommand(app, &exit_code);
  flinkc::AddExplainCodeCommand(app, &exit_code);
  flinkc::AddVersionCommand(app, &exit_code);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? flinkc::kExitOk : flinkc::kExitUsage;
  }
  return exit_code;
}
