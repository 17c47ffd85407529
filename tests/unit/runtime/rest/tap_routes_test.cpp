#include "runtime/rest/tap_routes.h"

#include "tests/unit/runtime/rest/router_fixture.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

class TapRoutesTest : public RouterTest {
 protected:
  TapRoutesTest() {
    protocol::StreamList::Stream& sums = *gateway_.streams.add_streams();
    sums.set_name("sums");
    sums.set_updates(true);
    sums.add_vertices(1);
    sums.add_columns()->set_name("n");
    sums.mutable_columns(0)->set_type("BIGINT NOT NULL");
    protocol::StreamList::Stream& gone = *gateway_.streams.add_streams();
    gone.set_name("gone");
    gone.set_unavailable("it is one with another");
  }

  // The path of a tap that was opened.
  std::string Open(const std::string& body) {
    const Answer opened = Post(job_ + "/taps", body);
    EXPECT_EQ(opened.status, 200) << opened.json;
    return job_ + "/taps/" + opened.json.value("tap-id", "");
  }
};

TEST_F(TapRoutesTest, StreamsAreListed) {
  EXPECT_EQ(Get(job_ + "/streams").json.dump(),
            R"({"streams":[{"columns":[{"name":"n","type":"BIGINT NOT NULL"}],"name":"sums",)"
            R"("updates":true},{"name":"gone","unavailable":"it is one with another"}]})");
  EXPECT_EQ(gateway_.asked.back().task_manager_id(), "tm1");
  EXPECT_EQ(gateway_.asked.back().list_streams().job_id(), kJob);
}

TEST_F(TapRoutesTest, ATapGivesRowsUntilItIsClosed) {
  const std::string tap =
      Open(R"({"stream": "sums", "filter": "AAEC", "rowsPerSecond": 7, "format": "cells"})");
  protocol::TapRow& row = *gateway_.rows.add_rows();
  row.set_kind(2);
  row.set_subtask(1);
  row.add_cells()->set_text("5");
  row.add_cells()->set_is_null(true);
  protocol::TapRow& other = *gateway_.rows.add_rows();
  other.set_json(R"({"n":5.10})");
  gateway_.rows.set_left_out(3);
  EXPECT_EQ(Get(tap).json.dump(),
            R"({"job-state":"RUNNING","left-out":3,"rows":[{"cells":["5",null],"kind":"+U",)"
            R"("subtask":1},{"kind":"+I","row":"{\"n\":5.10}","subtask":0}]})");
  const protocol::ReadTap& read = gateway_.asked.back().read_tap();
  EXPECT_EQ(read.job_id(), kJob);
  EXPECT_TRUE(IsId(read.tap_id()));
  EXPECT_FALSE(read.close());
  EXPECT_EQ(read.request().stream(), "sums");
  EXPECT_EQ(read.request().filter(), std::string("\0\1\2", 3));
  EXPECT_EQ(read.request().rows_per_second(), 7u);
  EXPECT_EQ(read.request().format(), protocol::TapRequest::CELLS);

  EXPECT_EQ(Get("/jobs/" + kNobody + tap.substr(job_.size())).status, 404);
  EXPECT_EQ(Call(HttpMethod::kDelete, tap).status, 200);
  EXPECT_TRUE(gateway_.asked.back().read_tap().close());
  EXPECT_EQ(Get(tap).status, 404);
}

TEST_F(TapRoutesTest, OneThatNobodyAsksEnds) {
  const std::string asked = Open(R"({"stream": "sums"})");
  const std::string forgotten = Open(R"({"stream": "sums"})");
  for (clock_.seconds = 0; clock_.seconds <= 60; clock_.seconds += 20) {
    EXPECT_EQ(Get(asked).status, 200);
  }
  const Answer answer = Get(forgotten);
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(ErrorIn(answer), HasSubstr("one that nobody asks for rows ends after 30 s"));
}

TEST_F(TapRoutesTest, ThereAreNotTooMany) {
  for (int i = 0; i < 16; ++i) Open(R"({"stream": "sums"})");
  EXPECT_EQ(Post(job_ + "/taps", R"({"stream": "sums"})").status, 503);
  clock_.seconds = 31;
  Open(R"({"stream": "sums"})");
}

TEST_F(TapRoutesTest, WhatIsWrongIsSaid) {
  const auto refused = [&](const std::string& body, int status, const std::string& what) {
    const Answer answer = Post(job_ + "/taps", body);
    EXPECT_EQ(answer.status, status) << body;
    EXPECT_THAT(ErrorIn(answer), HasSubstr(what)) << body;
  };
  refused(R"({"stream": "smus"})", 404, "the job has no stream `smus`; there are: sums");
  refused(R"({"stream": "gone"})", 400, "nobody can look at `gone`: it is one with another");
  refused("{}", 400, "`stream` is missing");
  refused(R"({"stream": 1})", 400, "`stream` must be a string");
  refused(R"({"stream": "sums", "rate": 1})", 400, "no field `rate`");
  refused(R"({"stream": "sums", "filter": "%"})", 400, "base64");
  refused(R"({"stream": "sums", "format": "xml"})", 400, "there are: json, cells");
  for (const char* rate : {"0", "-1", "10001", "1.5", "\"7\""}) {
    refused(R"({"stream": "sums", "rowsPerSecond": )" + std::string(rate) + "}", 400,
            "whole number from 1 to 10000");
  }
}

TEST_F(TapRoutesTest, WithoutTasksThereIsNothingToLookAt) {
  const std::string tap = Open(R"({"stream": "sums"})");
  gateway_.ask_error = Error{ErrorCode::kUnavailable, "no task of the job runs here"};
  const Answer answer = Get(job_ + "/streams");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(ErrorIn(answer), HasSubstr("no task of the job runs at present: it is RUNNING"));
  // One that is open waits for the next ones.
  EXPECT_EQ(Get(tap).json.at("rows").size(), 0u);
  gateway_.ask_error = Error{ErrorCode::kInvalidArgument, "the filter is made for other columns"};
  EXPECT_EQ(Get(tap).status, 400);
  EXPECT_EQ(Get(tap).status, 404);
  gateway_.job.set_state(static_cast<uint32_t>(JobState::kFinished));
  EXPECT_EQ(Get(job_ + "/streams").status, 409);
}

}  // namespace
}  // namespace flinkc
