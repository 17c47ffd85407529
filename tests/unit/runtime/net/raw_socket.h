// A peer that is no flinkc: bytes as a test wishes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xxhash.h>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/net/net_address.h"

namespace flinkc {

// A frame as it goes over the wire; between TaskManagers without a checksum.
inline std::string FrameOf(std::string_view payload, bool has_checksum = true) {
  const auto bytes = static_cast<uint32_t>(payload.size());
  const auto checksum =
      has_checksum ? static_cast<uint32_t>(XXH3_64bits(payload.data(), payload.size())) : 0;
  std::string frame(8, '\0');
  std::memcpy(frame.data(), &bytes, 4);
  std::memcpy(frame.data() + 4, &checksum, 4);
  return frame += payload;
}

class RawSocket {
 public:
  explicit RawSocket(const NetAddress& address)
      : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
    connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawSocket() { ::close(descriptor_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool is_connected() const { return connected_; }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // The connection is reset, not ended, when it is closed.
  void ResetOnClose() {
    const linger now{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }
  // Its payload; nothing: the other side has closed.
  std::optional<std::string> ReceiveFrame() {
    std::string header(8, '\0');
    if (!Fill(header)) return std::nullopt;
    uint32_t bytes = 0;
    std::memcpy(&bytes, header.data(), 4);
    std::string payload(bytes, '\0');
    if (!Fill(payload)) return std::nullopt;
    return payload;
  }
  // Until the other side closes.
  std::string ReceiveAll() {
    std::string bytes;
    char part[4096];
    while (true) {
      const ssize_t got = ::recv(descriptor_, part, sizeof(part), 0);
      if (got <= 0) return bytes;
      bytes.append(part, static_cast<size_t>(got));
    }
  }

 private:
  bool Fill(std::string& bytes) {
    return bytes.empty() || ::recv(descriptor_, bytes.data(), bytes.size(), MSG_WAITALL) ==
                                static_cast<ssize_t>(bytes.size());
  }

  int descriptor_ = -1;
  bool connected_ = false;
};

}  // namespace flinkc
