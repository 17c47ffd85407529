// Two exchanges and the wires between them, in one thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "runtime/exchange/remote_exchange.h"

namespace flinkc {

// Frames under way.
class QueuedWire : public FrameSink {
 public:
  bool HasRoom() override { return frames.size() < frames_max; }
  void Send(std::string frame) override { frames.push_back(std::move(frame)); }

  std::deque<std::string> frames;
  size_t frames_max = SIZE_MAX;
};

struct ExchangeEnd {
  QueuedWire out;
  std::vector<ChannelFailure> failures;
  FrameBuffers buffers{nullptr};
  RemoteExchange exchange{&out, &buffers,
                          [this](const ChannelFailure& failure) { failures.push_back(failure); }};
};

struct ExchangePair {
  ExchangeEnd left;
  ExchangeEnd right;

  // Takes the first frame under way to the exchange at its end.
  static Status Deliver(ExchangeEnd& from, ExchangeEnd& to) {
    std::string frame = std::move(from.out.frames.front());
    from.out.frames.pop_front();
    return to.exchange.OnFrame(std::move(frame));
  }
  // Until nothing moves.
  void Run() {
    bool moved = true;
    while (moved) {
      moved = left.exchange.Poll();
      moved |= right.exchange.Poll();
      for (; !left.out.frames.empty(); moved = true) static_cast<void>(Deliver(left, right));
      for (; !right.out.frames.empty(); moved = true) static_cast<void>(Deliver(right, left));
    }
  }
};

}  // namespace flinkc
