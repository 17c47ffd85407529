// What a JobManager keeps for the one that takes over from it: its jobs, and how the last ones have
// ended. A directory, as Flink's high-availability.storageDir:
//
//   lock             held by the JobManager that lives
//   epoch-<n>        the largest n is that of the JobManager that leads; an empty file
//   jobs/<id>        a StoredJob that has not ended
//   results/<id>     a StoredResult; the oldest go
//   damaged/<id>     what could not be read, for a person to look at
//
// Each file of jobs/ and results/ is written aside, synced and renamed, with a checksum. What holds
// after a crash between any two steps: a job that was kept is found until it is forgotten; one with
// a result has ended, whatever else is there of it; an epoch is never given out twice.
//
// One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/env/storage.h"
#include "runtime/jobmanager/stored_job.pb.h"

namespace flinkc {

// What the former JobManager has left.
struct FormerJobs {
  std::vector<proto::StoredJob> jobs;        // in the order in which they were submitted
  std::vector<proto::StoredResult> results;  // the one that ended last comes last
  std::vector<std::string> damaged;          // of each file that was set aside: a sentence
};

class HighAvailabilityStore {
 public:
  // As many as the Dispatcher remembers.
  static constexpr size_t kResultsMax = 100;

  // Makes the directory, locks it, and takes the lead. kUnavailable: another JobManager lives on
  // it. `files` must outlive the store.
  static Result<std::unique_ptr<HighAvailabilityStore>> Open(FileSystem* files,
                                                             std::string directory);

  // Larger than that of every JobManager before.
  uint64_t epoch() const { return epoch_; }
  // kUnavailable: another JobManager has taken the lead, although this one lives (its lock was
  // taken away): nothing may be written any more.
  Status CheckLeads() const;

  // Sets damaged files aside. What cannot be read for another reason (a newer version, an I/O
  // error) is an error: a job must not be forgotten for that.
  Result<FormerJobs> Find();

  // After an error the job may be kept or not, or be as it was before.
  Status Keep(const proto::StoredJob& job);
  // From now on the job has ended. After an error it may have or not.
  Status KeepResult(const proto::StoredResult& result);
  // The job is not to be found any more.
  Status Forget(const std::string& job_id);
  // A job that can be read and not be understood.
  Status SetAside(const std::string& job_id);

 private:
  HighAvailabilityStore(FileSystem* files, std::string directory, std::unique_ptr<FileLock> lock,
                        uint64_t epoch)
      : files_(*files), directory_(std::move(directory)), lock_(std::move(lock)), epoch_(epoch) {}

  std::string PathOf(std::string_view kind, std::string_view job_id) const;
  template <typename Message, typename IdOf>
  Status Read(std::string_view kind, const IdOf& id_of, std::vector<Message>* found,
              std::vector<std::string>* damaged);
  void RemoveOldResults();

  // Constant after construction.
  FileSystem& files_;
  const std::string directory_;
  const std::unique_ptr<FileLock> lock_;
  const uint64_t epoch_;

  std::deque<std::string> results_;  // by job, the one that ended last comes last
};

}  // namespace flinkc
