#include "runtime/jobmanager/client_heartbeat_options.h"

#include <fmt/format.h>

#include <string_view>

#include "runtime/checkpoint/read_options.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

namespace {

constexpr std::string_view kInterval = "client.heartbeat.interval";
constexpr std::string_view kTimeout = "client.heartbeat.timeout";
constexpr std::string_view kGroups[] = {"client.heartbeat.", ClientHeartbeatOptions::kAttached,
                                        ClientHeartbeatOptions::kShutdownOnAttachedExit};

constexpr OptionRecord kRecords[] = {
    {.name = ClientHeartbeatOptions::kAttached,
     .type = OptionType::kBoolean,
     .doc = "Whether the client waits for the job.",
     .default_value = "false"},
    {.name = ClientHeartbeatOptions::kShutdownOnAttachedExit,
     .type = OptionType::kBoolean,
     .doc = "Whether the job is cancelled when the client that waits for it is gone.",
     .default_value = "false"},
    {.name = kInterval,
     .type = OptionType::kDuration,
     .doc = "How often that client says that it is there.",
     .default_value = "30s"},
    {.name = kTimeout,
     .type = OptionType::kDuration,
     .doc = "How long it is believed to be there without a word.",
     .default_value = "3min"},
};

}  // namespace

Result<ClientHeartbeatOptions> ClientHeartbeatOptions::Parse(
    const std::map<std::string, std::string>& config) {
  ASSIGN_OR_RETURN(const OptionMap map, ReadOptionGroup(config, kGroups, kRecords));
  const OptionReader reader(kRecords, map);
  ClientHeartbeatOptions options;
  ASSIGN_OR_RETURN(options.attached, reader.Boolean(kAttached));
  ASSIGN_OR_RETURN(options.shutdown_on_attached_exit, reader.Boolean(kShutdownOnAttachedExit));
  ASSIGN_OR_RETURN(options.interval_micros, reader.DurationMicros(kInterval));
  ASSIGN_OR_RETURN(options.timeout_micros, reader.DurationMicros(kTimeout));
  if (options.interval_micros <= 0 || options.timeout_micros <= options.interval_micros) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the options `{}` and `{}`: expected an interval above 0 and a "
                                 "timeout that is longer",
                                 kInterval, kTimeout));
  }
  return options;
}

}  // namespace flinkc
