#include "tools/flinkc/recovery_flags.h"

namespace flinkc {

void RecoveryFlags::AddTo(CLI::App& command) {
  CLI::Option* checkpoint = command.add_option(
      "--from-checkpoint", from_checkpoint,
      "Go on from a checkpoint: its path, or `latest` for the newest of this job");
  command.add_option("--from-savepoint", from_savepoint, "Go on from the savepoint at this path")
      ->excludes(checkpoint);
  command
      .add_option("--claim-mode", claim_mode,
                  "claim: the job owns what it goes on from, and deletes it in time; no_claim: it "
                  "stays yours")
      ->check(CLI::IsMember({"claim", "no_claim"}, CLI::ignore_case));
  command.add_flag("--allow-non-restored-state", allow_non_restored,
                   "Leave behind state that the job has no operator for");
}

Result<std::vector<ConfigSetting>> RecoveryFlags::Settings() const {
  std::vector<ConfigSetting> settings;
  const std::optional<std::string>& path = from_savepoint ? from_savepoint : from_checkpoint;
  if (path == "") {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--from-checkpoint and --from-savepoint take the path of a directory");
  }
  if (from_savepoint == "latest") {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--from-savepoint takes a path; `--from-checkpoint latest` goes on from the "
                     "job's newest checkpoint");
  }
  if (!claim_mode.empty() && path == "latest") {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--claim-mode is for a path: the job's newest checkpoint is its own already");
  }
  if (path) settings.push_back({"execution.state-recovery.path", *path});
  if (!claim_mode.empty()) {
    settings.push_back(
        {"execution.state-recovery.claim-mode", claim_mode == "claim" ? "CLAIM" : "NO_CLAIM"});
  }
  if (allow_non_restored) {
    settings.push_back({"execution.state-recovery.ignore-unclaimed-state", "true"});
  }
  return settings;
}

}  // namespace flinkc
