#include "tools/flinkc/security_flags.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "runtime/env/secret_file.h"

namespace flinkc {

namespace {

constexpr size_t kTokenCharsMin = 16;
constexpr std::streamsize kPemBytesMax = 1 << 20;

Result<std::string> ReadPem(const std::string& path, const char* flag, bool is_secret) {
  const auto wrong = [&](const std::string& why) {
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("{}: {} {}", flag, path, why));
  };
  // What holds a key is not written to a core dump.
  if (is_secret) prctl(PR_SET_DUMPABLE, 0);
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return wrong("cannot be read");
  if (is_secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return wrong(fmt::format("may be read by others than its owner; `chmod 600 {}`", path));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(kPemBytesMax, '\0');
  file.read(text.data(), kPemBytesMax);
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.find("-----BEGIN ") == std::string::npos) return wrong("holds nothing in PEM");
  return text;
}

}  // namespace

void ClusterTlsFlags::AddTo(CLI::App& command) {
  command.add_option("--tls-cert", certificate_file,
                     "Our certificate, in PEM: with --tls-key and --tls-ca the processes of the "
                     "cluster prove to each other that they belong to it");
  command.add_option("--tls-key", key_file, "Its key, without a passphrase");
  command.add_option("--tls-ca", authority_file, "The authority of all of the cluster");
  command.add_flag("--insecure", insecure,
                   "Listen beyond this machine in plain text, to anybody who connects");
}

Result<std::shared_ptr<const NetTls>> ClusterTlsFlags::Load() const {
  const int given = !certificate_file.empty() + !key_file.empty() + !authority_file.empty();
  if (given == 0) return nullptr;
  if (given != 3) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--tls-cert, --tls-key and --tls-ca go together: give all three");
  }
  ASSIGN_OR_RETURN(const std::string certificate, ReadPem(certificate_file, "--tls-cert", false));
  ASSIGN_OR_RETURN(const std::string key, ReadPem(key_file, "--tls-key", true));
  ASSIGN_OR_RETURN(const std::string authority, ReadPem(authority_file, "--tls-ca", false));
  return NetTls::Make(certificate, key, authority);
}

Status ClusterTlsFlags::CheckReach(const NetAddress& address) const {
  if (insecure || address.is_loopback() || !certificate_file.empty()) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("{} can be reached from other machines, by anybody, without TLS; "
                               "give --tls-cert, --tls-key and --tls-ca, listen on 127.0.0.1, or "
                               "say --insecure where everybody in the network is trusted",
                               address.Print()));
}

void RestServerFlags::AddTo(CLI::App& command) {
  command.add_option("--rest-token-file", token_file,
                     "A file with the token that each REST request must bring");
  command.add_option("--rest-operator-token-file", operator_token_file,
                     "Another one, with which jobs can be steered, and no rows be seen nor jobs "
                     "submitted");
  command.add_option("--rest-viewer-token-file", viewer_token_file,
                     "Another one, which changes nothing: for dashboards and Prometheus");
  command.add_option("--rest-tls-cert", certificate_file,
                     "The certificate of the REST server, in PEM; with --rest-tls-key");
  command.add_option("--rest-tls-key", key_file, "Its key, without a passphrase");
}

Status RestServerFlags::Load(HttpServerOptions* options) const {
  struct TokenFlag {
    const char* name;
    const std::string& path;
    RestRole role;
  };
  const TokenFlag flags[] = {
      {"--rest-token-file", token_file, RestRole::kAdmin},
      {"--rest-operator-token-file", operator_token_file, RestRole::kOperator},
      {"--rest-viewer-token-file", viewer_token_file, RestRole::kViewer},
  };
  for (const TokenFlag& flag : flags) {
    if (flag.path.empty()) continue;
    if (token_file.empty()) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{} without --rest-token-file: nobody could submit a job", flag.name));
    }
    Result<std::string> token = ReadSecretFile(flag.path, kTokenCharsMin);
    if (!token) return std::unexpected(std::move(token).error().WithContext(flag.name));
    for (const RestToken& other : options->tokens) {
      if (other.secret != *token) continue;
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{}: the token is the one of another role", flag.name));
    }
    options->tokens.push_back({*std::move(token), flag.role});
  }
  if (certificate_file.empty() != key_file.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--rest-tls-cert and --rest-tls-key go together: give both");
  }
  if (certificate_file.empty()) return {};
  HttpTls tls;
  ASSIGN_OR_RETURN(tls.certificate, ReadPem(certificate_file, "--rest-tls-cert", false));
  ASSIGN_OR_RETURN(tls.key, ReadPem(key_file, "--rest-tls-key", true));
  options->tls = std::move(tls);
  return {};
}

}  // namespace flinkc
