// One HTTP request to a JobManager's REST server, for the command line: HTTP/1.0, a connection of
// its own, an answer of bounded length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace flinkc {

struct HttpEndpoint {
  std::string host;
  uint16_t port = 0;
  bool tls = false;

  // "127.0.0.1:8081", "localhost:8081", "[::1]:8081", with or without "http://", or with
  // "https://". kInvalidArgument.
  static Result<HttpEndpoint> Parse(std::string_view text);
  std::string Print() const;
};

// By what the server knows us, and we it.
struct HttpAccess {
  std::string token = {};    // sent with each request; "": none
  std::string ca_file = {};  // authorities whose certificates are trusted; "": the system's
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// `body`: JSON; "" with GET. kUnavailable: nobody listens, or nobody answers within the timeout
// (each step of it); kInvalidData: what answers does not speak HTTP, or says more than 16 MiB.
Result<HttpAnswer> CallHttp(const HttpEndpoint& endpoint, const HttpAccess& access,
                            std::string_view method, std::string_view path, std::string_view body,
                            int64_t timeout_micros = 30'000'000);

// The bytes that came on a connection, taken apart. kInvalidData: they are no answer;
// kUnavailable: the beginning of one.
Result<HttpAnswer> ParseHttpAnswer(std::string_view bytes);

}  // namespace flinkc
