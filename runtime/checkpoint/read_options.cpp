#include "runtime/checkpoint/read_options.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc {

Result<OptionMap> ReadOptionGroup(const std::map<std::string, std::string>& config,
                                  std::span<const std::string_view> groups,
                                  std::span<const OptionRecord> records) {
  OptionMap options;
  for (const auto& [name, value] : config) {
    const bool ours = std::ranges::any_of(
        groups, [&name = name](std::string_view group) { return name.starts_with(group); });
    if (ours) options[name] = value;
  }
  std::string message;
  for (const OptionProblem& problem : CheckOptions(records, options)) {
    message += fmt::format("{}the option `{}`: {}{}{}", message.empty() ? "" : "; ",
                           problem.option, problem.message, problem.help.empty() ? "" : "; ",
                           problem.help);
  }
  if (!message.empty()) return MakeError(ErrorCode::kInvalidArgument, std::move(message));
  return options;
}

}  // namespace flinkc
