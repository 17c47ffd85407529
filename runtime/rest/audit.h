// The audit log: a line for each request that changes something, or would: who, what, and what came
// of it.
#pragma once

#include <optional>
#include <string>

#include "runtime/rest/http_message.h"

namespace flinkc {

// One line without its end, such as
//
//   audit: from=10.0.0.7:40312 role=operator request="PATCH /jobs/1b2c…" body="" status=202
//   result=""
//
// `role`: that of the token, anonymous (none is asked for) or refused (not let in). `result`: the
// id of what was begun, or why it was refused. What came from outside is cut after some hundred
// bytes, and quoted as JSON does. A compiled job is left out: `result` has its id. Nothing: the
// request only asks, or says that a client is there.
std::optional<std::string> AuditLine(const HttpRequest& request, const HttpResponse& response);

}  // namespace flinkc
