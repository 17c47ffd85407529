// The options by which processes of a cluster, and those who call its REST server, prove who they
// are.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/net/net_address.h"
#include "runtime/net/net_tls.h"
#include "runtime/rest/http_server.h"

namespace flinkc {

// Between the processes of a cluster.
struct ClusterTlsFlags {
  std::string certificate_file;
  std::string key_file;
  std::string authority_file;
  bool insecure = false;

  void AddTo(CLI::App& command);
  // nullptr: plain text. kInvalidArgument: only some of them were given, or they cannot be used.
  Result<std::shared_ptr<const NetTls>> Load() const;
  // kInvalidArgument: others than this machine reach `address`, and may be anybody.
  Status CheckReach(const NetAddress& address) const;
};

// Of the REST server.
struct RestServerFlags {
  std::string token_file;
  std::string operator_token_file;
  std::string viewer_token_file;
  std::string certificate_file;
  std::string key_file;

  void AddTo(CLI::App& command);
  // Adds tokens and TLS to `options`.
  Status Load(HttpServerOptions* options) const;
};

}  // namespace flinkc
