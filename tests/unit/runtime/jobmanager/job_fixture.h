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

inline PreparedJob WithSplits(int count, bool assigns_all_at_start = false) {
  PreparedJob prepared;
  PreparedJob::Source& source = prepared.sources[0];
  for (int i = 0; i < count; ++i) source.splits.push_back({"split-" + std::to_string(i), "", 10});
  source.assigns_all_at_start = assigns_all_at_start;
  return prepared;
}

// One word a message: "RUNNING" for an update of the client, "deploy@tm" for what goes to tm.
inline std::string WordOf(const protocol::Envelope& envelope) {
  const std::string to = envelope.to().substr(envelope.to().find('/') + 1);
  switch (envelope.body_case()) {
    case protocol::Envelope::kJobUpdate: {
      const protocol::JobUpdate& update = envelope.job_update();
      return update.waiting_for().empty() ? Name(static_cast<JobState>(update.state())) : "waits";
    }
    case protocol::Envelope::kSubmitJobReply:
      return envelope.submit_job_reply().has_error() ? "refused" : "accepted";
    case protocol::Envelope::kDeployTasks:
      return "deploy@" + to;
    case protocol::Envelope::kAssignSplits: {
      std::string word = "assign";
      for (const protocol::Split& split : envelope.assign_splits().splits())
        word += ":" + split.id();
      return word + ">" + std::to_string(envelope.assign_splits().task().subtask());
    }
    case protocol::Envelope::kNoMoreSplits:
      return "no_more>" + std::to_string(envelope.no_more_splits().task().subtask());
    case protocol::Envelope::kCancelTasks:
      return "cancel@" + to;
    case protocol::Envelope::kCommitTasks:
      return "commit@" + to;
    case protocol::Envelope::kReleaseJob:
      return "release@" + to;
    default:
      return "?";
  }
}

using Words = std::vector<std::string>;

inline Words WordsOf(const JobMasterCommands& commands) {
  Words words;
  for (const JobMasterCommand& command : commands) {
    if (const auto* send = std::get_if<SendCommand>(&command)) {
      words.push_back(WordOf(send->envelope));
    } else if (const auto* request = std::get_if<RequestSlotsCommand>(&command)) {
      words.push_back("slots:" + std::to_string(request->slots));
    } else if (std::holds_alternative<PrepareCommand>(command)) {
      words.push_back("prepare");
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
    } else {
      words.push_back("prepare:" + std::get<PrepareJobCommand>(command).job_id);
    }
  }
  return words;
}

inline protocol::TaskId TaskIdOf(const std::string& job_id, uint32_t vertex, uint32_t subtask) {
  protocol::TaskId id;
  id.set_job_id(job_id);
  id.set_vertex(vertex);
  id.set_subtask(subtask);
  return id;
}

inline protocol::TaskStateUpdate StateOf(const std::string& job_id, uint32_t vertex,
                                         uint32_t subtask, TaskState state,
                                         const std::string& reason = "") {
  protocol::TaskStateUpdate update;
  *update.mutable_task() = TaskIdOf(job_id, vertex, subtask);
  update.set_state(static_cast<uint32_t>(state));
  if (!reason.empty()) *update.mutable_error() = ToProto({ErrorCode::kInvalidData, reason});
  return update;
}

}  // namespace flinkc
