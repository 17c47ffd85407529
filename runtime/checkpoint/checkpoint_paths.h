// The names of what lies in a job's checkpoint directory <dir>/<job name>/:
//
//   .lock                       held by the one process that runs this job
//   chk-<n>/_metadata           its presence makes checkpoint n complete
//   chk-<n>/                    alone: n has been used, so it never is again
//   chk-<n>/_keep               the user's: restored from and not claimed
//   chk-<n>/_savepoint          n was reserved for a savepoint: the path of its directory
//   chk-<n>/_damaged            was found to be so, and an older one was gone on from: why
//   claimed                     paths of savepoints that were claimed, a line each
//   savepoints                  paths of savepoints that list output which is not visible yet
//   finished                    the job has come to its end: nothing is gone on from
//   shared/<n>-<random>.state   segments that checkpoint n wrote
//   savepoint-<job>-<random>/   anywhere: _metadata and <n>-<random>.state
//
// A file's name tells who made it, so that what a checkpoint left behind that never became complete
// can be told from what one under way is still writing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flinkc {

inline constexpr std::string_view kMetadataName = "_metadata";
inline constexpr std::string_view kSharedDirectory = "shared";
inline constexpr std::string_view kKeepName = "_keep";
inline constexpr std::string_view kSavepointName = "_savepoint";
inline constexpr std::string_view kDamagedName = "_damaged";
inline constexpr std::string_view kClaimedName = "claimed";
inline constexpr std::string_view kSavepointsName = "savepoints";
inline constexpr std::string_view kFinishedName = "finished";

// Any job name as one path component: all but letters, digits, `-`, `_` and inner `.` as %XX; what
// is longer than 120 bytes ends in its hash.
std::string JobDirectoryName(std::string_view job_name);

std::string CheckpointDirectoryName(uint64_t checkpoint_id);
// The n of chk-<n>, written as CheckpointDirectoryName does.
std::optional<uint64_t> ParseCheckpointDirectoryName(std::string_view name);

// "shared/<n>-<random>.state", of a savepoint without the directory. `random`: letters and digits,
// never the same twice.
std::string StateFilePath(uint64_t checkpoint_id, std::string_view random, bool savepoint);
// Who made a file named so; `path` with or without its directory. Nothing: not such a name.
std::optional<uint64_t> CreatorOfStateFile(std::string_view path);

// "savepoint-<first six of the job's id>-<random>"
std::string SavepointDirectoryName(std::string_view job_id, std::string_view random);
bool IsSavepointDirectoryName(std::string_view name);

// Not empty, not absolute, without `.`, `..`, empty parts and control characters: it stays below
// the directory that it is relative to.
bool IsSafeRelativePath(std::string_view path);
// Whether `..` is a part of the path.
bool HasParentReference(std::string_view path);

}  // namespace flinkc
