// The checkpoints of one job on disk: makes them complete, finds them again, and is the only one
// that deletes them (docs/adr/0004-checkpoints.md, checkpoint_paths.h).
//
// What holds after a crash between any two steps:
// - a checkpoint is complete exactly if its `_metadata` is there, and then so is all it refers to;
// - an id, once reserved, is never given out again: the directory with the largest number stays;
// - what belongs to no checkpoint is removed by the next CleanUp.
//
// A file is deleted only if no checkpoint that the caller retains refers to it, none that is under
// way is known to, and its maker is not younger than the newest complete checkpoint. There are no
// counts of references that a restart could get wrong, and nothing is deleted on abort.
//
// One thread, the one that does a job's checkpoint I/O in order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/checkpoint/metadata.h"
#include "runtime/checkpoint/savepoint.h"
#include "runtime/env/storage.h"

namespace flinkc {

struct StoredCheckpoint {
  proto::CheckpointMetadata metadata;
  std::string path;  // of chk-<n>
  // Restored from without being claimed: the user's. Never deleted by a job.
  bool kept = false;
};

struct FoundCheckpoints {
  // Whole ones (VerifyFiles), the newest first.
  std::vector<StoredCheckpoint> complete;
  // Damaged ones and why: to be told to the user, not to be restored from.
  struct Skipped {
    uint64_t checkpoint_id = 0;
    Error error;
    bool kept = false;
    // If it is only its files that are not whole.
    std::optional<proto::CheckpointMetadata> metadata;
  };
  std::vector<Skipped> skipped;
  // The largest id ever reserved, complete or not; 0: none.
  uint64_t id_max = 0;
};
// Only reads, and needs no lock: for `flinkc state ls`. A directory that is not there has no
// checkpoints. A checkpoint that cannot be read for another reason than damage (a newer version, an
// I/O error) is an error: to go back to an older one would then be wrong.
Result<FoundCheckpoints> FindCheckpoints(FileSystem& files, const std::string& job_directory);

enum class ClaimMode : uint8_t {
  kNoClaim,  // what is restored from stays the user's, and no checkpoint refers to its files
  kClaim,    // it becomes the job's, which deletes it when newer ones have taken its place
};

// What a job starts from.
struct RestorePoint {
  CheckpointAtPath checkpoint;
  // Whether the job's next checkpoints may refer to its files.
  bool referable = false;
};

// How a job came to its end, so that a start that asks for its newest checkpoint does not do
// everything a second time.
struct FinishedJob {
  std::string job_id;
  int64_t finished_at = 0;  // milliseconds since 1970
  std::string savepoint;    // that it was stopped with; "": all its input had been read
};

class CheckpointStore {
 public:
  // Makes <dir>/<job name>/ and locks it. kUnavailable: another process runs a job of this name
  // there. `files` must outlive the store.
  static Result<std::unique_ptr<CheckpointStore>> Open(FileSystem* files, const std::string& dir,
                                                       std::string_view job_name);

  // As FindCheckpoints; what is found is made to last before anybody builds on it.
  Result<FoundCheckpoints> Find();
  // Removes what no complete checkpoint refers to: files, directories of incomplete ones,
  // unfinished savepoints of this job. Before the first Reserve, when nobody writes; Find must have
  // succeeded.
  Status CleanUp();
  // The checkpoint passed VerifyFiles, but a segment in it is damaged: Find skips it from now on.
  void MarkCorrupt(uint64_t checkpoint_id, Error error);
  // As MarkCorrupt, for good: also whoever comes after a crash skips it. Its file `_damaged` says
  // why; who has mended the checkpoint removes that.
  Status GiveUp(uint64_t checkpoint_id, const Error& error);

  // One that was committed here, and is still what a part of the job that wrote it may go on from.
  // kNotFound, kCorrupt: it is not whole any more; other errors as ReadMetadata.
  Result<proto::CheckpointMetadata> Read(uint64_t checkpoint_id) const;
  // Those of savepoints behind the newest complete checkpoint that list output: a part of the job
  // goes back, and nobody commits what it had written for them.
  Status NoteSavepoints();

  // Reads a checkpoint or savepoint that the user named. kInvalidArgument: a checkpoint of another
  // directory cannot be claimed, it shares files. A savepoint is the job's from its first own
  // checkpoint on: a job that comes to nothing before has no claim to it.
  Result<RestorePoint> Restore(const std::string& path, ClaimMode claim);

  // Makes chk-<n>, lastingly, before checkpoint or savepoint n is triggered.
  Status Reserve(uint64_t checkpoint_id);
  // The directory <target>/savepoint-<…>/, made after Reserve. It is removed by a later CleanUp or
  // Prune if it is never completed. `random`: letters and digits, never the same twice.
  Result<std::string> MakeSavepointDirectory(uint64_t checkpoint_id, const std::string& target,
                                             std::string_view job_id, std::string_view random);

  // What complete savepoints list that nobody has made visible, or that may yet be taken back:
  // those behind the oldest complete checkpoint, and those of runs that somebody has gone on from
  // an older checkpoint of. After CleanUp.
  Result<std::vector<proto::SealedOutput>> SealedBySavepoints();

  MetadataWrite Commit(const proto::CheckpointMetadata& metadata);
  MetadataWrite CommitSavepoint(const std::string& directory,
                                const proto::CheckpointMetadata& metadata);

  struct PruneRequest {
    // What stays, the newest complete checkpoint among them; all were found or committed here.
    std::set<uint64_t> retained;
    // Checkpoints and savepoints that may still become complete, and the files that they refer to,
    // as far as they were acknowledged.
    std::set<uint64_t> under_way;
    std::set<std::string> in_use;
    // The claimed savepoints have been replaced as well.
    bool drop_claimed = false;
  };
  // Deletes all else: `_metadata` first, lastingly, then files, then directories. An error leaves
  // the rest to the next call.
  Status Prune(const PruneRequest& request);
  // The job has ended for good and its checkpoints are not wanted: deletes all but those kept.
  Status DiscardAll();

  // Before DiscardAll: a crash in between must not lead back to the last checkpoint.
  Status MarkFinished(const FinishedJob& job);
  // The same before what a job has written last is made visible. After an Error it goes on, and
  // since nobody knows whether the mark is there, no checkpoint is committed before it is surely
  // gone.
  Status MarkStopped(const FinishedJob& job);
  Result<std::optional<FinishedJob>> ReadFinished() const;
  // A new run begins, or an attempt.
  Status ForgetFinished();

  const std::string& directory() const { return directory_; }

 private:
  CheckpointStore(FileSystem* files, std::string directory, std::unique_ptr<FileLock> lock)
      : files_(*files), directory_(std::move(directory)), lock_(std::move(lock)) {}

  std::string PathOf(uint64_t checkpoint_id) const;
  Result<std::set<uint64_t>> ReservedIds() const;
  void Remember(const proto::CheckpointMetadata& metadata);
  Status KeepForUser(uint64_t checkpoint_id);
  Status CheckClaim(const std::string& savepoint) const;
  Status Claim(const std::string& savepoint);
  // `name`: a list of paths.
  Result<std::vector<std::string>> ReadPaths(std::string_view name) const;
  Status WritePaths(std::string_view name, const std::vector<std::string>& paths);
  // A complete savepoint that lists output.
  struct OpenSavepoint {
    std::string path;
    std::vector<proto::SealedOutput> sealed;
  };
  // In the directory that was reserved for savepoint n. Nothing: there is none.
  Result<std::optional<OpenSavepoint>> FindOpenSavepoint(uint64_t checkpoint_id) const;
  Result<std::optional<OpenSavepoint>> ReadOpenSavepoint(const std::string& path) const;
  // Before it is forgotten which directory that was.
  Status NoteSavepoint(uint64_t checkpoint_id);
  Status DropClaims();
  // Makes chk-<n> incomplete, lastingly.
  Status RemoveMetadata(uint64_t checkpoint_id);
  // Removes what is in the incomplete chk-<n>, and itself.
  Status RemoveIncomplete(uint64_t checkpoint_id, bool with_directory);
  Status RemoveSharedFiles(const std::set<std::string>& in_use, uint64_t creator_min,
                           uint64_t creator_max);

  // Constant after construction.
  FileSystem& files_;
  const std::string directory_;
  const std::unique_ptr<FileLock> lock_;

  // Files of the checkpoints that may be complete.
  std::map<uint64_t, std::set<std::string>> files_of_;
  std::set<uint64_t> kept_;
  std::map<uint64_t, Error> corrupt_;
  // Files of these and older makers may belong to a damaged checkpoint; of the second, to one of
  // the user's.
  uint64_t damaged_max_ = 0;
  uint64_t kept_damaged_max_ = 0;
  uint64_t id_max_ = 0;
  // Restored from, and claimed with the next checkpoint; "": none.
  std::string to_claim_;
  bool may_be_marked_ = false;  // as finished, which it is not
};

}  // namespace flinkc
