// The Transport of one process: hands the message to the receiver's mailbox.
#pragma once

#include <map>
#include <shared_mutex>

#include "runtime/protocol/transport.h"

namespace flinkc {

class InProcessTransport final : public Transport {
 public:
  void Listen(const std::string& address, Handler handler) override;
  void Unlisten(const std::string& address) override;
  void Send(protocol::Envelope envelope) override;

 private:
  // Guards handlers_; held shared while a handler runs.
  std::shared_mutex mutex_;
  std::map<std::string, Handler> handlers_;
};

}  // namespace flinkc
