// Bugs of the kind that engines have had (reference: the history of checkpointing elsewhere),
// planted one at a time: the invariants must find each. Most are made by the world around the
// product, seven by the product itself (runtime/base/planted_bug.h).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "runtime/base/random_bits.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/connector/connector_runtime.h"
#include "runtime/protocol/messages.pb.h"
#include "tests/support/simulated_file_system.h"

namespace flinkc {

enum class Mutation : uint8_t {
  kNone,
  kAcknowledgesBeforeSync,  // state files are not synced before a subtask acknowledges
  kReadsAlignedChannel,     // one channel is not held back at its barrier
  kBarrierBeforeState,      // the barrier overtakes what stands before it
  kCommitsOnAcknowledge,    // sinks commit when a subtask has acknowledged
  kSubsumesBeforeDurable,   // old checkpoints go before the new `_metadata` is on the disk
  kDeletesOnAbort,          // the files of an aborted checkpoint go at once
  kReusesNames,             // ids and file names begin anew with each process
  kRestoresTwice,           // windows are restored by more than one subtask
  kRunsFinishedAgain,       // what had finished in the checkpoint is deployed again
  kForgetsOvertaken,        // a checkpoint lacks what its barrier has overtaken first
  kGoesOnFromFurthest,      // where subtasks were not equally far, all count as the furthest
  kPreparesAll,             // what a part of the job starts again from takes the others' files away
  kKeepsCheckpoints,        // a checkpoint has what a part had said before it failed
};
inline constexpr Mutation kMutations[] = {Mutation::kAcknowledgesBeforeSync,
                                          Mutation::kReadsAlignedChannel,
                                          Mutation::kBarrierBeforeState,
                                          Mutation::kCommitsOnAcknowledge,
                                          Mutation::kSubsumesBeforeDurable,
                                          Mutation::kDeletesOnAbort,
                                          Mutation::kReusesNames,
                                          Mutation::kRestoresTwice,
                                          Mutation::kRunsFinishedAgain,
                                          Mutation::kForgetsOvertaken,
                                          Mutation::kGoesOnFromFurthest,
                                          Mutation::kPreparesAll,
                                          Mutation::kKeepsCheckpoints};
const char* Name(Mutation mutation);

// Does the harm of one mutation to one run.
class Mutator {
 public:
  // `disk` must outlive it.
  Mutator(Mutation mutation, SimulatedFileSystem* disk);
  ~Mutator();

  bool SkipsSync(const std::string& path) const;
  // Before the message is sent; may change it. `files`: of the process that sends it.
  void OnSend(protocol::Envelope& envelope, const ConnectorRuntimes& connectors, FileSystem& files);
  void OnProcessStart();
  // The names of state files.
  RandomBits NameBits(RandomBits bits);

 private:
  void CommitAll(const proto::SubtaskSnapshot& snapshot, const ConnectorRuntimes& connectors,
                 FileSystem& files) const;

  const Mutation mutation_;
  SimulatedFileSystem& disk_;
  std::map<uint64_t, std::set<std::string>> acknowledged_files_;  // by checkpoint
  uint64_t next_name_ = 0;
};

}  // namespace flinkc
