// What TaskManagers and clients say to a JobManager, damaged in any field and in any order: its
// Dispatcher acts on it or does not, and goes on. Bytes choose what is said.
#pragma once

#include <google/protobuf/stubs/logging.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "runtime/base/check.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/jobmanager/dispatcher.h"
#include "runtime/protocol/transport.h"
#include "tests/fuzz/mutate_message.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {

class MessageDamage {
 public:
  explicit MessageDamage(std::string_view bytes)
      : choices_(bytes), dispatcher_([this] { return JobId(++jobs_); }, time_.environment()) {}

  void Run() {
    const google::protobuf::LogSilencer silencer;  // names that are not UTF-8
    for (int i = 0; i < kMessagesMax && !choices_.is_empty(); ++i) {
      protocol::Envelope envelope = Sample();
      const std::string from = envelope.from();
      for (size_t changes = choices_.Below(3); changes != 0; --changes) {
        MessageMutator(&choices_).Mutate(&envelope);
      }
      // As it comes off the wire; the transport refuses who does not say who he is.
      envelope.set_from(from);
      protocol::Envelope received;
      if (received.ParseFromString(envelope.SerializeAsString()) && !received.has_peer_changed()) {
        Execute(dispatcher_.OnMessage(received));
      }
      if (choices_.Below(8) == 0) PassTime();
    }
    // It still answers.
    protocol::Envelope question;
    question.set_from("client/last");
    question.mutable_describe_jobs()->set_with_details(true);
    answered_ = false;
    Execute(dispatcher_.OnMessage(question));
    CHECK(answered_);
  }

 private:
  static constexpr int kMessagesMax = 200;

  static std::string JobId(int number) {
    const std::string digits = std::to_string(number);
    return std::string(32 - digits.size(), '0') + digits;
  }

  void PassTime() {
    time_.micros += int64_t{1} << choices_.Below(34);
    Execute(dispatcher_.OnTimer());
    Execute(dispatcher_.OnProgressTimer());
  }

  protocol::TaskId Task() {
    protocol::TaskId task;
    task.set_job_id(JobId(jobs_));
    task.set_vertex(static_cast<uint32_t>(choices_.Below(3)));
    task.set_subtask(static_cast<uint32_t>(choices_.Below(2)));
    task.set_attempt(attempt_);
    return task;
  }

  protocol::TaskProgress Progress() {
    protocol::TaskProgress progress;
    *progress.mutable_task() = Task();
    progress.set_state(static_cast<uint32_t>(choices_.Below(5)));
    progress.set_rows_in(choices_.Take(2));
    progress.mutable_times()->set_busy(choices_.Take(2));
    return progress;
  }

  // A message as a well-meaning process sends it.
  protocol::Envelope Sample() {
    protocol::Envelope envelope;
    envelope.set_version(kProtocolVersion);
    envelope.set_from("taskmanager/tm-1");
    envelope.set_to("jobmanager");
    switch (choices_.Below(14)) {
      case 0: {
        envelope.set_from("client/c");
        envelope.mutable_submit_job()->set_request_id(choices_.Take(1));
        JobGraph graph = TwoVertexGraph(2);
        // A region for each of its subtasks.
        graph.vertices.push_back(graph.vertices[0]);
        graph.vertices[2].id = JobVertexId(2);
        graph.vertices[2].name = "apart";
        graph.vertices[0].source->schema.Add({"at", DataType::Timestamp(3, false)});
        graph.vertices[0].event_time.emplace().align = WatermarkAlignment{"g", 1000, 1000};
        graph.config["execution.checkpointing.interval"] = "1s";
        graph.config["execution.checkpointing.dir"] = "/checkpoints";
        graph.config["restart-strategy.type"] = "fixed-delay";
        graph.config["restart-strategy.fixed-delay.attempts"] = "5";
        envelope.mutable_submit_job()->set_job_graph(Serialize(graph));
        break;
      }
      case 1: {
        protocol::RegisterTaskManager& one = *envelope.mutable_register_task_manager();
        one.set_task_manager_id("tm-1");
        one.set_slots(2);
        one.set_data_address("127.0.0.1:1");
        break;
      }
      case 2:
      case 3:
      case 4: {
        protocol::TaskStateUpdate& update = *envelope.mutable_task_state_update();
        *update.mutable_task() = Task();
        update.set_state(static_cast<uint32_t>(choices_.Below(5)));
        *update.mutable_progress() = Progress();
        update.set_last_snapshot(proto::SubtaskSnapshot().SerializeAsString());
        update.set_last_checkpoint(checkpoint_);
        if (choices_.Below(2) == 0) update.mutable_error()->set_message("it failed");
        break;
      }
      case 5:
        *envelope.mutable_request_split()->mutable_task() = Task();
        break;
      case 6:
        envelope.mutable_task_progress_report()->set_task_manager_id("tm-1");
        *envelope.mutable_task_progress_report()->add_tasks() = Progress();
        break;
      case 7: {
        protocol::AcknowledgeCheckpoint& acknowledge = *envelope.mutable_acknowledge_checkpoint();
        *acknowledge.mutable_task() = Task();
        acknowledge.set_checkpoint_id(checkpoint_);
        proto::SubtaskAcknowledgement acknowledgement;
        acknowledgement.mutable_snapshot()->set_key_group_last(127);
        acknowledge.set_acknowledgement(acknowledgement.SerializeAsString());
        break;
      }
      case 8:
        envelope.set_from("client/c");
        envelope.mutable_request_checkpoint()->set_job_id(JobId(jobs_));
        envelope.mutable_request_checkpoint()->set_kind(static_cast<uint32_t>(choices_.Below(4)));
        break;
      case 9:
        envelope.set_from("client/c");
        envelope.mutable_ask_task_manager()->set_task_manager_id("tm-1");
        Ask(*envelope.mutable_ask_task_manager());
        break;
      case 10:
        envelope.mutable_task_manager_answer()->set_client("client/c");
        envelope.mutable_task_manager_answer()->mutable_log()->set_text("said");
        envelope.mutable_task_manager_answer()->mutable_streams()->add_streams()->set_name("in");
        envelope.mutable_task_manager_answer()->mutable_rows()->add_rows()->add_cells();
        break;
      case 11: {
        protocol::ReportAlignment& report = *envelope.mutable_report_alignment();
        *report.mutable_task() = Task();
        report.set_watermark(static_cast<int64_t>(choices_.Take(2)));
        report.set_counts(choices_.Below(4) != 0);
        report.set_is_held_back(choices_.Below(2) == 0);
        break;
      }
      case 12:
        envelope.set_from("client/c");
        envelope.mutable_update_requirements()->set_job_id(JobId(jobs_));
        for (uint32_t vertex = 0; vertex < 3; ++vertex) {
          protocol::ResourceRequirements::Range& range =
              *envelope.mutable_update_requirements()->mutable_requirements()->add_ranges();
          range.set_vertex(vertex);
          range.set_lower(1);
          range.set_upper(static_cast<uint32_t>(1 + choices_.Below(3)));
        }
        break;
      default:
        envelope.set_from("client/c");
        if (choices_.Below(4) == 0) {
          envelope.mutable_cancel_job()->set_job_id(JobId(jobs_));
        } else {
          envelope.mutable_describe_jobs()->set_job_id(JobId(jobs_));
        }
    }
    return envelope;
  }

  void Ask(protocol::AskTaskManager& ask) {
    switch (choices_.Below(3)) {
      case 0:
        ask.mutable_read_log();
        break;
      case 1:
        ask.mutable_list_streams()->set_job_id(JobId(jobs_));
        break;
      default:
        ask.mutable_read_tap()->set_job_id(JobId(jobs_));
        ask.mutable_read_tap()->set_tap_id(JobId(0));
        ask.mutable_read_tap()->mutable_request()->set_stream("in");
    }
  }

  // As the shell does it, without a disk.
  void Execute(DispatcherCommands commands) {
    for (size_t i = 0; i < commands.size(); ++i) {
      // What follows may move the list.
      const DispatcherCommand command = std::move(commands[i]);
      for (DispatcherCommand& more : Do(command)) commands.push_back(std::move(more));
    }
  }

  DispatcherCommands Do(const DispatcherCommand& command) {
    if (const auto* send = std::get_if<SendCommand>(&command)) {
      Hear(send->envelope);
    } else if (const auto* prepare = std::get_if<PrepareJobCommand>(&command)) {
      if (choices_.Below(16) == 1) {
        return dispatcher_.OnPrepareFailed(prepare->job_id, {ErrorCode::kIo, "no disk"});
      }
      PreparedJob prepared = WithSplits(2);
      prepared.checkpoint_directory = "/checkpoints";
      const SubtasksByVertex& part = prepare->prepare.part;
      if (!part.empty() && !part.contains(0)) prepared.sources.clear();
      return dispatcher_.OnPrepared(prepare->job_id, std::move(prepared));
    } else if (const auto* commit = std::get_if<CommitJobCommand>(&command)) {
      return dispatcher_.OnCommitted(commit->job_id, commit->commit.checkpoint_id, {});
    } else if (const auto* restored = std::get_if<CommitRestoredJobCommand>(&command)) {
      return dispatcher_.OnRestoreCommitted(restored->job_id, {});
    } else if (const auto* store = std::get_if<StoreJobCommand>(&command)) {
      return Store(*store);
    } else if (const auto* keep = std::get_if<KeepRequirementsCommand>(&command)) {
      return dispatcher_.OnRequirementsKept(*keep, {});
    }
    return {};
  }

  DispatcherCommands Store(const StoreJobCommand& store) {
    if (const auto* reserve = std::get_if<ReserveCommand>(&store.command)) {
      return dispatcher_.OnReserved(store.job_id, reserve->checkpoint_id, std::string());
    }
    if (const auto* commit = std::get_if<CommitCommand>(&store.command)) {
      MetadataWrite write;
      write.outcome = MetadataOutcome::kDurable;
      return dispatcher_.OnCheckpointCommitted(store.job_id, commit->metadata.checkpoint_id(),
                                               write);
    }
    return {};
  }

  // What the others learn, and refer to.
  void Hear(const protocol::Envelope& envelope) {
    CHECK(!envelope.to().empty());
    if (envelope.has_deploy_tasks()) attempt_ = envelope.deploy_tasks().attempt();
    if (envelope.has_trigger_checkpoint()) {
      checkpoint_ = envelope.trigger_checkpoint().checkpoint_id();
    }
    answered_ |= envelope.has_describe_jobs_reply();
  }

  Choices choices_;
  TestTime time_;
  int jobs_ = 0;
  uint32_t attempt_ = 1;
  uint64_t checkpoint_ = 1;
  bool answered_ = false;
  Dispatcher dispatcher_;
};

}  // namespace flinkc
