#include "runtime/net/net_tls.h"

#include <fmt/format.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include <string_view>

namespace flinkc {

namespace {

Status Fill(nng_tls_config* config, bool is_server, const std::string& certificate,
            const std::string& key, const std::string& authority) {
  const auto check = [](int code, std::string_view what) -> Status {
    if (code == 0) return {};
    return MakeError(ErrorCode::kInvalidArgument, fmt::format("{}: {}", what, nng_strerror(code)));
  };
  RETURN_IF_ERROR(check(nng_tls_config_ca_chain(config, authority.c_str(), nullptr),
                        "the certificate of the authority cannot be used"));
  RETURN_IF_ERROR(check(nng_tls_config_own_cert(config, certificate.c_str(), key.c_str(), nullptr),
                        "the certificate or its key cannot be used"));
  RETURN_IF_ERROR(check(nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED),
                        "the other side cannot be made to prove itself"));
  // Without a name nng would not look at the one in the certificate.
  if (is_server) return {};
  return check(nng_tls_config_server_name(config, NetTls::kClusterName), "the cluster's name");
}

}  // namespace

Result<std::shared_ptr<const NetTls>> NetTls::Make(const std::string& certificate,
                                                   const std::string& key,
                                                   const std::string& authority) {
  const std::shared_ptr<NetTls> tls(new NetTls());
  if (nng_tls_config_alloc(&tls->client_, NNG_TLS_MODE_CLIENT) != 0 ||
      nng_tls_config_alloc(&tls->server_, NNG_TLS_MODE_SERVER) != 0) {
    return MakeError(ErrorCode::kUnsupported, "the nng of this machine has no TLS");
  }
  RETURN_IF_ERROR(Fill(tls->client_, false, certificate, key, authority));
  RETURN_IF_ERROR(Fill(tls->server_, true, certificate, key, authority));
  return tls;
}

NetTls::~NetTls() {
  if (client_ != nullptr) nng_tls_config_free(client_);
  if (server_ != nullptr) nng_tls_config_free(server_);
}

}  // namespace flinkc
