#include "runtime/protocol/in_process_transport.h"

#include <mutex>
#include <utility>

namespace flinkc {

void InProcessTransport::Listen(const std::string& address, Handler handler) {
  std::unique_lock lock(mutex_);
  handlers_[address] = std::move(handler);
}

void InProcessTransport::Unlisten(const std::string& address) {
  std::unique_lock lock(mutex_);
  handlers_.erase(address);
}

void InProcessTransport::Send(protocol::Envelope envelope) {
  envelope.set_version(kProtocolVersion);
  std::shared_lock lock(mutex_);
  const auto handler = handlers_.find(envelope.to());
  if (handler != handlers_.end()) handler->second(std::move(envelope));
}

}  // namespace flinkc
