// Named places in the product where a test makes the process die, wait or meet an error of the disk
// (docs/testing.md, "Failpoints"). Nothing is armed unless ArmFailpoints is called, which `flinkc`
// does with the environment variable FLINKC_FAILPOINTS; unarmed, a place costs a relaxed load.
//
//   RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.before_sync"));
//   FLINKC_FAILPOINT("ack.before");
//
// Thread-safe, but for ArmFailpoints: once, before other threads start. Include it in .cpp files.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

#include "runtime/base/result.h"

namespace flinkc {

struct FailpointRecord {
  std::string_view name;
  // Whether an error can come of it there: FLINKC_FAILPOINT_STATUS.
  bool can_fail = false;
  std::string_view doc;
};

// All there are, in the order in which a checkpoint meets them.
inline constexpr std::array kFailpoints = std::to_array<FailpointRecord>({
    {"task.input", true, "a subtask takes an element from its gate"},
    {"checkpoint.reserve", true, "before chk-<n> is made"},
    {"checkpoint.triggered", false, "before the trigger is sent"},
    {"gate.aligning", false, "some inputs of a gate have brought the barrier, not all"},
    {"sink.seal", true, "at the barrier, before a sink seals what it has written"},
    {"sink.sync", true, "in the background, before a sealed file is synced"},
    {"snapshot.freeze", true, "at the barrier, before the tables are frozen"},
    {"snapshot.frozen", false, "at the barrier, behind it"},
    {"state_file.chunk", true, "a chunk was encoded and appended"},
    {"state_file.before_sync", true, "before a state file is synced"},
    {"state_file.after_sync", true, "after it, before its name is"},
    {"ack.before", false, "before a subtask acknowledges"},
    {"ack.after", false, "after it"},
    {"coordinator.all_but_one", false, "all subtasks have acknowledged but one"},
    {"metadata.before_write", true, "before `_metadata` is written under its temporary name"},
    {"metadata.before_sync", true, "written, not synced"},
    {"metadata.before_rename", true, "synced, not renamed"},
    {"file.renamed", false, "a file was renamed, its directory is not synced"},
    {"checkpoint.durable", false, "`_metadata` lasts, nobody knows yet"},
    {"commit.before", true, "before a file sink renames what was sealed"},
    {"commit.between", true, "between two of the renames"},
    {"commit.after", true, "after them"},
    {"prune.metadata_removed", true, "an old `_metadata` is gone, its files are there"},
    {"prune.file_removed", true, "a state file was removed, others are to be"},
    {"final.acknowledged", false, "the last checkpoint of a job that ends has what it needs"},
    {"final.durable", false, "it is complete, the job has not ended"},
    {"discard.metadata_removed", true, "the job has ended, one of its `_metadata` is gone"},
    {"restore.found", true, "a checkpoint to go on from was found"},
    {"restore.cleaned", true, "what belongs to none was removed from the checkpoint directory"},
    {"restore.leftovers", true, "an unfinished file of a sink was removed"},
    {"restore.segment", true, "a segment of state was read"},
    {"restore.taken_back", true, "a file was taken back that a newer, damaged checkpoint lists"},
    {"restore.committed", true, "all state is loaded, and the output listed is committed"},
    {"restore.done", false, "all subtasks run, nothing was triggered"},
});

// Arms what `list` says: `<name>:<nth>:<action>[,…]`. `nth`: the how-manieth time that the place is
// passed, from 1 on; `2-4`: each of these; `2-`: each from the second on. `action`: `kill`
// (SIGKILL), `sleep:<ms>`, and where it can fail `error` (EIO), `nospace` (ENOSPC), `readonly`
// (EROFS). kInvalidArgument: it names a place or action that there is not.
Status ArmFailpoints(std::string_view list);

namespace failpoint {

struct Plan;
extern constinit std::atomic<Plan*> armed;  // nullptr: none
Status Pass(Plan& plan, size_t index);

consteval size_t IndexOf(std::string_view name, bool can_fail) {
  size_t index = 0;
  while (index < kFailpoints.size() &&
         (kFailpoints[index].name != name || kFailpoints[index].can_fail != can_fail)) {
    ++index;
  }
  return index;
}

template <size_t kIndex>
inline Status Pass() {
  static_assert(kIndex < kFailpoints.size(), "not in kFailpoints, or with another can_fail");
  Plan* plan = armed.load(std::memory_order_relaxed);
  if (plan == nullptr) [[likely]]
    return {};
  return Pass(*plan, kIndex);
}

}  // namespace failpoint
}  // namespace flinkc

#define FLINKC_FAILPOINT_STATUS(name) \
  (::flinkc::failpoint::Pass<::flinkc::failpoint::IndexOf(name, true)>())
#define FLINKC_FAILPOINT(name) \
  static_cast<void>(::flinkc::failpoint::Pass<::flinkc::failpoint::IndexOf(name, false)>())
