#include "tests/property/check_plan.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "tests/exec/job_runner.h"
#include "tests/nexmark/found_rows.h"

namespace flinkc::property {

std::string CheckPlan(const RandomPlan& plan, const std::string& directory) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  for (const RandomPlan::File& file : plan.files) {
    std::ofstream(directory + "/" + file.name) << file.text;
  }
  for (const bool jit : {false, true}) {
    const char* how = jit ? "as machine code" : "interpreted";
    RunSetup setup;
    setup.spec_name = "random.yaml";
    setup.spec = plan.spec;
    for (size_t at; (at = setup.spec.find("${dir}")) != std::string::npos;) {
      setup.spec.replace(at, 6, directory);
    }
    setup.jit = jit;
    setup.settings = {{"parallelism.default", std::to_string(plan.parallelism)},
                      {"state.backend.type", plan.backend},
                      {"table.optimizer.agg-phase-strategy", plan.agg_phases}};
    if (plan.backend == "rocksdb") setup.settings["taskmanager.memory.managed.size"] = "1mb";
    const RunOutcome outcome = RunSpec(setup);
    if (outcome.state != JobState::kFinished) {
      return fmt::format("{}: {}{}", how, outcome.diagnostics,
                         outcome.error ? outcome.error->message : "");
    }
    for (const RandomPlan::Sink& sink : plan.sinks) {
      std::string wrong;
      const std::vector<std::string> found = FinalTable(outcome.outputs.at(sink.name), &wrong);
      if (wrong.empty()) wrong = Difference(found, {sink.rows, {}});
      if (!wrong.empty()) return fmt::format("{}, sink {}: {}", how, sink.name, wrong);
    }
  }
  return "";
}

}  // namespace flinkc::property
