#include "tools/flinkc/rest_flags.h"

#include <utility>

#include "runtime/env/secret_file.h"

namespace flinkc {

void RestFlags::AddTo(CLI::App& command) {
  command
      .add_option("-m,--jobmanager", job_manager,
                  "host:port of the REST server, behind https:// where it has TLS")
      ->capture_default_str();
  command.add_option("--rest-token-file", token_file, "A file with the token that it asks for")
      ->envname("FLINKC_TOKEN_FILE");
  command
      .add_option("--rest-ca-file", ca_file,
                  "The authorities whose certificates are trusted, in PEM; else the system's")
      ->envname("FLINKC_CA_FILE");
}

Result<RestClient> RestFlags::Client() const {
  Result<HttpEndpoint> endpoint = HttpEndpoint::Parse(job_manager);
  if (!endpoint) return std::unexpected(std::move(endpoint).error().WithContext("--jobmanager"));
  HttpAccess access;
  access.ca_file = ca_file;
  if (!token_file.empty()) {
    // How long a token must be the server says.
    Result<std::string> token = ReadSecretFile(token_file, 1);
    if (!token) {
      Error error = std::move(token).error().WithContext("--rest-token-file");
      error.code = ErrorCode::kInvalidArgument;
      return std::unexpected(std::move(error));
    }
    access.token = *std::move(token);
  }
  return RestClient(*std::move(endpoint), std::move(access));
}

}  // namespace flinkc
