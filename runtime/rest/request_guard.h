// What is refused before anybody looks at what it asks for: requests of a foreign web page in the
// user's browser (cross-site requests, DNS rebinding), those without the token, bodies that are no
// JSON or have no stated length. A pure function: the server asks it when it has read the headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/rest/http_message.h"

namespace flinkc {

// Bytes: a compiled job is the largest that there is.
inline constexpr uint64_t kRequestBodyMax = uint64_t{8} << 20;

struct RestToken {
  std::string secret;
  RestRole role = RestRole::kAdmin;
};

// How the server is reached.
struct RequestPolicy {
  uint16_t port = 0;        // the one listened on
  bool is_loopback = true;  // else it is reached by names that we do not know
  const char* scheme = "http";
  std::vector<RestToken> tokens = {};  // empty: none is asked for
};

// The role of the token that the request brings; nothing: it brings none of them, or none is asked
// for.
std::optional<RestRole> RoleOf(const HttpRequest& request, const RequestPolicy& policy);

// The answer to a request that is refused; nothing: it may be handled.
//
// - Host must be this machine's loopback, by number or as "localhost", with our port: a name that
//   an attacker has pointed at 127.0.0.1 is not. Where others than this machine reach the server
//   there is a token, which no page of an attacker has.
// - Origin, which browsers send, must be ourselves: what Host says.
// - With tokens, `Authorization: Bearer <token>`, compared in a time that does not tell how much of
//   it is right. What its role may do is the router's to say.
// - A body has a Content-Length of at most kRequestBodyMax, is JSON and says so, and is neither
//   chunked nor compressed.
std::optional<HttpResponse> RefuseRequest(const HttpRequest& request, const RequestPolicy& policy);

}  // namespace flinkc
