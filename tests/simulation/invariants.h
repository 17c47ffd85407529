// Watches one run from outside, by its messages and its files, and says when an invariant of
// checkpointing is broken:
//
//   I1, I2    a committed row is one that must be there, once; at the end they all are
//   I4        a complete checkpoint's state is the fold of the records before its positions
//   I5        ids only grow, over all restarts; the newest complete checkpoint is never lost
//   I6, I11   what is called complete is lasting, and consists of what this attempt's subtasks said
//   I7, I8    each file of a complete checkpoint is there, unchanged, until its `_metadata` is
//             lastingly gone; no name of a state file is used twice; garbage goes
//   I9        output is committed that a complete checkpoint lists, and no other
//   I10       a job that was taken in is known until it has ended, whoever is JobManager
//   I13       every subtask has its slot, and no other has it
//   I14       what has finished is not deployed again; the job ends when all output is committed
//
// Savepoints are held to the same: I4, I6 and I11 when they become complete, I7 and I8 as long as
// nobody has claimed them; the output that one lists is there for who goes on from it (I9). Of a
// checkpoint that was damaged from outside nothing is asked, but that what it has made visible is
// not there twice.
//
// I3, I12 and more of I1, I2 and I4 are checked record by record (toy_job.h), I15 by the
// simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/messages.pb.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/workload.h"
#include "tests/support/simulated_file_system.h"

namespace flinkc {

class Invariants {
 public:
  // All must outlive it.
  Invariants(const Workload* workload, SimulatedFileSystem* disk, Trace* trace);

  // The rows that `sink` must have in the end, each so often.
  void Expect(const std::string& sink, std::map<OutputRow, int64_t> rows);

  // The first thing that was wrong.
  const std::optional<std::string>& violation() const { return violation_; }
  void Violate(const std::string& what);

  void OnSend(const protocol::Envelope& envelope);
  void OnLog(const std::string& line);
  void OnCreate(const std::string& path, bool done);
  void OnRename(const std::string& from, const std::string& to, bool done);
  void OnRemove(const std::string& path, bool done);
  void OnSyncDirectory(const std::string& path, bool done);
  // The process has died; `lost`: and what was not synced with it. The disk is as the next sees it.
  void OnRestart(bool lost);
  // From now on nothing goes wrong.
  void OnCalm() { calm_ = true; }
  // Tasks may go on that the JobManager does not know of, and leave files behind.
  void OnZombies() { had_zombies_ = true; }
  // The job is FINISHED: all output is there, and nothing is left over but for what could not be
  // removed before.
  void OnFinished();
  // All output is there: also after a power cut, which may bring back what was removed.
  void CheckAllOutput();

  // Directories of the savepoints that are there.
  std::vector<std::string> Savepoints() const;
  // The job is to go on from a savepoint; `claims`: and may delete it then. What was written behind
  // it goes, as a user would have it who goes back in time: output, and later savepoints.
  // `stopped`: there must be none.
  void GoBackTo(const std::string& savepoint, bool claims, bool stopped);
  // The savepoint that the job's mark says it was stopped with; "": none.
  std::string StoppedWith() const;
  // Flips a bit of what only the newest complete checkpoint refers to, if one before it is whole.
  void DamageNewest(Chance* chance);

  // How a job has ended could not be written down, and it is not run again either.
  bool result_lost() const { return result_lost_; }
  uint64_t completed() const { return completed_; }
  uint64_t newest() const { return newest_; }
  // Attempts of a job at another parallelism than the one before.
  uint64_t rescales() const { return rescales_; }
  // Deployments of a part of a job that goes on otherwise.
  uint64_t failovers() const { return failovers_; }

 private:
  using TaskKey = std::tuple<uint32_t, uint64_t, uint32_t, uint32_t>;  // attempt, id, vertex, index
  using TaskIndex = std::pair<uint32_t, uint32_t>;                     // vertex, index
  struct Complete {
    proto::CheckpointMetadata metadata;
    std::map<std::string, uint64_t> files;  // path -> hash of its bytes
    bool lasts = false;                     // known to survive a power cut
    bool metadata_removed = false;          // but perhaps not for good
  };

  struct Savepoint {
    proto::CheckpointMetadata metadata;
    std::map<std::string, uint64_t> files;
    bool lasts = false;
    bool claimed = false;
  };

  void OnDeploy(const protocol::DeployTasks& deploy, uint64_t leader_epoch);
  // Of all of the job.
  void BeginAttempt(const protocol::DeployTasks& deploy, const JobGraph& graph);
  static std::vector<TaskIndex> TasksOf(const protocol::DeployTasks& deploy, const JobGraph& graph);
  uint32_t AttemptOf(const TaskIndex& task) const;
  void CheckSlots(const protocol::DeployTasks& deploy, const JobGraph& graph);
  const proto::CheckpointMetadata* FindMetadata(uint64_t id) const;
  void CheckFinishedStay(const protocol::DeployTasks& deploy, uint64_t restored);
  void OnTrigger(const protocol::TriggerCheckpoint& trigger, uint64_t leader_epoch);
  void OnMetadata(uint64_t id, bool done);
  void OnLasting(uint64_t id);
  void CheckContents(const proto::CheckpointMetadata& metadata);
  // What it lists may be made visible.
  void LetCommit(const proto::CheckpointMetadata& metadata);
  void OnSavepoint(const std::string& directory, bool done);
  // By path below `root`.
  std::map<std::string, uint64_t> HashFiles(const proto::CheckpointMetadata& metadata,
                                            const std::string& root);
  // `root`: what the paths of its files are relative to, with a slash.
  void CheckCut(const proto::CheckpointMetadata& metadata, const std::string& root);
  void CheckStates(const proto::CheckpointMetadata& metadata, const std::string& root,
                   const proto::VertexSnapshot& vertex, const std::vector<int64_t>& positions);
  Status ReadInFlightOf(const proto::VertexSnapshot& vertex, const std::string& root,
                        std::set<std::pair<int64_t, int64_t>>* records);
  void CheckFiles(uint64_t id, const std::map<std::string, uint64_t>& files,
                  const std::string& root);
  void CheckSavepoints();
  // A part file is visible no more.
  void ForgetOutput(const std::string& path);
  void CheckUntouched(const std::string& path, const char* what);
  void TakeOutput(const std::string& path);
  void CountOutput();
  bool AllOutputIsThere(std::string* missing) const;

  const Workload& workload_;
  SimulatedFileSystem& disk_;
  Trace& trace_;
  std::map<std::string, std::map<OutputRow, int64_t>> expected_;  // by sink
  std::map<std::string, std::map<OutputRow, int64_t>> visible_;
  std::optional<std::string> violation_;

  std::map<uint64_t, Complete> complete_;        // whose `_metadata` may be there
  std::map<std::string, Savepoint> savepoints_;  // by directory; complete, and not given up
  std::set<uint64_t> stops_;                     // ids of savepoints that stop the job
  std::set<uint64_t> damaged_;
  uint64_t before_savepoint_ = 0;     // the largest id when a savepoint was gone back to
  std::set<std::string> may_commit_;  // final paths that a complete checkpoint has listed
  std::map<std::string, uint64_t> first_listed_;  // final path -> that checkpoint
  std::set<std::string> state_files_;             // ever made
  std::map<TaskKey, std::string> acknowledged_;
  std::map<TaskIndex, std::string> finished_;  // of their last attempt
  std::set<TaskIndex> never_run_;              // had finished before it
  std::optional<uint64_t> restored_;           // what the next attempt goes on from
  std::string job_id_;
  uint32_t attempt_ = 0;        // the last deployment
  uint32_t whole_attempt_ = 0;  // and the last of the whole job
  bool is_released_ = false;    // all of what ran
  std::map<TaskIndex, uint32_t> attempts_;
  uint64_t leader_epoch_ = 0;         // of whoever deployed it
  uint64_t triggered_ = 0;            // the largest id ever
  std::set<uint64_t> triggered_now_;  // by this attempt
  std::set<uint64_t> aborted_;
  uint64_t newest_ = 0;  // complete and lasting
  uint64_t completed_ = 0;
  uint64_t rescales_ = 0;
  uint64_t failovers_ = 0;
  std::vector<uint32_t> parallelisms_;  // of this attempt, by vertex
  bool calm_ = false;
  bool had_zombies_ = false;
  bool deployed_in_calm_ = false;
  bool result_lost_ = false;
  bool end_failed_ = false;  // before the calm; its checkpoints go when the job is started again
};

}  // namespace flinkc
