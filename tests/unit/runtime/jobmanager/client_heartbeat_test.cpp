// A job that goes with the client that waits for it, and one that goes on from a savepoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "runtime/jobmanager/job_master.h"
#include "tests/unit/runtime/jobmanager/job_fixture.h"

namespace flinkc {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ClientHeartbeatTest : public testing::Test {
 protected:
  void Make(JobGraph graph) {
    auto job = JobMaster::Make("j", std::move(graph), "bytes", "client/c", time_.environment());
    ASSERT_TRUE(job) << job.error().message;
    owned_ = *std::move(job);
  }
  void Run() {
    job().Start();
    job().OnPrepared(WithSplits(1));
    job().OnSlots({{"a", 0}, {"b", 0}});
    ASSERT_EQ(job().state(), JobState::kRunning);
  }
  JobMaster& job() { return *owned_; }

  TestTime time_;
  std::unique_ptr<JobMaster> owned_;
};

JobGraph GraphThatGoesWithItsClient() {
  JobGraph graph = TwoVertexGraph(2);
  graph.config["execution.attached"] = "true";
  graph.config["execution.shutdown-on-attached-exit"] = "true";
  graph.config["client.heartbeat.interval"] = "1s";
  graph.config["client.heartbeat.timeout"] = "5s";
  return graph;
}

TEST_F(ClientHeartbeatTest, GoesWithTheClientThatWaitsForIt) {
  Make(GraphThatGoesWithItsClient());
  Run();
  const auto pass = [this](int64_t micros) {
    time_.micros += micros;
    return WordsOf(job().OnTimer());
  };
  const auto beat = [this] { job().OnClientHeartbeat(time_.micros / 1000 + 5'000); };
  for (int i = 0; i < 20; ++i) {
    beat();
    for (int j = 0; j < 4; ++j) EXPECT_THAT(pass(1'000'000), IsEmpty());
  }
  beat();
  // A minute in which nobody looked: nobody was heard either.
  EXPECT_THAT(pass(60'000'000), IsEmpty());
  for (int j = 0; j < 4; ++j) EXPECT_THAT(pass(1'000'000), IsEmpty());
  EXPECT_THAT(pass(1'000'000), ElementsAre("log", "CANCELLING", "cancel@a", "cancel@b"));
  // Once, and a late word changes nothing.
  beat();
  for (int j = 0; j < 20; ++j) EXPECT_THAT(pass(1'000'000), IsEmpty());
}

TEST_F(ClientHeartbeatTest, AClientMayTakeItsLeave) {
  Make(GraphThatGoesWithItsClient());
  Run();
  job().OnClientHeartbeat(0);
  EXPECT_THAT(WordsOf(job().OnTimer()), Contains("CANCELLING"));
}

TEST_F(ClientHeartbeatTest, AClientThatNeverSpeaksIsWaitedForAsLong) {
  for (const char* missing : {"", "execution.attached", "execution.shutdown-on-attached-exit"}) {
    JobGraph graph = GraphThatGoesWithItsClient();
    graph.config.erase(missing);
    Make(std::move(graph));
    Run();
    Words words;
    for (int i = 0; i < 10; ++i) {
      time_.micros += 1'000'000;
      for (const std::string& word : WordsOf(job().OnTimer())) words.push_back(word);
    }
    const bool is_watched = *missing == '\0';
    EXPECT_EQ(!words.empty(), is_watched) << missing;
    // Of a job that does not go with its client it means nothing.
    job().OnClientHeartbeat(0);
    if (!is_watched) {
      EXPECT_THAT(WordsOf(job().OnTimer()), IsEmpty()) << missing;
    }
  }
}

TEST_F(ClientHeartbeatTest, OptionsOfTheClientsHeartbeatAreChecked) {
  for (const auto& [name, value] :
       {std::pair("client.heartbeat.timeout", "1s"), std::pair("client.heartbeat.interval", "0"),
        std::pair("client.heartbeat.interval", "often"),
        std::pair("execution.attached", "perhaps")}) {
    JobGraph graph = GraphThatGoesWithItsClient();
    graph.config[name] = value;
    const auto made =
        JobMaster::Make("j", std::move(graph), "bytes", "client/c", time_.environment());
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(made.error().message, HasSubstr(name));
  }
}

TEST_F(ClientHeartbeatTest, RestsOnTheSavepointThatItGoesOnFrom) {
  for (const bool claims : {false, true}) {
    JobGraph graph = TwoVertexGraph(2);
    graph.config["execution.state-recovery.path"] = "/sp/savepoint-1/_metadata";
    if (claims) graph.config["execution.state-recovery.claim-mode"] = "CLAIM";
    Make(std::move(graph));
    EXPECT_TRUE(job().RestsOn("/sp/savepoint-1"));
    EXPECT_FALSE(job().RestsOn("/sp/savepoint-2"));
  }
  Make(TwoVertexGraph(2));
  EXPECT_FALSE(job().RestsOn("/sp/savepoint-1"));
}

}  // namespace
}  // namespace flinkc
