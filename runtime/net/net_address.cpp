#include "runtime/net/net_address.h"

#include <fmt/format.h>

#include <charconv>

namespace flinkc {

Result<NetAddress> NetAddress::Parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("`{}` is no address: {}, as in 127.0.0.1:6123", text, why));
  };
  NetAddress address;
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find("]:");
    if (end == std::string_view::npos) return refuse("it must be [host]:port");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 2);
  } else {
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return refuse("it must be host:port");
    address.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (address.host.find(':') != std::string::npos) return refuse("IPv6 stands in brackets");
  }
  if (address.host.empty()) return refuse("it has no host");
  // It becomes a part of a URL.
  if (address.host.find_first_of("/?#@ \t\n%") != std::string::npos) {
    return refuse("its host is neither a name nor an address");
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return refuse("its port is no number up to 65535");
  }
  return address;
}

std::string NetAddress::Print() const {
  if (host.find(':') != std::string::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

bool NetAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace flinkc
