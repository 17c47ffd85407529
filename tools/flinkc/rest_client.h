// The commands' view of a JobManager's REST server: calls that answer with JSON, and jobs found by
// what a user types.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/base/result.h"
#include "runtime/client/http_client.h"

namespace flinkc {

class RestClient {
 public:
  explicit RestClient(HttpEndpoint endpoint, HttpAccess access = {})
      : endpoint_(std::move(endpoint)), access_(std::move(access)) {}

  // kNotFound, kInvalidArgument, kJobFailed, …: as the server's status says, with its message.
  Result<nlohmann::json> Get(const std::string& path) const { return Call("GET", path, ""); }
  // What is no JSON: a log.
  Result<std::string> GetText(const std::string& path) const;
  Result<nlohmann::json> Post(const std::string& path, const nlohmann::json& body) const {
    return Call("POST", path, body.dump());
  }
  Result<nlohmann::json> Put(const std::string& path, const nlohmann::json& body) const {
    return Call("PUT", path, body.dump());
  }
  Result<nlohmann::json> Delete(const std::string& path) const { return Call("DELETE", path, ""); }
  Result<nlohmann::json> Patch(const std::string& path) const { return Call("PATCH", path, ""); }
  Result<nlohmann::json> Patch(const std::string& path, const nlohmann::json& body) const {
    return Call("PATCH", path, body.dump());
  }

  // The job's line of /jobs/overview. `job`: an id, the beginning of one, or a name; "": the only
  // one that has not ended. kInvalidArgument: there is none, or more than one.
  Result<nlohmann::json> FindJob(const std::string& job) const;

 private:
  Result<nlohmann::json> Call(const std::string& method, const std::string& path,
                              const std::string& body) const;

  const HttpEndpoint endpoint_;
  const HttpAccess access_;
};

// Members of untrusted JSON: 0 or "" where they are not there or something else.
int64_t NumberIn(const nlohmann::json& json, const char* key);
std::string TextIn(const nlohmann::json& json, const char* key);
const nlohmann::json& MemberOf(const nlohmann::json& json, const char* key);

bool HasEnded(const nlohmann::json& job);

// What a command ends with that has failed so (exit_code.h).
int ExitCodeOf(const Error& error);

}  // namespace flinkc
