// The shell's thread around a component: takes its messages one by one, and calls it at an
// interval. The component itself is single-threaded and starts no thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "runtime/protocol/transport.h"

namespace flinkc {

class Endpoint final : public Service {
 public:
  // Runs `on_message` for each message to `address`, and `on_timer` every `timer_micros` (0:
  // never), both on the endpoint's own thread.
  Endpoint(Transport* transport, std::string address,
           std::function<void(const protocol::Envelope&)> on_message,
           std::function<void()> on_timer = nullptr, int64_t timer_micros = 0);
  // Leaves the transport, drops what is in the mailbox and joins.
  ~Endpoint() override;
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  const std::string& address() const { return address_; }

 private:
  void Run();

  // Constant after construction.
  Transport* const transport_;
  const std::string address_;
  const std::function<void(const protocol::Envelope&)> on_message_;
  const std::function<void()> on_timer_;
  const int64_t timer_micros_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<protocol::Envelope> mailbox_;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace flinkc
