#include <memory>

#include "tools/flinkc/commands.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/spec_command.h"
#include "tools/flinkc/version.h"

namespace flinkc {

void AddCompileCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<SpecOptions>();
  auto output = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("compile", "Compile a spec to a job file that `flinkc run` takes");
  options->AddTo(*command);
  command->add_option("-o,--output", *output, "The job file")->required();
  command->callback([options, output, exit_code] {
    const SpecSession session = OpenSpec(*options);
    *exit_code = session.exit_code;
    if (!session.job.has_value()) return;
    *exit_code = WriteOutput(*output, WriteJobFile(*session.job, session.spec(), kVersion));
  });
}

}  // namespace flinkc
