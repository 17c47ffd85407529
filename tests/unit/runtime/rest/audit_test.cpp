#include "runtime/rest/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinkc {
namespace {

using testing::HasSubstr;

HttpRequest Request(HttpMethod method, const std::string& target, const std::string& body = "") {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.from = "10.0.0.7:40312";
  return request;
}

HttpResponse Response(int status, const std::string& body = "{}") {
  HttpResponse response;
  response.status = status;
  response.body = body;
  return response;
}

TEST(Audit, SaysWhoDidWhatAndWhatCameOfIt) {
  EXPECT_EQ(AuditLine(Request(HttpMethod::kPatch, "/jobs/ab?mode=cancel"), Response(202)),
            R"(audit: from=10.0.0.7:40312 role=anonymous request="PATCH /jobs/ab?mode=cancel" )"
            R"(body="" status=202 result="")");
  EXPECT_EQ(AuditLine(Request(HttpMethod::kPost, "/savepoint-disposal",
                              R"({"savepoint-path": "/sp/savepoint-1"})"),
                      Response(202, R"({"request-id":"77"})")),
            R"(audit: from=10.0.0.7:40312 role=anonymous request="POST /savepoint-disposal" )"
            R"(body="{\"savepoint-path\": \"/sp/savepoint-1\"}" status=202 result="77")");
}

TEST(Audit, SaysByWhichRole) {
  HttpRequest request = Request(HttpMethod::kDelete, "/cluster");
  request.role = RestRole::kOperator;
  EXPECT_THAT(*AuditLine(request, HttpResponse::Failure(403, "no")),
              HasSubstr("role=operator request=\"DELETE /cluster\" body=\"\" status=403"));
  request.role = RestRole::kAdmin;
  EXPECT_THAT(*AuditLine(request, Response(200)), HasSubstr("role=admin"));
}

TEST(Audit, WhatIsRefusedIsSaidToo) {
  for (const int status : {401, 403}) {
    const auto line = AuditLine(Request(HttpMethod::kDelete, "/cluster"),
                                HttpResponse::Failure(status, "not you"));
    ASSERT_TRUE(line);
    EXPECT_THAT(*line, HasSubstr("role=refused request=\"DELETE /cluster\""));
    EXPECT_THAT(*line, HasSubstr("status=" + std::to_string(status) + " result=\"not you\""));
  }
  EXPECT_THAT(*AuditLine(Request(HttpMethod::kOther, "/jobs"), HttpResponse::Failure(405, "no")),
              HasSubstr("request=\"? /jobs\""));
}

TEST(Audit, ACompiledJobIsNamedByItsId) {
  for (const char* path : {"/jobs", "/v1/jobs", "/jobs/", "/v1/jobs/"}) {
    const auto line = AuditLine(Request(HttpMethod::kPost, path, R"({"jobGraph": "AAAA"})"),
                                Response(202, R"({"jobid":"0123"})"));
    ASSERT_TRUE(line);
    EXPECT_THAT(*line, HasSubstr("body=\"\" status=202 result=\"0123\""));
  }
}

TEST(Audit, WhoOnlyAsksOrIsThereIsNotNamed) {
  EXPECT_FALSE(AuditLine(Request(HttpMethod::kGet, "/jobs"), Response(200)));
  EXPECT_FALSE(AuditLine(Request(HttpMethod::kGet, "/jobs"), Response(401)));
  const HttpRequest beat = Request(HttpMethod::kPatch, "/jobs/ab/clientHeartbeat");
  EXPECT_FALSE(AuditLine(beat, Response(202)));
  EXPECT_TRUE(AuditLine(beat, HttpResponse::Failure(401, "no")));
}

TEST(Audit, OneLineOfBoundedLengthWhateverComesIn) {
  const std::string wild = "/jobs/\r\naudit: from=me\x01\xff\" " + std::string(5'000, 'x');
  const auto line =
      AuditLine(Request(HttpMethod::kPost, wild, wild), HttpResponse::Failure(400, wild));
  ASSERT_TRUE(line);
  EXPECT_LT(line->size(), 6'000u);
  for (const char c : *line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
  HttpRequest nobody = Request(HttpMethod::kPost, "/x");
  nobody.from = "";
  EXPECT_THAT(*AuditLine(nobody, Response(404, "no json")), HasSubstr("from=? "));
}

}  // namespace
}  // namespace flinkc
