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
  const std::optional<HttpResponse> refusal = RefuseRequest(request, {.port = 8081});
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
  HttpRequest bodyless = Get();
  bodyless.method = HttpMethod::kDelete;
  EXPECT_EQ(StatusOf(bodyless), 0);
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

TEST(RequestGuardTest, WithATokenEachRequestMustBringIt) {
  const RequestPolicy policy{.port = 8081, .tokens = {{"0123456789abcdef"}}};
  const auto status = [&](const std::string& authorization) {
    HttpRequest request = Get();
    if (!authorization.empty()) request.headers["authorization"] = authorization;
    const std::optional<HttpResponse> refusal = RefuseRequest(request, policy);
    if (refusal) EXPECT_EQ(refusal->body.find("0123456789abcdef"), std::string::npos);
    return refusal ? refusal->status : 0;
  };
  EXPECT_EQ(status("Bearer 0123456789abcdef"), 0);
  EXPECT_EQ(status("bearer 0123456789abcdef"), 0);
  for (const char* wrong :
       {"", "Bearer ", "Bearer", "Bearer 0123456789abcdeF", "Bearer 0123456789abcde",
        "Bearer 0123456789abcdef0123456789abcdef", "Basic 0123456789abcdef", "0123456789abcdef",
        "Bearer 0123456789abcdef,Bearer 0123456789abcdef"}) {
    EXPECT_EQ(status(wrong), 401) << wrong;
  }
}

TEST(RequestGuardTest, ATokenHasItsRole) {
  const RequestPolicy policy{.port = 8081,
                             .tokens = {{"the-token-of-admins", RestRole::kAdmin},
                                        {"the-token-of-viewers", RestRole::kViewer},
                                        {"the-token-of-operators", RestRole::kOperator}}};
  const auto role = [&](const std::string& token) {
    HttpRequest request = Get();
    request.headers["authorization"] = "Bearer " + token;
    EXPECT_EQ(RefuseRequest(request, policy).has_value(), !RoleOf(request, policy));
    return RoleOf(request, policy);
  };
  EXPECT_EQ(role("the-token-of-admins"), RestRole::kAdmin);
  EXPECT_EQ(role("the-token-of-operators"), RestRole::kOperator);
  EXPECT_EQ(role("the-token-of-viewers"), RestRole::kViewer);
  EXPECT_EQ(role("the-token-of-nobody!"), std::nullopt);
  EXPECT_EQ(RoleOf(Get(), RequestPolicy{.port = 8081}), std::nullopt);
}

TEST(RequestGuardTest, BeyondLoopbackAnyHostIsServedButNoOtherPage) {
  const RequestPolicy policy{
      .port = 8081, .is_loopback = false, .scheme = "https", .tokens = {{"0123456789abcdef"}}};
  HttpRequest request = Get();
  request.headers["host"] = "jobs.example:8081";
  request.headers["authorization"] = "Bearer 0123456789abcdef";
  EXPECT_FALSE(RefuseRequest(request, policy).has_value());
  request.headers["origin"] = "https://Jobs.example:8081";
  EXPECT_FALSE(RefuseRequest(request, policy).has_value());
  for (const char* origin : {"http://jobs.example:8081", "https://evil.example", "null"}) {
    request.headers["origin"] = origin;
    ASSERT_TRUE(RefuseRequest(request, policy).has_value()) << origin;
    EXPECT_EQ(RefuseRequest(request, policy)->status, 403);
  }
}

TEST(RequestGuardTest, OtherMethodsAreRefused) {
  HttpRequest request = Get();
  request.method = HttpMethod::kOther;
  EXPECT_EQ(StatusOf(request), 405);
}

}  // namespace
}  // namespace flinkc
