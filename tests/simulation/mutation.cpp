#include "tests/simulation/mutation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/planted_bug.h"
#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/metadata.h"
#include "tests/simulation/toy_job.h"

namespace flinkc {

PlantedBug planted_bug = PlantedBug::kNone;

const char* Name(Mutation mutation) {
  switch (mutation) {
    case Mutation::kNone:
      return "none";
    case Mutation::kAcknowledgesBeforeSync:
      return "acknowledges before sync";
    case Mutation::kReadsAlignedChannel:
      return "reads an aligned channel";
    case Mutation::kBarrierBeforeState:
      return "barrier before state";
    case Mutation::kCommitsOnAcknowledge:
      return "commits on acknowledge";
    case Mutation::kSubsumesBeforeDurable:
      return "subsumes before durable";
    case Mutation::kDeletesOnAbort:
      return "deletes on abort";
    case Mutation::kReusesNames:
      return "reuses names";
    case Mutation::kRestoresTwice:
      return "restores twice";
    case Mutation::kRunsFinishedAgain:
      return "runs finished again";
    case Mutation::kForgetsOvertaken:
      return "forgets what was overtaken";
    case Mutation::kGoesOnFromFurthest:
      return "goes on from the furthest";
    case Mutation::kPreparesAll:
      return "prepares all for a part";
    case Mutation::kKeepsCheckpoints:
      return "keeps checkpoints when a part fails";
  }
  return "?";
}

Mutator::Mutator(Mutation mutation, SimulatedFileSystem* disk) : mutation_(mutation), disk_(*disk) {
  planted_bug = mutation == Mutation::kReadsAlignedChannel  ? PlantedBug::kReadsAlignedChannel
                : mutation == Mutation::kBarrierBeforeState ? PlantedBug::kBarrierBeforeState
                : mutation == Mutation::kRestoresTwice      ? PlantedBug::kRestoresEveryKey
                : mutation == Mutation::kForgetsOvertaken   ? PlantedBug::kForgetsOvertaken
                : mutation == Mutation::kGoesOnFromFurthest ? PlantedBug::kGoesOnFromFurthest
                : mutation == Mutation::kPreparesAll        ? PlantedBug::kPreparesAll
                : mutation == Mutation::kKeepsCheckpoints   ? PlantedBug::kKeepsCheckpoints
                                                            : PlantedBug::kNone;
}
Mutator::~Mutator() { planted_bug = PlantedBug::kNone; }

bool Mutator::SkipsSync(const std::string& path) const {
  if (mutation_ == Mutation::kAcknowledgesBeforeSync) return path.ends_with(".state");
  if (mutation_ == Mutation::kSubsumesBeforeDurable) return path.ends_with("/_metadata.tmp");
  return false;
}

void Mutator::OnSend(protocol::Envelope& envelope, const ConnectorRuntimes& connectors,
                     FileSystem& files) {
  if (envelope.has_deploy_tasks() && mutation_ == Mutation::kRunsFinishedAgain) {
    envelope.mutable_deploy_tasks()->clear_finished();
  }
  if (envelope.has_acknowledge_checkpoint() && !envelope.acknowledge_checkpoint().has_error()) {
    proto::SubtaskAcknowledgement acknowledgement;
    acknowledgement.ParseFromString(envelope.acknowledge_checkpoint().acknowledgement());
    if (mutation_ == Mutation::kCommitsOnAcknowledge) {
      CommitAll(acknowledgement.snapshot(), connectors, files);
    }
    std::set<std::string>& paths =
        acknowledged_files_[envelope.acknowledge_checkpoint().checkpoint_id()];
    VisitFiles(acknowledgement.snapshot(),
               [&](const std::string& path) { paths.insert("/ckpt/toy/" + path); });
  }
  if (envelope.has_checkpoint_ended() && !envelope.checkpoint_ended().complete() &&
      mutation_ == Mutation::kDeletesOnAbort) {
    for (const std::string& path :
         acknowledged_files_[envelope.checkpoint_ended().checkpoint_id()]) {
      static_cast<void>(files.Remove(path));
    }
  }
}

void Mutator::CommitAll(const proto::SubtaskSnapshot& snapshot, const ConnectorRuntimes& connectors,
                        FileSystem& files) const {
  for (const proto::SealedOutput& sealed : snapshot.sealed()) {
    const SinkDescriptor sink = ToySink(sealed.sink());
    const auto committer =
        FindConnector(connectors, sink.connector)->make_committer({&sink, kToyJobName, &files});
    if (committer) static_cast<void>((*committer)->Commit({sealed.unit()}));
  }
}

// Ids of checkpoints that never completed are forgotten.
void Mutator::OnProcessStart() {
  next_name_ = 0;
  if (mutation_ != Mutation::kReusesNames) return;
  const auto names = disk_.List("/ckpt/toy");
  if (!names) return;
  for (const FileInfo& file : *names) {
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    if (!ParseCheckpointDirectoryName(name) || disk_.Peek(file.path + "/_metadata")) continue;
    static_cast<void>(disk_.RemoveDirectory(file.path));
  }
}

RandomBits Mutator::NameBits(RandomBits bits) {
  if (mutation_ != Mutation::kReusesNames) return bits;
  return [this] { return ++next_name_; };
}

}  // namespace flinkc
