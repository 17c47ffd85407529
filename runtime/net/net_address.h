// host:port of a JobManager or TaskManager.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace flinkc {

struct NetAddress {
  std::string host;  // a name or an address; IPv6 without brackets
  uint16_t port = 0;

  // "127.0.0.1:6123", "[::1]:6123". kInvalidArgument.
  static Result<NetAddress> Parse(std::string_view text);
  std::string Print() const;
  // Only this machine reaches it.
  bool is_loopback() const;
};

}  // namespace flinkc
