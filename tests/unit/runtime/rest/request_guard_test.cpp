#include "runtime/rest/request_guard.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

HttpRequest Get() {
  HttpRequest request;
  request.target = "/jobs";
  request.headers["host"] = "127.0.0.1:8081";
  return request;
}

HttpRequest Post() {
  HttpRequest request = Get();
  request.method = HttpMethod::kPost;
  request.headers["content-length"] = "2";
  request.headers["content-type"] = "application/json";
  return request;
}

// 0: it is served.
int StatusOf(const HttpRequest& request) {
  const std::optional<HttpResponse> refusal = RefuseRequest(request, 8081);
  return refusal ? refusal->status : 0;
}

int WithHeader(HttpRequest request, const std::string& name, const std::string& value) {
  request.headers[name] = value;
  return StatusOf(request);
}

TEST(RequestGuardTest, OrdinaryRequestsAreServed) {
  EXPECT_EQ(StatusOf(Get()), 0);
  EXPECT_EQ(StatusOf(Post()), 0);
  EXPECT_EQ(WithHeader(Get(), "host", "LocalHost:8081"), 0);
  EXPECT_EQ(WithHeader(Get(), "host", "[::1]:8081"), 0);
  EXPECT_EQ(WithHeader(Post(), "content-type", "application/json; charset=UTF-8"), 0);
  EXPECT_EQ(WithHeader(Post(), "origin", "http://localhost:8081"), 0);
  HttpRequest empty = Post();
  empty.headers["content-length"] = "0";
  empty.headers.erase("content-type");
  EXPECT_EQ(StatusOf(empty), 0);
}

TEST(RequestGuardTest, ANameThatWasPointedAtLoopbackIsRefused) {
  for (const char* host : {"evil.example:8081", "evil.example", "127.0.0.1", "127.0.0.1:80",
                           "127.0.0.1:8081.evil.example", "127.0.0.1:8081,127.0.0.1:8081", ""}) {
    EXPECT_EQ(WithHeader(Get(), "host", host), 403) << host;
  }
  HttpRequest without = Get();
  without.headers.erase("host");
  EXPECT_EQ(StatusOf(without), 403);
}

TEST(RequestGuardTest, OtherWebPagesAreRefused) {
  for (const char* origin : {"https://evil.example", "http://localhost:3000", "null",
                             "https://localhost:8081", "http://localhost:8081.evil.example"}) {
    EXPECT_EQ(WithHeader(Get(), "origin", origin), 403) << origin;
    EXPECT_EQ(WithHeader(Post(), "origin", origin), 403) << origin;
  }
}

TEST(RequestGuardTest, BodiesAreJsonOfAStatedLength) {
  EXPECT_EQ(WithHeader(Post(), "content-type", "application/x-www-form-urlencoded"), 415);
  EXPECT_EQ(WithHeader(Post(), "content-type", "text/plain"), 415);
  EXPECT_EQ(WithHeader(Post(), "content-encoding", "gzip"), 415);
  EXPECT_EQ(WithHeader(Post(), "transfer-encoding", "chunked"), 501);
  EXPECT_EQ(WithHeader(Get(), "transfer-encoding", "identity"), 501);
  EXPECT_EQ(WithHeader(Post(), "content-length", "8388608"), 0);
  EXPECT_EQ(WithHeader(Post(), "content-length", "8388609"), 413);
  EXPECT_EQ(WithHeader(Post(), "content-length", "99999999999999999999999"), 413);
  EXPECT_EQ(WithHeader(Post(), "content-length", "-1"), 400);
  EXPECT_EQ(WithHeader(Post(), "content-length", "2,2"), 400);
  HttpRequest without = Post();
  without.headers.erase("content-length");
  EXPECT_EQ(StatusOf(without), 411);
}

TEST(RequestGuardTest, OtherMethodsAreRefused) {
  HttpRequest request = Get();
  request.method = HttpMethod::kOther;
  EXPECT_EQ(StatusOf(request), 405);
}

}  // namespace
}  // namespace flinkc
