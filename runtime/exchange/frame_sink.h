// Where the frames of an exchange go: the connection to the peer, or a test.
#pragma once

#include <string>

namespace flinkc {

// The exchange's thread only.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // Whether batches may be sent at present. Small frames are sent without asking; their number is
  // bounded by the credits. What gives room again polls the exchange.
  virtual bool HasRoom() = 0;
  // Frames arrive whole and in this order, or the connection is lost.
  virtual void Send(std::string frame) = 0;
};

}  // namespace flinkc
