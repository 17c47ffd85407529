#include "runtime/client/http_client.h"

#include <gtest/gtest.h>

#include <string>

namespace flinkc {
namespace {

TEST(HttpClientTest, ReadsWhereToGo) {
  const Result<HttpEndpoint> endpoint = HttpEndpoint::Parse("http://127.0.0.1:8081/");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->host, "127.0.0.1");
  EXPECT_EQ(endpoint->port, 8081);
  EXPECT_EQ(HttpEndpoint::Parse("[::1]:8081")->Print(), "[::1]:8081");
  EXPECT_EQ(HttpEndpoint::Parse("localhost:1")->host, "localhost");
  EXPECT_FALSE(endpoint->tls);
  EXPECT_TRUE(HttpEndpoint::Parse("https://localhost:8081")->tls);
  EXPECT_EQ(HttpEndpoint::Parse("https://localhost:8081")->Print(), "https://localhost:8081");
  for (const char* wrong :
       {"", "localhost", ":8081", "localhost:", "localhost:0", "localhost:65536", "localhost:8081x",
        "localhost:-1", "https://localhost:8081/a"}) {
    EXPECT_FALSE(HttpEndpoint::Parse(wrong)) << wrong;
  }
}

TEST(HttpClientTest, ReadsAnAnswer) {
  const Result<HttpAnswer> answer =
      ParseHttpAnswer("HTTP/1.1 202 Accepted\r\nX: y\r\nCONTENT-length:  2 \r\n\r\n{}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(ParseHttpAnswer("HTTP/1.0 404 Not Found\r\n\r\nall of it")->body, "all of it");
}

TEST(HttpClientTest, RefusesWhatIsNoWholeAnswer) {
  for (const char* wrong :
       {"", "HTTP/1.1", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n", "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    EXPECT_FALSE(ParseHttpAnswer(wrong)) << wrong;
  }
  // Every beginning of a good one: it may have died, and be back in a moment.
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  for (size_t length = 0; length < good.size(); ++length) {
    const Result<HttpAnswer> answer = ParseHttpAnswer(std::string_view(good).substr(0, length));
    ASSERT_FALSE(answer) << length;
    EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable) << length;
  }
}

TEST(HttpClientTest, NobodyListensThere) {
  // A port that is never given out.
  const Result<HttpAnswer> answer = CallHttp({"127.0.0.1", 1}, {}, "GET", "/jobs", "");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace flinkc
