// Both sides of a connection between processes of a cluster prove that they belong to it: each has
// a certificate of the cluster's own authority, in the one name of all (kClusterName). So it does
// not matter where a process runs; whoever has such a certificate and its key is a member.
//
// nng 1.5.2 does this with mbed TLS 2.28: TLS 1.2, nothing else.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/result.h"

struct nng_tls_config;

namespace flinkc {

class NetTls {
 public:
  // What every certificate of a cluster is issued for (subjectAltName DNS).
  static constexpr const char* kClusterName = "flinkc-cluster";

  // All in PEM: our certificate, its key without a passphrase, and the authority of all members.
  // kInvalidArgument: they are none; kUnsupported: this nng has no TLS. That certificate and key do
  // not belong together shows only when somebody connects.
  static Result<std::shared_ptr<const NetTls>> Make(const std::string& certificate,
                                                    const std::string& key,
                                                    const std::string& authority);
  ~NetTls();
  NetTls(const NetTls&) = delete;
  NetTls& operator=(const NetTls&) = delete;

  // Of the side that connects, and of the one that listens.
  nng_tls_config* client() const { return client_; }
  nng_tls_config* server() const { return server_; }

 private:
  NetTls() = default;

  // Constant after Make.
  nng_tls_config* client_ = nullptr;
  nng_tls_config* server_ = nullptr;
};

}  // namespace flinkc
