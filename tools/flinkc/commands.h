// The commands of flinkc. Each adds itself to the application; main runs the one that was given.
#pragma once

#include <CLI/CLI.hpp>

namespace flinkc {

// `exit_code` is set when the command has run.
void AddValidateCommand(CLI::App& app, int* exit_code);
void AddPlanCommand(CLI::App& app, int* exit_code);
void AddCompileCommand(CLI::App& app, int* exit_code);
void AddRunCommand(CLI::App& app, int* exit_code);
void AddSubmitCommand(CLI::App& app, int* exit_code);
// jobmanager, taskmanager.
void AddClusterCommands(CLI::App& app, int* exit_code);
// cluster start and stop.
void AddLocalClusterCommand(CLI::App& app, int* exit_code);
void AddTopCommand(CLI::App& app, int* exit_code);
void AddTapCommand(CLI::App& app, int* exit_code);
void AddLogsCommand(CLI::App& app, int* exit_code);
// list, status, checkpoints, cancel, savepoint, stop and rescale.
void AddJobCommands(CLI::App& app, int* exit_code);
void AddFunctionsCommand(CLI::App& app, int* exit_code);
void AddConnectorsCommand(CLI::App& app, int* exit_code);
void AddStateCommand(CLI::App& app, int* exit_code);
void AddSchemaCommand(CLI::App& app, int* exit_code);
void AddExplainCodeCommand(CLI::App& app, int* exit_code);
void AddVersionCommand(CLI::App& app, int* exit_code);

}  // namespace flinkc
