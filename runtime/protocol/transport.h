// How messages get from one component to another. Within a process: InProcessTransport. A message
// is delivered at most once, in order between two addresses; one to an address that is not there is
// dropped, as on a network.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/protocol/messages.pb.h"

namespace flinkc {

constexpr uint32_t kProtocolVersion = 1;

// What answers at an address, until it goes.
class Service {
 public:
  virtual ~Service() = default;
};

// Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;

  using Handler = std::function<void(protocol::Envelope)>;
  // `handler` gets every message to `address`, on a thread of the sender's: it must only put it
  // into a mailbox (see Endpoint).
  virtual void Listen(const std::string& address, Handler handler) = 0;
  // After this has returned, the handler is not called any more.
  virtual void Unlisten(const std::string& address) = 0;
  // To envelope.to.
  virtual void Send(protocol::Envelope envelope) = 0;
  // Between processes: closes the connections to the one with this address; it may connect again.
  virtual void Disconnect(const std::string& /*address*/, const std::string& /*reason*/) {}

  // Calls `on_message` for each message to `address`, and `on_timer` every `timer_micros` (0:
  // never), one call at a time: an Endpoint with a thread of its own. A simulation calls from its
  // loop instead.
  virtual std::unique_ptr<Service> Serve(const std::string& address,
                                         std::function<void(const protocol::Envelope&)> on_message,
                                         std::function<void()> on_timer = nullptr,
                                         int64_t timer_micros = 0);
};

}  // namespace flinkc
