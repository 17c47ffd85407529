// A small job, and what its JobMaster or Dispatcher wants done, as words.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "runtime/jobmanager/dispatcher.h"

namespace flinkc {

// "source" with `parallelism` subtasks, hash-partitioned to "sink" with as many.
inline JobGraph TwoVertexGraph(uint32_t parallelism) {
  JobGraph graph;
  graph.name = "two";
  for (uint32_t i = 0; i < 2; ++i) {
    JobVertex vertex;
    vertex.id = JobVertexId(i);
    vertex.name = i == 0 ? "source" : "sink";
    vertex.parallelism = parallelism;
    graph.vertices.push_back(std::move(vertex));
  }
  graph.vertices[0].source.emplace();
  graph.vertices[0].source->name = "in";
  graph.edges.push_back({JobVertexId(0), 0, JobVertexId(1), Partitioning::kHash});
  return graph;
}

// Time that the test moves, and no chance.
struct TestTime {
  int64_t micros = 1'000'000;
  JobMasterEnvironment environment() {
    return {[this] { return CheckpointTime{micros, micros / 1000}; }, [] { return 0.5; }};
  }
};

inline PreparedJob WithSplits(int count, bool assigns_all_at_start = false) {
  PreparedJob prepared;
  PreparedJob::Source& source = prepared.sources[0];
  for (int i = 0; i < count; ++i) source.splits.push_back({"split-" + std::to_string(i), "", 10});
  source.assigns_all_at_start = assigns_all_at_start;
  return prepared;
}

inline std::string WordOf(const std::string& verb,
                          const google::protobuf::RepeatedField<uint32_t>& regions) {
  std::string word = verb;
  for (const uint32_t region : regions) word += ":" + std::to_string(region);
  return word;
}

// One word a message: "RUNNING" for an update of the client, "deploy@tm" for what goes to tm,
// "deploy:1@tm" if it is about region 1 alone.
inline std::string WordOf(const protocol::Envelope& envelope) {
  const std::string to = envelope.to().substr(envelope.to().find('/') + 1);
  switch (envelope.body_case()) {
    case protocol::Envelope::kJobUpdate: {
      const protocol::JobUpdate& update = envelope.job_update();
      return update.waiting_for().empty() ? Name(static_cast<JobState>(update.state())) : "waits";
    }
    case protocol::Envelope::kSubmitJobReply:
      return envelope.submit_job_reply().has_error() ? "refused" : "accepted";
    case protocol::Envelope::kDeployTasks: {
      std::string word = "deploy";
      for (const auto& region : envelope.deploy_tasks().regions()) {
        word += ":" + std::to_string(region.number());
      }
      return word + "@" + to;
    }
    case protocol::Envelope::kAssignSplits: {
      std::string word = "assign";
      for (const protocol::Split& split : envelope.assign_splits().splits())
        word += ":" + split.id();
      return word + ">" + std::to_string(envelope.assign_splits().task().subtask());
    }
    case protocol::Envelope::kNoMoreSplits:
      return "no_more>" + std::to_string(envelope.no_more_splits().task().subtask());
    case protocol::Envelope::kCancelTasks:
      return WordOf("cancel", envelope.cancel_tasks().regions()) + "@" + to;
    case protocol::Envelope::kTriggerCheckpoint:
      return "trigger:" + std::to_string(envelope.trigger_checkpoint().checkpoint_id()) + "@" + to;
    case protocol::Envelope::kCheckpointEnded:
      return (envelope.checkpoint_ended().complete() ? "complete:" : "aborted:") +
             std::to_string(envelope.checkpoint_ended().checkpoint_id()) + "@" + to;
    case protocol::Envelope::kRequestCheckpointReply:
      return envelope.request_checkpoint_reply().has_error() ? "no_checkpoint" : "checkpoint";
    case protocol::Envelope::kUpdateRequirementsReply:
      return envelope.update_requirements_reply().has_error() ? "no_requirements" : "requirements";
    case protocol::Envelope::kDisposeSavepointReply:
      return envelope.dispose_savepoint_reply().has_error() ? "not_disposed" : "disposed";
    case protocol::Envelope::kReleaseTasks:
      return WordOf("release", envelope.release_tasks().regions()) + "@" + to;
    case protocol::Envelope::kRegisterTaskManagerReply:
      return "registered@" + to;
    case protocol::Envelope::kHeartbeat:
      return "heartbeat@" + to;
    default:
      return "?";
  }
}

using Words = std::vector<std::string>;

inline std::string WordOf(const StoreCommand& command) {
  if (const auto* reserve = std::get_if<ReserveCommand>(&command)) {
    return "reserve:" + std::to_string(reserve->checkpoint_id);
  }
  if (const auto* commit = std::get_if<CommitCommand>(&command)) {
    return "write:" + std::to_string(commit->metadata.checkpoint_id());
  }
  return std::holds_alternative<PruneCommand>(command) ? "prune" : "discard";
}

inline Words WordsOf(const JobMasterCommands& commands) {
  Words words;
  for (const JobMasterCommand& command : commands) {
    if (const auto* send = std::get_if<SendCommand>(&command)) {
      words.push_back(WordOf(send->envelope));
    } else if (const auto* request = std::get_if<RequestSlotsCommand>(&command)) {
      // "slots:4/1": 4, but 1 would do.
      words.push_back((request->keeps ? "more_slots:" : "slots:") + std::to_string(request->slots));
      if (request->least != request->slots) words.back() += "/" + std::to_string(request->least);
    } else if (const auto* prepare = std::get_if<PrepareCommand>(&command)) {
      words.push_back(!prepare->part.empty() ? "prepare_part"
                      : prepare->restart     ? "prepare_again"
                                             : "prepare");
    } else if (const auto* commit = std::get_if<CommitOutputCommand>(&command)) {
      words.push_back("commit:" + std::to_string(commit->sealed.size()));
    } else if (const auto* restored = std::get_if<CommitRestoredCommand>(&command)) {
      words.push_back("commit_restored:" + std::to_string(restored->sealed.size()));
    } else if (std::holds_alternative<RemoveLeftoversCommand>(command)) {
      words.push_back("clean");
    } else if (const auto* store = std::get_if<StoreCommand>(&command)) {
      words.push_back(WordOf(*store));
    } else if (const auto* log = std::get_if<LogCommand>(&command)) {
      if (!log->is_detail) words.push_back("log");
    } else if (std::holds_alternative<ReleaseSlotsCommand>(command)) {
      words.push_back("release_slots");
    } else {
      words.push_back("ended");
    }
  }
  return words;
}

inline Words WordsOf(const DispatcherCommands& commands) {
  Words words;
  for (const DispatcherCommand& command : commands) {
    if (const auto* send = std::get_if<SendCommand>(&command)) {
      words.push_back(WordOf(send->envelope));
    } else if (const auto* prepare = std::get_if<PrepareJobCommand>(&command)) {
      words.push_back("prepare:" + prepare->job_id);
    } else if (const auto* commit = std::get_if<CommitJobCommand>(&command)) {
      words.push_back("commit:" + commit->job_id);
    } else if (const auto* restored = std::get_if<CommitRestoredJobCommand>(&command)) {
      words.push_back("commit_restored:" + restored->job_id);
    } else if (std::holds_alternative<RemoveLeftoversCommand>(command)) {
      words.push_back("clean");
    } else if (const auto* store = std::get_if<StoreJobCommand>(&command)) {
      words.push_back(WordOf(store->command));
    } else if (const auto* log = std::get_if<LogCommand>(&command)) {
      if (!log->is_detail) words.push_back("log");
    } else if (const auto* keep = std::get_if<KeepJobCommand>(&command)) {
      words.push_back("keep:" + keep->job_id);
    } else if (const auto* requirements = std::get_if<KeepRequirementsCommand>(&command)) {
      words.push_back("keep_requirements:" + requirements->update.job_id());
    } else if (std::holds_alternative<KeepResultCommand>(command)) {
      // In front of all that has to do with a job's end: see what tests of it look at.
    } else if (const auto* dispose = std::get_if<DisposeSavepointCommand>(&command)) {
      words.push_back("dispose:" + dispose->directory);
    } else if (const auto* disconnect = std::get_if<DisconnectCommand>(&command)) {
      words.push_back("disconnect@" +
                      disconnect->address.substr(disconnect->address.find('/') + 1));
    } else {
      words.push_back("forget:" + std::get<ForgetJobCommand>(command).job_id);
    }
  }
  return words;
}

inline protocol::TaskId TaskIdOf(const std::string& job_id, uint32_t vertex, uint32_t subtask,
                                 uint32_t attempt = 1) {
  protocol::TaskId id;
  id.set_job_id(job_id);
  id.set_vertex(vertex);
  id.set_subtask(subtask);
  id.set_attempt(attempt);
  return id;
}

inline protocol::TaskStateUpdate StateOf(const std::string& job_id, uint32_t vertex,
                                         uint32_t subtask, TaskState state,
                                         const std::string& reason = "", uint32_t attempt = 1) {
  protocol::TaskStateUpdate update;
  *update.mutable_task() = TaskIdOf(job_id, vertex, subtask, attempt);
  if (state == TaskState::kFinished) {
    proto::SubtaskSnapshot last;
    last.set_finished(true);
    if (vertex == 1) last.add_sealed()->set_sink("out");
    update.set_last_snapshot(last.SerializeAsString());
  }
  update.set_state(static_cast<uint32_t>(state));
  if (!reason.empty()) *update.mutable_error() = ToProto({ErrorCode::kInvalidData, reason});
  return update;
}

}  // namespace flinkc
