// The client against a JobManager that says what a test wants it to.
#include "runtime/client/job_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "runtime/protocol/in_process_transport.h"

namespace flinkc {
namespace {

using testing::ElementsAre;

class JobClientTest : public testing::Test {
 protected:
  using Script = std::function<void(const protocol::Envelope& request)>;

  // Runs on the JobManager's thread for each request.
  void Answer(Script script) {
    manager_ = std::make_unique<Endpoint>(&transport_, "jobmanager", std::move(script));
  }
  void Reply(const protocol::Envelope& request, const std::string& job_id, uint64_t shift = 0) {
    protocol::Envelope envelope;
    envelope.set_to(request.from());
    envelope.mutable_submit_job_reply()->set_request_id(request.submit_job().request_id() + shift);
    envelope.mutable_submit_job_reply()->set_job_id(job_id);
    transport_.Send(std::move(envelope));
  }
  void Update(const std::string& job_id, uint32_t state,
              const std::function<void(protocol::JobUpdate&)>& more = nullptr) {
    protocol::Envelope envelope;
    envelope.set_to("client/c");
    envelope.mutable_job_update()->set_job_id(job_id);
    envelope.mutable_job_update()->set_state(state);
    if (more != nullptr) more(*envelope.mutable_job_update());
    transport_.Send(std::move(envelope));
  }
  void Update(const std::string& job_id, JobState state,
              const std::function<void(protocol::JobUpdate&)>& more = nullptr) {
    Update(job_id, static_cast<uint32_t>(state), more);
  }

  InProcessTransport transport_;
  JobClient client_{&transport_, "c"};
  std::unique_ptr<Endpoint> manager_;
};

TEST_F(JobClientTest, SubmitGivesTheIdOfItsOwnRequest) {
  Answer([this](const protocol::Envelope& request) {
    Reply(request, "of another request", 7);
    Reply(request, "mine");
  });
  const Result<std::string> id = client_.Submit(JobGraph());
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(*id, "mine");
}

TEST_F(JobClientTest, ARefusedJobIsAnError) {
  Answer([this](const protocol::Envelope& request) {
    protocol::Envelope envelope;
    envelope.set_to(request.from());
    protocol::SubmitJobReply& reply = *envelope.mutable_submit_job_reply();
    reply.set_request_id(request.submit_job().request_id());
    *reply.mutable_error() = ToProto({ErrorCode::kCorrupt, "no graph"});
    transport_.Send(std::move(envelope));
  });
  const Result<std::string> id = client_.Submit(JobGraph());
  ASSERT_FALSE(id);
  EXPECT_EQ(id.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(id.error().message, "no graph");
}

TEST_F(JobClientTest, WaitGivesTheTerminalStatusWithItsError) {
  Update("j", JobState::kRunning);
  Update("other", JobState::kFinished);
  Update("j", JobState::kFailed, [](protocol::JobUpdate& update) {
    *update.mutable_error() = ToProto({ErrorCode::kNoSpace, "full"});
  });
  const JobStatus status = client_.Wait("j");
  EXPECT_EQ(status.state, JobState::kFailed);
  ASSERT_TRUE(status.error.has_value());
  EXPECT_EQ(status.error->message, "full");
}

TEST_F(JobClientTest, WaitTellsEachChangeUntilTheEnd) {
  std::vector<JobState> told;
  Update("j", JobState::kCreated);
  const JobStatus status = client_.Wait("j", [&](const JobStatus& now) {
    // The next one comes when this one was seen.
    if (now.state == JobState::kCreated) Update("j", JobState::kRunning);
    if (now.state == JobState::kRunning) Update("j", JobState::kFinished);
    if (told.empty() || told.back() != now.state) told.push_back(now.state);
  });
  EXPECT_EQ(status.state, JobState::kFinished);
  if (told.front() == JobState::kInitializing) told.erase(told.begin());
  EXPECT_THAT(told, ElementsAre(JobState::kCreated, JobState::kRunning, JobState::kFinished));
}

TEST_F(JobClientTest, WaitCallsAtAnIntervalEvenWithoutNews) {
  int calls = 0;
  client_.Wait(
      "j",
      [&](const JobStatus&) {
        if (++calls == 3) Update("j", JobState::kFinished);
      },
      1000);
  EXPECT_GE(calls, 3);
}

TEST_F(JobClientTest, AStateThatDoesNotExistIsNotTaken) {
  Update("j", 99);
  Update("j", JobState::kCanceled);
  EXPECT_EQ(client_.Wait("j").state, JobState::kCanceled);
  EXPECT_EQ(client_.StatusOf("j").state, JobState::kCanceled);
  EXPECT_EQ(client_.StatusOf("unknown").state, JobState::kInitializing);
}

TEST_F(JobClientTest, CancelNamesItsJob) {
  std::promise<std::string> cancelled;
  Answer([&](const protocol::Envelope& request) {
    cancelled.set_value(request.cancel_job().job_id());
  });
  client_.Cancel("j");
  EXPECT_EQ(cancelled.get_future().get(), "j");
}

TEST_F(JobClientTest, AddsUpWhatTheTasksSay) {
  Update("j", JobState::kFinished, [](protocol::JobUpdate& update) {
    update.set_total_bytes(100);
    for (int i = 0; i < 3; ++i) {
      protocol::TaskProgress& task = *update.add_tasks();
      task.set_is_source(i < 2);
      task.set_rows_in(10);
      task.set_rows_out(5);
      task.set_bytes_read(7);
      task.set_watermark(1000 - i);
    }
  });
  const JobStatus status = client_.Wait("j");
  EXPECT_EQ(status.source_rows, 20u);
  EXPECT_EQ(status.rows_out, 15u);
  EXPECT_EQ(status.bytes_read, 14u);
  EXPECT_EQ(status.bytes_total, 100);
  EXPECT_EQ(status.watermark_micros, 998);
}

}  // namespace
}  // namespace flinkc
