#include "runtime/protocol/endpoint.h"

#include <chrono>
#include <utility>

namespace flinkc {

Endpoint::Endpoint(Transport* transport, std::string address,
                   std::function<void(const protocol::Envelope&)> on_message,
                   std::function<void()> on_timer, int64_t timer_micros)
    : transport_(transport),
      address_(std::move(address)),
      on_message_(std::move(on_message)),
      on_timer_(std::move(on_timer)),
      timer_micros_(timer_micros),
      thread_([this] { Run(); }) {
  transport_->Listen(address_, [this](protocol::Envelope envelope) {
    std::lock_guard lock(mutex_);
    mailbox_.push_back(std::move(envelope));
    changed_.notify_one();
  });
}

std::unique_ptr<Service> Transport::Serve(const std::string& address,
                                          std::function<void(const protocol::Envelope&)> on_message,
                                          std::function<void()> on_timer, int64_t timer_micros) {
  return std::make_unique<Endpoint>(this, address, std::move(on_message), std::move(on_timer),
                                    timer_micros);
}

Endpoint::~Endpoint() {
  transport_->Unlisten(address_);
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void Endpoint::Run() {
  using Clock = std::chrono::steady_clock;
  auto timer = Clock::now() + std::chrono::microseconds(timer_micros_);
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (!mailbox_.empty()) {
      const protocol::Envelope envelope = std::move(mailbox_.front());
      mailbox_.pop_front();
      lock.unlock();
      if (envelope.version() == kProtocolVersion) on_message_(envelope);
      lock.lock();
    }
    if (timer_micros_ > 0 && Clock::now() >= timer) {
      timer = Clock::now() + std::chrono::microseconds(timer_micros_);
      lock.unlock();
      on_timer_();
      lock.lock();
    }
    if (!mailbox_.empty() || stop_) continue;
    if (timer_micros_ > 0) {
      changed_.wait_until(lock, timer);
    } else {
      changed_.wait(lock);
    }
  }
}

}  // namespace flinkc
