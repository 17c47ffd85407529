#include <algorithm>
#include <set>

#include "tests/unit/runtime/rest/router_fixture.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(RouterTest, TheClusterAsFlinkShowsIt) {
  const Answer overview = Get("/overview");
  EXPECT_EQ(overview.status, 200);
  EXPECT_EQ(overview.json.dump(),
            R"({"flink-commit":"flinkc","flink-version":"0.1","jobs-cancelled":0,"jobs-failed":0,)"
            R"("jobs-finished":0,"jobs-running":1,"slots-available":2,"slots-free-and-blocked":0,)"
            R"("slots-total":4,"taskmanagers":1,"taskmanagers-blocked":0})");
  EXPECT_THAT(KeysOf(Get("/config").json),
              ElementsAre("features", "flink-revision", "flink-version", "refresh-interval",
                          "timezone-name", "timezone-offset"));
  EXPECT_EQ(Get("/jobs").json.dump(), R"({"jobs":[{"id":")" + kJob + R"(","status":"RUNNING"}]})");
}

TEST_F(RouterTest, JobsAsFlinkShowsThem) {
  const nlohmann::json overview = Get("/jobs/overview").json.at("jobs").at(0);
  EXPECT_THAT(KeysOf(overview),
              ElementsAre("duration", "end-time", "jid", "last-modification", "name",
                          "pending-operators", "start-time", "state", "tasks"));
  EXPECT_EQ(overview.at("end-time"), -1);
  EXPECT_EQ(overview.at("last-modification"), 1500);
  EXPECT_EQ(overview.at("tasks").at("total"), 3);
  EXPECT_EQ(overview.at("tasks").at("running"), 3);

  const nlohmann::json job = Get(job_).json;
  EXPECT_THAT(KeysOf(job), ElementsAre("duration", "end-time", "isStoppable", "jid", "job-type",
                                       "maxParallelism", "name", "now", "plan", "start-time",
                                       "state", "status-counts", "timestamps", "vertices"));
  EXPECT_EQ(job.at("timestamps").at("RUNNING"), 1500);
  EXPECT_EQ(job.at("timestamps").at("FAILED"), 0);
  EXPECT_EQ(job.at("vertices").size(), 2u);
  EXPECT_EQ(job.at("vertices").at(0).at("metrics").at("read-records"), 20);
  EXPECT_TRUE(IsId(job.at("vertices").at(0).at("id").get<std::string>()));
  // The plan's input names the vertex that it comes from.
  EXPECT_EQ(job.at("plan").at("nodes").at(1).at("inputs").at(0).at("id"),
            job.at("vertices").at(0).at("id"));
  EXPECT_EQ(Get(job_ + "/status").json.dump(), R"({"status":"RUNNING"})");
  EXPECT_EQ(Get("/v1" + job_ + "/status").json.dump(), R"({"status":"RUNNING"})");
  EXPECT_EQ(Get(job_ + "/config").json.at("execution-config").at("job-parallelism"), 2);
  (*gateway_.job.mutable_config())["some.Password"] = "hunter2";
  (*gateway_.job.mutable_config())["parallelism.default"] = "99999999999999999999";
  const nlohmann::json config = Get(job_ + "/config").json.at("execution-config");
  EXPECT_EQ(config.at("user-config").at("some.Password"), "******");
  EXPECT_EQ(config.at("job-parallelism"), 0);
  EXPECT_EQ(Get(job_ + "/plan").json.at("plan").at("name"), "sample");
}

// The pattern with a number, or an id, for each of its parameters.
std::string WithParameters(const std::string& pattern) {
  std::string path;
  for (size_t at = 0; at < pattern.size();) {
    const size_t end = std::min(pattern.find('/', at + 1), pattern.size());
    const std::string part = pattern.substr(at, end - at);
    const bool is_number =
        part == "/:checkpointid" || part == "/:subtaskindex" || part == "/:attempt";
    path += part.starts_with("/:") ? "/" + (is_number ? std::string("0") : kNobody) : part;
    at = end;
  }
  return path;
}

TEST_F(RouterTest, EachRouteIsForARole) {
  const std::set<std::string> shows_more = {
      "GET /jobmanager/logs/:logfile",           "GET /jobmanager/log",
      "GET /taskmanagers/:taskmanagerid/log",    "GET /taskmanagers/:taskmanagerid/logs/:logfile",
      "GET /taskmanagers/:taskmanagerid/stdout", "GET /jobs/:jobid/taps/:tapid"};
  const std::set<std::string> for_admins = {"POST /jobs",
                                            "DELETE /cluster",
                                            "POST /savepoint-disposal",
                                            "POST /jobs/:jobid/taps",
                                            "DELETE /jobs/:jobid/taps/:tapid",
                                            "GET /jobs/:jobid/taps/:tapid",
                                            "GET /taskmanagers/:taskmanagerid/logs/:logfile",
                                            "GET /taskmanagers/:taskmanagerid/stdout"};
  for (const std::string& route : RestRouter::Routes()) {
    const size_t space = route.find(' ');
    HttpRequest request;
    for (const HttpMethod method :
         {HttpMethod::kPost, HttpMethod::kPut, HttpMethod::kPatch, HttpMethod::kDelete}) {
      if (route.substr(0, space) == Name(method)) request.method = method;
    }
    request.target = WithParameters(route.substr(space + 1));
    const bool for_viewers = request.method == HttpMethod::kGet && !shows_more.contains(route);
    const auto status = [&](RestRole role) {
      request.role = role;
      return router_.Handle(request).status;
    };
    EXPECT_EQ(status(RestRole::kViewer) == 403, !for_viewers) << route;
    EXPECT_EQ(status(RestRole::kOperator) == 403, for_admins.contains(route)) << route;
    EXPECT_NE(status(RestRole::kAdmin), 403) << route;
  }
}

TEST_F(RouterTest, VerticesWithTheirSubtasks) {
  const nlohmann::json vertex = Get(job_).json.at("vertices").at(0);
  EXPECT_EQ(vertex.at("metrics").at("accumulated-busy-time"), 80);
  const std::string path = job_ + "/vertices/" + vertex.at("id").get<std::string>();
  const nlohmann::json shown = Get(path).json;
  EXPECT_THAT(KeysOf(shown),
              ElementsAre("id", "maxParallelism", "name", "now", "parallelism", "subtasks"));
  ASSERT_EQ(shown.at("subtasks").size(), 2u);
  const nlohmann::json& second = shown.at("subtasks").at(1);
  EXPECT_EQ(second.at("subtask"), 1);
  EXPECT_EQ(second.at("metrics").at("read-records"), 10);
  EXPECT_EQ(second.at("metrics").at("accumulated-busy-time"), 40);
  EXPECT_EQ(second.at("metrics").at("accumulated-backpressured-time"), 1);
  const nlohmann::json pressure = Get(path + "/backpressure").json;
  EXPECT_EQ(pressure.at("backpressureLevel"), "low");
  EXPECT_EQ(pressure.at("subtasks").at(0).at("backpressureLevel"), "ok");
  EXPECT_EQ(pressure.at("subtasks").at(1).at("ratio"), 0.3);
  EXPECT_EQ(pressure.at("subtasks").at(1).at("busyRatio"), 0.6);
  EXPECT_EQ(Get(job_ + "/vertices/" + std::string(32, '0')).status, 404);
}

TEST_F(RouterTest, Failures) {
  const nlohmann::json history = Get(job_ + "/exceptions").json.at("exceptionHistory");
  EXPECT_EQ(history.at("truncated"), false);
  EXPECT_EQ(history.at("entries").at(0).at("exceptionName"), "NO_SPACE");
  EXPECT_EQ(history.at("entries").at(0).at("stacktrace"), "the disk is full");
  EXPECT_EQ(history.at("entries").at(0).at("taskName"), "sink (1/2)");
  EXPECT_EQ(history.at("entries").at(0).at("taskManagerId"), nullptr);
  const nlohmann::json none = Get(job_ + "/exceptions?maxExceptions=0").json;
  EXPECT_EQ(none.at("exceptionHistory").at("entries").size(), 0u);
  EXPECT_EQ(none.at("exceptionHistory").at("truncated"), true);
  EXPECT_EQ(Get(job_ + "/exceptions?maxExceptions=x").status, 400);
}

TEST_F(RouterTest, Metrics) {
  const nlohmann::json all = Get(job_ + "/metrics").json;
  EXPECT_EQ(all.at(0), nlohmann::json({{"id", "lastCheckpointDuration"}}));
  EXPECT_EQ(Get(job_ + "/metrics?get=numRestarts,lastCheckpointFullSize,none").json.dump(),
            R"([{"id":"lastCheckpointFullSize","value":"900"},{"id":"numRestarts","value":"2"}])");
  HttpRequest request;
  request.target = "/metrics";
  const HttpResponse text = router_.Handle(request);
  EXPECT_THAT(text.content_type, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(text.body, HasSubstr("flink_jobmanager_job_lastCheckpointSize{job_id=\"" + kJob +
                                   "\",job_name=\"sample\"} 300\n"));
  EXPECT_THAT(text.body, HasSubstr("flink_jobmanager_job_numberOfFailedCheckpoints{"));
  EXPECT_THAT(text.body, HasSubstr("task_name=\"sink\",subtask_index=\"1\""));
}

TEST_F(RouterTest, CheckpointStatistics) {
  const nlohmann::json all = Get(job_ + "/checkpoints").json;
  EXPECT_THAT(KeysOf(all), ElementsAre("counts", "history", "latest", "summary"));
  EXPECT_EQ(all.at("counts").at("failed"), 1);
  EXPECT_EQ(all.at("summary").at("end_to_end_duration").at("p99"), 44);
  EXPECT_EQ(all.at("summary").at("persisted_data").at("max"), 70);
  EXPECT_THAT(KeysOf(all.at("summary").at("state_size")),
              ElementsAre("avg", "max", "min", "p50", "p90", "p95", "p99", "p999"));
  const nlohmann::json& latest = all.at("latest").at("completed");
  EXPECT_EQ(latest.at("id"), 7);
  EXPECT_EQ(latest.at("state_size"), 900);
  EXPECT_EQ(latest.at("checkpointed_size"), 300);
  EXPECT_EQ(latest.at("external_path"), "/ck/chk-7");
  EXPECT_EQ(latest.at("className"), "completed");
  EXPECT_EQ(latest.at("stall_micros"), 1234);
  EXPECT_EQ(all.at("latest").at("restored"), nullptr);
  EXPECT_EQ(all.at("history").at(1).at("failure_message"), "too late");
  const nlohmann::json config = Get(job_ + "/checkpoints/config").json;
  EXPECT_EQ(config.at("mode"), "exactly_once");
  EXPECT_EQ(config.at("interval"), 500);
}

TEST_F(RouterTest, OneCheckpointDownToItsSubtasks) {
  const nlohmann::json one = Get(job_ + "/checkpoints/details/7").json;
  EXPECT_EQ(one.at("tasks").size(), 2u);
  const std::string vertex = VertexIdOf("sink");
  EXPECT_EQ(one.at("tasks").at(vertex).at("state_size"), 200);
  EXPECT_EQ(one.at("tasks").at(vertex).at("num_acknowledged_subtasks"), 2);
  EXPECT_EQ(one.at("tasks").at(vertex).at("num_subtasks"), 3) << "as it was then";

  const nlohmann::json task = Get(job_ + "/checkpoints/details/7/subtasks/" + vertex).json;
  EXPECT_EQ(task.at("summary").at("checkpoint_duration").at("async").at("max"), 20);
  EXPECT_EQ(task.at("summary").at("checkpoint_duration").at("sync").at("min"), 1);
  EXPECT_EQ(task.at("summary").at("alignment").at("duration").at("avg"), 3);
  EXPECT_EQ(task.at("subtasks").at(1).at("checkpoint").at("async"), 20);
  EXPECT_EQ(task.at("subtasks").size(), 3u);
  // The source has acknowledged nothing.
  const nlohmann::json source =
      Get(job_ + "/checkpoints/details/7/subtasks/" + VertexIdOf("source")).json;
  EXPECT_EQ(source.at("subtasks").at(0).at("status"), "pending_or_failed");

  EXPECT_EQ(Get(job_ + "/checkpoints/details/8").status, 404);
  EXPECT_EQ(Get(job_ + "/checkpoints/details/x").status, 400);
  EXPECT_EQ(Get(job_ + "/checkpoints/details/99999999999999999999999").status, 400);
  EXPECT_EQ(Get(job_ + "/checkpoints/details/7/subtasks/" + kNobody).status, 404);
}

TEST_F(RouterTest, Rescales) {
  const nlohmann::json overview = Get(job_ + "/rescales/overview").json;
  EXPECT_EQ(overview.at("rescalesCounts").at("completed"), 1);
  const nlohmann::json& latest = overview.at("latest").at("completed");
  EXPECT_EQ(latest.at("rescaleUuid"), kRescale);
  EXPECT_EQ(latest.at("schedulerStates"), nullptr) << "details have them";
  EXPECT_EQ(overview.at("latest").at("failed"), nullptr);
  const nlohmann::json& sink = latest.at("vertices").at(VertexIdOf("sink"));
  EXPECT_EQ(sink.at("jobVertexName"), "sink");
  EXPECT_EQ(sink.at("preRescaleParallelism"), nullptr);
  EXPECT_EQ(sink.at("postRescaleParallelism"), 2);
  EXPECT_EQ(latest.at("slots").at(VertexIdOf("default")).at("postRescaleSlots"), 2);
  EXPECT_EQ(Get(job_ + "/rescales/history").json.size(), 1u);
  const nlohmann::json summary = Get(job_ + "/rescales/summary").json;
  EXPECT_EQ(summary.at("completedRescalesDurationStatsInMillis").at("max"), 25);
  const nlohmann::json details = Get(job_ + "/rescales/details/" + kRescale).json;
  EXPECT_EQ(details.at("schedulerStates").at(0).at("durationInMillis"), 15);
  EXPECT_EQ(details.at("terminatedReason"), nullptr);
  EXPECT_EQ(Get(job_ + "/rescales/details/" + kNobody).status, 404);
  EXPECT_EQ(Get(job_ + "/rescales/details/x").status, 400);
}

TEST_F(RouterTest, CancelIsAPatch) {
  EXPECT_EQ(Call(HttpMethod::kPatch, job_ + "?mode=cancel").status, 202);
  EXPECT_EQ(Call(HttpMethod::kPatch, job_).status, 202);
  EXPECT_THAT(gateway_.cancelled, ElementsAre(kJob, kJob));
  EXPECT_EQ(Call(HttpMethod::kPatch, job_ + "?mode=stop").status, 400);
  EXPECT_EQ(Call(HttpMethod::kPatch, "/jobs/" + kNobody).status, 404);
  gateway_.job.set_state(static_cast<uint32_t>(JobState::kFinished));
  EXPECT_EQ(Call(HttpMethod::kPatch, job_).status, 409);
  EXPECT_EQ(gateway_.cancelled.size(), 2u);
}

TEST_F(RouterTest, RequirementsAreShownAndUpdated) {
  const std::string path = job_ + "/resource-requirements";
  const Answer shown = Get(path);
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.json.size(), 2u);
  EXPECT_EQ(shown.json.at(VertexIdOf("sink")).dump(),
            R"({"parallelism":{"lowerBound":1,"upperBound":4}})");
  nlohmann::json wanted = shown.json;
  wanted[VertexIdOf("sink")]["parallelism"]["upperBound"] = 7;
  const auto put = [&](const nlohmann::json& body) {
    return Call(HttpMethod::kPut, path, body.dump());
  };
  const Answer done = put(wanted);
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.json, nlohmann::json::object());
  ASSERT_EQ(gateway_.updates.size(), 1u);
  for (const protocol::ResourceRequirements::Range& range : gateway_.updates[0].ranges()) {
    EXPECT_EQ(range.lower(), 1u);
    EXPECT_EQ(range.upper(), range.vertex() == 1 ? 7u : 4u);
  }
  wanted.erase(VertexIdOf("sink"));
  EXPECT_EQ(ErrorIn(put(wanted)), "a vertex is missing") << "what the JobMaster says";
  EXPECT_EQ(gateway_.updates.size(), 2u);
  const auto with = [&](const nlohmann::json& parallelism) {
    return nlohmann::json{{VertexIdOf("sink"), {{"parallelism", parallelism}}}};
  };
  EXPECT_THAT(ErrorIn(put(with({{"lowerBound", 1}}))), HasSubstr("the upperBound of"));
  EXPECT_THAT(ErrorIn(put(with({{"lowerBound", 1}, {"upperBound", 2.5}}))),
              HasSubstr("must be a whole number"));
  EXPECT_THAT(ErrorIn(put(with({{"lowerBound", 1}, {"upperBound", 4294967296}}))),
              HasSubstr("must be a whole number"));
  EXPECT_THAT(ErrorIn(put(with(5))), HasSubstr("must be an object"));
  EXPECT_THAT(ErrorIn(put({{kNobody, 5}})), HasSubstr("the job has no vertex"));
  EXPECT_EQ(put({{kNobody, 5}}).status, 400);
  EXPECT_EQ(Call(HttpMethod::kPut, "/jobs/" + kNobody + "/resource-requirements", "{}").status,
            404);
  gateway_.job.set_state(static_cast<uint32_t>(JobState::kFailed));
  EXPECT_EQ(put(shown.json).status, 409);
  EXPECT_EQ(gateway_.updates.size(), 2u);
}

TEST_F(RouterTest, AClientSaysThatItIsThere) {
  const auto beat = [this](const std::string& job, const std::string& body) {
    return Call(HttpMethod::kPatch, job + "/clientHeartbeat", body);
  };
  const Answer taken = beat(job_, R"({"expiredTimestamp": 1234})");
  EXPECT_EQ(taken.status, 202);
  EXPECT_EQ(taken.json.dump(), "{}");
  EXPECT_THAT(gateway_.heartbeats, ElementsAre(kJob + "@1234"));
  for (const char* wrong :
       {"", "{}", R"({"expiredTimestamp": "soon"})", R"({"expiredTimestamp": 1.5})",
        R"({"expiredTimestamp": -1})", R"({"expiredTimestamp": 18446744073709551615})",
        R"({"expiredTimestamp": null})", R"({"expired": 5})"}) {
    EXPECT_EQ(beat(job_, wrong).status, 400) << wrong;
  }
  EXPECT_EQ(beat("/jobs/" + kNobody, R"({"expiredTimestamp": 1234})").status, 404);
  EXPECT_EQ(gateway_.heartbeats.size(), 1u);
}

TEST_F(RouterTest, WhenSubtasksCameToTheirStates) {
  protocol::VertexDescription::Task& task = *gateway_.job.mutable_vertices(0)->mutable_tasks(1);
  task.set_start_time(2000);
  task.set_end_time(5000);
  task.set_state(static_cast<uint32_t>(TaskState::kFinished));
  const std::string path = job_ + "/vertices/" + VertexIdOf("source") + "/subtasktimes";
  const nlohmann::json times = Get(path).json;
  EXPECT_THAT(KeysOf(times), ElementsAre("id", "name", "now", "subtasks"));
  const nlohmann::json& finished = times.at("subtasks").at(1);
  EXPECT_THAT(KeysOf(finished), ElementsAre("duration", "endpoint", "subtask", "timestamps"));
  EXPECT_EQ(finished.at("duration"), 3000);
  EXPECT_EQ(finished.at("endpoint"), "tm1");
  EXPECT_EQ(finished.at("timestamps").size(), 10u);
  EXPECT_EQ(finished.at("timestamps").at("RUNNING"), 2000);
  EXPECT_EQ(finished.at("timestamps").at("FINISHED"), 5000);
  EXPECT_EQ(finished.at("timestamps").at("FAILED"), 0);
  EXPECT_EQ(times.at("subtasks").at(0).at("duration"), -1);
  EXPECT_EQ(Get(job_ + "/vertices/" + kNobody + "/subtasktimes").status, 404);
}

TEST_F(RouterTest, ASavepointIsDisposedOf) {
  const Answer asked =
      Post("/savepoint-disposal", R"({"savepoint-path": "file:///sp/savepoint-1"})");
  EXPECT_EQ(asked.status, 202);
  EXPECT_EQ(asked.json.dump(), R"({"request-id":")" + kTrigger + R"("})");
  ASSERT_EQ(gateway_.triggered.size(), 1u);
  EXPECT_TRUE(gateway_.triggered[0].disposes);
  EXPECT_EQ(gateway_.triggered[0].job_id, "");
  EXPECT_EQ(gateway_.triggered[0].target, "/sp/savepoint-1");
  const std::string status = "/savepoint-disposal/" + kTrigger;
  EXPECT_EQ(Get(status).json.dump(), R"({"operation":null,"status":{"id":"IN_PROGRESS"}})");
  gateway_.triggered[0].completed = true;
  EXPECT_EQ(Get(status).json.dump(), R"({"operation":{},"status":{"id":"COMPLETED"}})");
  gateway_.triggered[0].error = Error{ErrorCode::kNotFound, "there is none"};
  EXPECT_EQ(Get(status).json.at("operation").at("failure-cause").at("stack-trace"),
            "there is none");
  EXPECT_EQ(Get("/savepoint-disposal/" + kNobody).status, 404);
  for (const char* body : {"", "{}", R"({"savepoint-path": ""})", R"({"savepoint-path": "sp"})",
                           R"({"savepoint-path": "/sp/../etc"})",
                           R"({"savepoint-path": "s3://sp"})", R"({"savepoint-path": 7})"}) {
    EXPECT_EQ(Post("/savepoint-disposal", body).status, 400) << body;
  }
  EXPECT_EQ(gateway_.triggered.size(), 1u);
}

TEST_F(RouterTest, ASavepointIsAskedForAndFetched) {
  const Answer asked = Post(job_ + "/savepoints", R"({"target-directory": "/sp"})");
  EXPECT_EQ(asked.status, 202);
  EXPECT_EQ(asked.json.dump(), R"({"request-id":")" + kTrigger + R"("})");
  ASSERT_EQ(gateway_.triggered.size(), 1u);
  EXPECT_EQ(gateway_.triggered[0].kind, BarrierKind::kSavepoint);
  EXPECT_EQ(gateway_.triggered[0].target, "/sp");
  const std::string status = job_ + "/savepoints/" + kTrigger;
  EXPECT_EQ(Get(status).json.dump(), R"({"operation":null,"status":{"id":"IN_PROGRESS"}})");
  gateway_.triggered[0].completed = true;
  gateway_.triggered[0].path = "/sp/savepoint-1";
  EXPECT_EQ(Get(status).json.dump(),
            R"({"operation":{"location":"/sp/savepoint-1"},"status":{"id":"COMPLETED"}})");
  gateway_.triggered[0].error = Error{ErrorCode::kNoSpace, "the disk is full"};
  EXPECT_EQ(Get(status).json.at("operation").at("failure-cause").at("stack-trace"),
            "the disk is full");
  EXPECT_EQ(Get(job_ + "/checkpoints/" + kTrigger).status, 404) << "it is no checkpoint";
  EXPECT_EQ(Get(job_ + "/savepoints/" + kNobody).status, 404);
}

TEST_F(RouterTest, StopNamesItsFieldsOtherwise) {
  EXPECT_EQ(Post(job_ + "/stop", "{}").status, 202);
  EXPECT_EQ(gateway_.triggered[0].kind, BarrierKind::kStop);
  EXPECT_EQ(gateway_.triggered[0].target, "");
  const std::string body = R"({"targetDirectory": "file:///sp", "drain": true,
                               "formatType": "CANONICAL", "triggerId": ")" +
                           kNobody + R"("})";
  EXPECT_EQ(Post(job_ + "/stop", body).json.at("request-id"), kNobody);
  EXPECT_EQ(gateway_.triggered[1].kind, BarrierKind::kStopWithDrain);
  EXPECT_EQ(gateway_.triggered[1].target, "/sp");
}

TEST_F(RouterTest, CheckpointsCanBeAskedFor) {
  EXPECT_EQ(Post(job_ + "/checkpoints", "").status, 202);
  EXPECT_FALSE(gateway_.triggered[0].full);
  gateway_.triggered[0].completed = true;
  gateway_.triggered[0].checkpoint_id = 9;
  EXPECT_EQ(Get(job_ + "/checkpoints/" + kTrigger).json.at("operation").dump(),
            R"({"checkpointId":9})");
  gateway_.triggered[0].error = Error{ErrorCode::kTimedOut, "too late"};
  EXPECT_EQ(
      Get(job_ + "/checkpoints/" + kTrigger).json.at("operation").at("failureCause").at("class"),
      "TIMED_OUT");
  EXPECT_EQ(Post(job_ + "/checkpoints", R"({"checkpointType": "FULL"})").status, 202);
  EXPECT_TRUE(gateway_.triggered[1].full);
  EXPECT_EQ(Post(job_ + "/checkpoints", R"({"checkpointType": "INCREMENTAL"})").status, 400);
}

TEST_F(RouterTest, ARepeatedRequestIsAnsweredAlsoWhenTheJobIsGone) {
  const std::string body = R"({"triggerId": ")" + kTrigger + R"("})";
  EXPECT_EQ(Post(job_ + "/stop", body).status, 202);
  gateway_.job.set_job_id(kNobody);
  EXPECT_EQ(Post(job_ + "/stop", body).status, 202);
  EXPECT_EQ(Post(job_ + "/stop", "{}").status, 404);
}

TEST_F(RouterTest, PathsOfSavepointsAreChecked) {
  for (const char* target : {"../sp", "sp", "/a/../b", "/..", "/a/..", "s3://bucket/sp",
                             "hdfs://x/sp", "file://../sp", "/a\\u0000b", "/a\\nb"}) {
    const Answer answer =
        Post(job_ + "/savepoints", std::string(R"({"target-directory": ")") + target + R"("})");
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_THAT(ErrorIn(answer), HasSubstr("savepoint")) << target;
  }
  EXPECT_TRUE(gateway_.triggered.empty());
  EXPECT_EQ(Post(job_ + "/savepoints", R"({"target-directory": "/a/..b/c.."})").status, 202);
}

TEST_F(RouterTest, BodiesThatCannotBeMeant) {
  const std::string deep(40'000, '[');
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("7"), std::string("null"),
        std::string(R"({"drain": "yes"})"), std::string(R"({"drain": true, "drain": false})"),
        std::string(R"({"target-directory": "/sp"})"), std::string(R"({"triggerId": "x"})"),
        std::string(R"({"targetDirectory": 5})"), std::string(R"({"formatType": "NATIVE"})"),
        std::string("{\"targetDirectory\": \"\xFF\xFE\"}"), deep, "{\"drain\": " + deep,
        std::string(1, '\0')}) {
    const Answer answer = Post(job_ + "/stop", body);
    EXPECT_EQ(answer.status, 400) << body.substr(0, 60);
    EXPECT_FALSE(ErrorIn(answer).empty());
  }
  EXPECT_EQ(Post(job_ + "/savepoints", R"({"cancel-job": true})").status, 400);
  EXPECT_TRUE(gateway_.triggered.empty());
}

TEST_F(RouterTest, PathsThatAreNone) {
  EXPECT_EQ(Get("/nothing").status, 404);
  EXPECT_EQ(Get("/").status, 404);
  EXPECT_EQ(Get("").status, 404);
  EXPECT_EQ(Get("/jobs//status").status, 404);
  EXPECT_EQ(Get("/jobs/" + kNobody).status, 404);
  EXPECT_THAT(ErrorIn(Get("/jobs/" + kNobody)), HasSubstr("not found"));
  EXPECT_EQ(Get("/jobs/1234").status, 400);
  EXPECT_EQ(Get("/jobs/" + std::string(32, 'A')).status, 400);
  EXPECT_EQ(Get("/jobs/%2e%2e").status, 400);
  EXPECT_EQ(Get("/jobs/..").status, 400);
  EXPECT_EQ(Get("/jobs/" + std::string(10'000, 'a')).status, 414);
  EXPECT_EQ(Get(job_ + "?x=%zz").status, 400);
  EXPECT_EQ(Get(job_ + "?x=%00").status, 400);
  EXPECT_EQ(Get(job_ + "?x=1&x=2").status, 400);
  EXPECT_EQ(Get(job_ + "?x=1&y").status, 200);
}

TEST_F(RouterTest, AWrongMethodNamesTheRightOnes) {
  const Answer answer = Get(job_ + "/stop");
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(ErrorIn(answer), HasSubstr("POST"));
  EXPECT_EQ(Post("/overview", "").status, 405);
  EXPECT_EQ(Call(HttpMethod::kPatch, "/jobs/overview").status, 405);
}

TEST_F(RouterTest, TakesACompiledJob) {
  const Answer answer = Post("/jobs", R"({"jobGraph": "AAEC/w=="})");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.json, (nlohmann::json{{"jobid", kJob}}));
  EXPECT_EQ(gateway_.submitted, std::vector<std::string>{std::string("\0\1\2\xFF", 4)});
  EXPECT_EQ(Post("/jobs", R"({"jobGraph": "AAEC/w==", "jobId": "ab"})").json,
            (nlohmann::json{{"jobid", "ab"}}));
  gateway_.submitted.pop_back();
  EXPECT_EQ(Post("/jobs", R"({"jobGraph": "bm8gam9i"})").status, 400);
  EXPECT_EQ(Post("/jobs", R"({"jobGraph": "ZGFtYWdlZA=="})").status, 400);
  for (const char* wrong : {"", "{}", R"({"jobGraph": 1})", R"({"jobGraph": "A"})",
                            R"({"jobGraph": "A==="})", R"({"jobGraph": "A*=="})",
                            R"({"jobGraph": "AA==", "jobId": 1})", R"({"jar": "AAEC/w=="})"}) {
    EXPECT_EQ(Post("/jobs", wrong).status, 400) << wrong;
  }
}

TEST_F(RouterTest, ListsTheTaskManagers) {
  EXPECT_EQ(Get("/taskmanagers").json, nlohmann::json::parse(R"({"taskmanagers": [
    {"id": "tm1", "path": "10.0.0.1:6122", "dataPort": 6122, "timeSinceLastHeartbeat": 1234,
     "slotsNumber": 4, "freeSlots": 2, "blocked": false,
     "hardware": {"cpuCores": 8, "physicalMemory": 5000, "freeMemory": 300,
                  "managedMemory": 1000}}]})"));
  const nlohmann::json one = Get("/taskmanagers/tm1").json;
  // Both vertices of the sample share slots.
  EXPECT_EQ(one.at("allocatedSlots"),
            nlohmann::json::array({{{"jobId", kJob}}, {{"jobId", kJob}}}));
  EXPECT_EQ(Get("/taskmanagers/tm2").status, 404);
  EXPECT_THAT(ErrorIn(Get("/taskmanagers/tm2")), HasSubstr("no TaskManager `tm2`"));
}

TEST_F(RouterTest, SubtasksAndWhereTheyRun) {
  const std::string path = job_ + "/vertices/" + VertexIdOf("source");
  const nlohmann::json one = Get(path + "/subtasks/1").json;
  EXPECT_EQ(one, Get(path).json.at("subtasks").at(1));
  EXPECT_EQ(Get(path + "/subtasks/1/attempts/0").json, one);
  EXPECT_EQ(Get(path + "/subtasks/1/attempts/1").status, 404);
  EXPECT_EQ(Get(path + "/subtasks/2").status, 404);
  EXPECT_EQ(Get(path + "/subtasks/x").status, 400);
  const nlohmann::json shares = Get(path + "/taskmanagers").json.at("taskmanagers");
  ASSERT_EQ(shares.size(), 1u);
  EXPECT_EQ(shares.at(0).at("taskmanager-id"), "tm1");
  EXPECT_EQ(shares.at(0).at("status"), "RUNNING");
  EXPECT_EQ(shares.at(0).at("status-counts").at("RUNNING"), 2);
  EXPECT_EQ(shares.at(0).at("metrics").at("read-records"), 20);
}

TEST_F(RouterTest, MetricsOfTasks) {
  const std::string path = job_ + "/vertices/" + VertexIdOf("source");
  EXPECT_EQ(Get(path + "/metrics").json.at(0).dump(), R"({"id":"0.numRecordsIn"})");
  EXPECT_EQ(Get(path + "/metrics?get=1.numRecordsInPerSecond,1.none").json.dump(),
            R"([{"id":"1.numRecordsInPerSecond","value":"300"}])");
  EXPECT_EQ(Get(path + "/subtasks/0/metrics?get=busyTimeMsPerSecond").json.dump(),
            R"([{"id":"busyTimeMsPerSecond","value":"600"}])");
  EXPECT_EQ(Get(path + "/watermarks").json.at(1).dump(),
            R"({"id":"1.currentInputWatermark","value":"-9223372036854775808"})");
}

TEST_F(RouterTest, MetricsOfSeveralAreAggregated) {
  const std::string path = job_ + "/vertices/" + VertexIdOf("source") + "/subtasks/metrics";
  EXPECT_EQ(Get(path).json.at(0).dump(), R"({"id":"numRecordsIn"})");
  EXPECT_EQ(Get(path + "?get=numRecordsInPerSecond").json,
            nlohmann::json::parse(R"([{"id": "numRecordsInPerSecond", "min": 100.0, "max": 300.0,
                                       "sum": 400.0, "avg": 200.0, "skew": 50.0}])"));
  EXPECT_EQ(Get(path + "?get=numRecordsInPerSecond&agg=max&subtasks=0").json.dump(),
            R"([{"id":"numRecordsInPerSecond","max":100.0}])");
  EXPECT_EQ(Get(path + "?get=numRecordsInPerSecond&agg=sum&subtasks=0-1,7").json.at(0).at("sum"),
            400.0);
  EXPECT_EQ(Get(path + "?agg=median").status, 400);
  for (const char* wrong : {"x", "1-", "-1", "1-x", "1:2", "99999999999"}) {
    EXPECT_EQ(Get(path + "?subtasks=" + wrong).status, 400) << wrong;
  }
  EXPECT_EQ(Get("/jobs/metrics?get=numRestarts&agg=sum").json.dump(),
            R"([{"id":"numRestarts","sum":2.0}])");
  EXPECT_EQ(Get("/jobs/metrics?get=numRestarts&jobs=" + kNobody).json.size(), 0u);
  EXPECT_EQ(Get("/taskmanagers/metrics?get=Status.Process.Memory.Resident&agg=avg").json.dump(),
            R"([{"avg":4000.0,"id":"Status.Process.Memory.Resident"}])");
  EXPECT_EQ(Get("/taskmanagers/tm1/metrics?get=Status.Flink.Memory.Managed.Used").json.dump(),
            R"([{"id":"Status.Flink.Memory.Managed.Used","value":"700"}])");
  EXPECT_EQ(Get("/taskmanagers/tm1/metrics?get=Status.Flink.LocalState.FilesRead").json.dump(),
            R"([{"id":"Status.Flink.LocalState.FilesRead","value":"3"}])");
  EXPECT_EQ(Get("/jobmanager/metrics?get=taskSlotsTotal").json.dump(),
            R"([{"id":"taskSlotsTotal","value":"4"}])");
}

TEST_F(RouterTest, LogsAreGivenByNamesOfAFixedList) {
  log_.Append("it has begun\n", 5'000'000);
  EXPECT_EQ(Get("/jobmanager/logs").json.dump(),
            R"({"logs":[{"mtime":5000,"name":"jobmanager.log","size":13}]})");
  const auto text = [&](const std::string& target) {
    HttpRequest request;
    request.target = target;
    const HttpResponse response = router_.Handle(request);
    EXPECT_THAT(response.content_type, HasSubstr("text/plain"));
    return response.body;
  };
  EXPECT_EQ(text("/jobmanager/log"), "it has begun\n");
  EXPECT_EQ(text("/jobmanager/logs/jobmanager.log"), "it has begun\n");
  EXPECT_EQ(Get("/taskmanagers/tm1/logs").json.at("logs").at(1).dump(),
            R"({"mtime":77,"name":"taskmanager.out","size":5})");
  EXPECT_EQ(text("/taskmanagers/tm1/log"), "it listens\n");
  EXPECT_EQ(text("/taskmanagers/tm1/stdout"), "+[1]\n");
  EXPECT_EQ(text("/taskmanagers/tm1/logs/taskmanager.out"), "+[1]\n");
  EXPECT_EQ(Get("/taskmanagers/tm2/log").status, 404);
  for (const char* name : {"passwd", "..jobmanager.log", "taskmanager.log"}) {
    EXPECT_EQ(Get(std::string("/jobmanager/logs/") + name).status, 404) << name;
  }
  EXPECT_EQ(Get("/jobmanager/logs/..").status, 400);
  EXPECT_EQ(Get("/jobmanager/logs/..%252fetc").status, 400);
}

TEST_F(RouterTest, TheClusterCanBeShutDown) {
  EXPECT_EQ(Get("/cluster").status, 405);
  EXPECT_FALSE(is_shut_down_);
  EXPECT_EQ(Call(HttpMethod::kDelete, "/cluster").status, 200);
  EXPECT_TRUE(is_shut_down_);
  EXPECT_EQ(Get("/jobmanager/config").json.dump(), R"([{"key":"rest.port","value":"8081"}])");
}

TEST_F(RouterTest, HowAJobHasEnded) {
  const std::string path = job_ + "/execution-result";
  EXPECT_EQ(Get(path).json.dump(), R"({"status":{"id":"IN_PROGRESS"}})");
  gateway_.job.set_state(static_cast<uint32_t>(JobState::kFailed));
  gateway_.job.set_end_time(4000);
  const nlohmann::json result = Get(path).json.at("job-execution-result");
  EXPECT_EQ(result.at("application-status"), "FAILED");
  EXPECT_EQ(result.at("net-runtime"), 3000);
  EXPECT_EQ(result.at("failure-cause").at("stack-trace"), "the disk is full");
  gateway_.job.set_state(static_cast<uint32_t>(JobState::kFinished));
  EXPECT_EQ(Get(path).json.at("job-execution-result").at("application-status"), "SUCCEEDED");
}

TEST_F(RouterTest, AJobManagerThatDoesNotAnswerIsAnError) {
  gateway_.is_silent = true;
  for (const std::string& route : RestRouter::Routes()) {
    // These the JobManager's process knows by itself.
    if (!route.starts_with("GET ") || route == "GET /config" ||
        route.starts_with("GET /jobmanager/config") || route.starts_with("GET /jobmanager/log")) {
      continue;
    }
    std::string target = route.substr(4);
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{":jobid", kJob},
                                            {":checkpointid", "7"},
                                            {":vertexid", kNobody},
                                            {":subtaskindex", "0"},
                                            {":attempt", "0"},
                                            {":taskmanagerid", "tm1"},
                                            {":logfile", "taskmanager.log"}}) {
      if (const size_t at = target.find(name); at != std::string::npos) {
        target.replace(at, name.size(), value);
      }
    }
    if (target.find(':') != std::string::npos) continue;  // of a trigger: kept here
    EXPECT_EQ(Get(target).status, 503) << target;
  }
}

}  // namespace
}  // namespace flinkc
