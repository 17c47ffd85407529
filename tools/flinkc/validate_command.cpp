#include <cstdio>
#include <memory>

#include "tools/flinkc/commands.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

void AddValidateCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<SpecOptions>();
  CLI::App* command = app.add_subcommand("validate", "Check a spec and say all that is wrong");
  options->AddTo(*command);
  command->add_flag("--strict", options->strict,
                    "Refuse what can fail where no on_error was chosen");
  command->callback([options, exit_code] {
    options->cache = "off";
    const SpecSession session = OpenSpec(*options);
    *exit_code = session.exit_code;
    if (session.job.has_value() && !options->quiet && options->diagnostics == "text") {
      std::fprintf(stderr, "%s: ok\n", session.spec().name().c_str());
    }
  });
}

}  // namespace flinkc
