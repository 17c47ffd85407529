#include "runtime/checkpoint/recovery_options.h"

#include <string_view>

#include "runtime/checkpoint/read_options.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

namespace {

constexpr std::string_view kGroups[] = {"execution.state-recovery."};
constexpr std::string_view kPath = "execution.state-recovery.path";
constexpr std::string_view kClaim = "execution.state-recovery.claim-mode";
constexpr std::string_view kIgnore = "execution.state-recovery.ignore-unclaimed-state";
constexpr std::string_view kFromLocal = "execution.state-recovery.from-local";
constexpr std::string_view kClaims[] = {"NO_CLAIM", "CLAIM"};

constexpr OptionRecord kRecords[] = {
    {.name = kPath,
     .type = OptionType::kString,
     .doc = "A checkpoint or savepoint to go on from; `latest`: the job's newest checkpoint."},
    {.name = kClaim,
     .type = OptionType::kChoice,
     .doc = "Whether what the job goes on from becomes the job's own, or stays the user's.",
     .default_value = "NO_CLAIM",
     .choices = kClaims},
    {.name = kIgnore,
     .type = OptionType::kBoolean,
     .doc = "Whether state is left behind that the job has no operator for.",
     .default_value = "false"},
    {.name = kFromLocal,
     .type = OptionType::kBoolean,
     .doc = "Whether a restart prefers copies of state on the TaskManagers' own disks.",
     .default_value = "false"},
};

}  // namespace

std::span<const OptionRecord> RecoveryOptionRecords() { return kRecords; }

Result<RecoveryOptions> RecoveryOptions::Parse(const std::map<std::string, std::string>& config) {
  ASSIGN_OR_RETURN(const OptionMap map, ReadOptionGroup(config, kGroups, kRecords));
  const OptionReader reader(kRecords, map);
  RecoveryOptions options;
  options.path = reader.Text(kPath);
  options.claim = reader.Text(kClaim) == kClaims[1] ? ClaimMode::kClaim : ClaimMode::kNoClaim;
  ASSIGN_OR_RETURN(options.allow_non_restored, reader.Boolean(kIgnore));
  ASSIGN_OR_RETURN(options.from_local, reader.Boolean(kFromLocal));
  return options;
}

}  // namespace flinkc
