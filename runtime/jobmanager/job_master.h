// Runs one job: prepares it, gets slots, deploys its subtasks, hands out splits, and ends it whole:
// finished with all output committed, or failed or canceled with none of the unfinished left.
//
// A state machine without I/O: an event in, commands out (docs/architecture.md). One thread.
//
//   INITIALIZING -> CREATED -> RUNNING -> FINISHED
//        |             |          |-> FAILING    -> FAILED
//        '-------------'----------'-> CANCELLING -> CANCELED
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/connector/source.h"
#include "runtime/graph/job_graph.h"
#include "runtime/jobmanager/execution_graph.h"
#include "runtime/protocol/job_state.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

// What the shell found out about the job's sources and sinks.
struct PreparedJob {
  struct Source {
    std::vector<Split> splits;
    bool assigns_all_at_start = false;
  };
  std::map<uint32_t, Source> sources;  // by vertex
};

// What a JobMaster wants done.
struct PrepareCommand {};  // answer: OnPrepared or OnPrepareFailed
struct RequestSlotsCommand {
  uint32_t slots;
};  // answer: OnSlots or OnSlotsMissing
struct ReleaseSlotsCommand {};
struct SendCommand {
  protocol::Envelope envelope;
};
struct JobEndedCommand {};  // the last one
using JobMasterCommand = std::variant<PrepareCommand, RequestSlotsCommand, ReleaseSlotsCommand,
                                      SendCommand, JobEndedCommand>;
using JobMasterCommands = std::vector<JobMasterCommand>;

// A slot given to the job.
struct AllocatedSlot {
  std::string task_manager_id;
  uint32_t slot = 0;
};

class JobMaster {
 public:
  // `job_graph_bytes` is `graph`, serialized: it goes to the TaskManagers as it came.
  JobMaster(std::string job_id, JobGraph graph, std::string job_graph_bytes, std::string client);

  JobMasterCommands Start();
  JobMasterCommands OnPrepared(PreparedJob prepared);
  JobMasterCommands OnPrepareFailed(const Error& error);
  JobMasterCommands OnSlots(const std::vector<AllocatedSlot>& slots);
  // Not enough slots at present: the job waits, and says so.
  JobMasterCommands OnSlotsMissing(uint32_t free_slots);
  JobMasterCommands OnTaskState(const protocol::TaskStateUpdate& update);
  JobMasterCommands OnRequestSplit(const protocol::RequestSplit& request);
  JobMasterCommands OnTasksCommitted(const protocol::TasksCommitted& committed);
  JobMasterCommands OnProgress(const protocol::TaskProgress& progress);
  JobMasterCommands OnCancel();
  // It is gone, or has started afresh: what it ran for this job is lost.
  JobMasterCommands OnTaskManagerLost(const std::string& task_manager_id);
  // Tells the client how far the job is.
  JobMasterCommands OnProgressTimer();

  JobState state() const { return state_; }
  const std::string& job_id() const { return job_id_; }
  const JobGraph& graph() const { return graph_; }

 private:
  struct SourceState {
    std::vector<Split> unassigned;  // the next one last
    bool told_no_more = false;
  };

  void TransitionTo(JobState state, JobMasterCommands& commands);
  void Deploy(const std::vector<AllocatedSlot>& slots, JobMasterCommands& commands);
  void AssignInitialSplits(JobMasterCommands& commands);
  void Assign(uint32_t vertex, uint32_t subtask, std::vector<Split> splits,
              JobMasterCommands& commands);
  void TellNoMoreSplits(uint32_t vertex, JobMasterCommands& commands);
  void Fail(const Error& error, JobMasterCommands& commands);
  void EndIfAllTerminal(JobMasterCommands& commands);
  void End(JobState state, JobMasterCommands& commands);
  protocol::Envelope ToTaskManager(const std::string& task_manager_id) const;
  protocol::Envelope ToClient() const;
  void SendToAllTaskManagers(const protocol::Envelope& message, JobMasterCommands& commands) const;
  void SendUpdate(JobMasterCommands& commands) const;

  const std::string job_id_;
  const JobGraph graph_;
  const std::string job_graph_bytes_;
  const std::string client_;

  JobState state_ = JobState::kInitializing;
  std::optional<Error> error_;
  std::string waiting_for_;
  ExecutionGraph execution_;
  std::map<uint32_t, PreparedJob::Source> prepared_;
  std::map<uint32_t, SourceState> sources_;
  std::set<std::string> committing_;  // TaskManagers that have not answered yet
  bool commit_sent_ = false;
  bool deployed_ = false;
  int64_t total_bytes_ = 0;
  std::map<std::pair<uint32_t, uint32_t>, protocol::TaskProgress> progress_;
};

}  // namespace flinkc
