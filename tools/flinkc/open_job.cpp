#include "tools/flinkc/open_job.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tools/flinkc/exit_code.h"

namespace flinkc {

namespace {

std::string ReadStart(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string start(16, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return start;
}

OpenedJob Refuse(const Error& error, int exit_code) {
  PrintError(error);
  return {nullptr, std::nullopt, exit_code};
}

OpenedJob OpenJobFile(const SpecOptions& options, const std::vector<ConfigSetting>& recovery) {
  if (const char* option = options.GivenForCompiling()) {
    return Refuse({ErrorCode::kInvalidArgument,
                   fmt::format("{} is a compiled job, in which `{}` changes nothing any more; give "
                               "it to `flinkc compile`",
                               options.path, option)},
                  kExitUsage);
  }
  std::ifstream file(options.path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  Result<JobFile> job = ReadJobFile(bytes.str());
  if (!job) return Refuse(std::move(job).error().WithContext(options.path), kExitSpecWrong);
  Result<std::unique_ptr<Engine>> engine = Engine::Make(options.engine_options());
  if (!engine) return Refuse(engine.error(), kExitEnvironment);
  for (const ConfigSetting& setting : recovery) job->graph.config[setting.name] = setting.value;
  return {*std::move(engine), std::move(job->graph), 0};
}

}  // namespace

OpenedJob OpenJob(SpecOptions options, const RecoveryFlags& flags) {
  const Result<std::vector<ConfigSetting>> recovery = flags.Settings();
  if (!recovery) return Refuse(recovery.error(), kExitUsage);
  if (options.path != "-" && IsJobFile(ReadStart(options.path))) {
    return OpenJobFile(options, *recovery);
  }
  // The last one wins.
  for (const ConfigSetting& setting : *recovery) {
    options.settings.push_back(fmt::format("{}={}", setting.name, setting.value));
  }
  SpecSession session = OpenSpec(options);
  if (!session.job.has_value()) return {nullptr, std::nullopt, session.exit_code};
  return {std::move(session.engine), std::move(session.job->chained.graph), 0};
}

}  // namespace flinkc
