// The exchange of a TaskManager in the simulation: the product's RemoteExchange for each peer, over
// the simulated network (NetworkExchange is the same over sockets).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/exchange/data_exchange.h"
#include "runtime/exchange/frame_buffers.h"
#include "runtime/exchange/remote_exchange.h"
#include "tests/simulation/event_loop.h"
#include "tests/simulation/network.h"

namespace flinkc {

class SimulatedExchange final : public DataExchange, private LoopActor {
 public:
  // All must outlive it.
  SimulatedExchange(const LoopProcess* process, EventLoop* loop, Network* network);
  ~SimulatedExchange() override;

  std::shared_ptr<Parking> parking() override { return parking_; }
  void Add(const std::string& region, uint32_t attempt, std::vector<PeerChannels> peers,
           std::function<void(const Error&)> on_failure) override;
  void Remove(const std::string& region, uint32_t attempt) override;

  // From the network.
  void OnConnected(const std::string& peer);
  void OnLost(const std::string& peer, const std::string& reason);
  void OnFrame(const std::string& peer, std::string frame);

 private:
  struct Peer;
  struct Attempt {
    uint32_t number = 0;
    std::function<void(const Error&)> on_failure;
  };

  Peer& PeerOf(const std::string& id);

  // LoopActor
  int64_t NextMicros() override;
  void Run() override;

  const std::string id_;
  EventLoop& loop_;
  Network& network_;
  const std::shared_ptr<Parking> parking_ = std::make_shared<Parking>();
  FrameBuffers buffers_{nullptr};
  std::map<std::string, std::unique_ptr<Peer>> peers_;
  std::map<std::string, Attempt> attempts_;  // by region
  uint64_t idle_since_ = 0;                  // the loop's activity when a poll moved nothing
  int64_t poll_at_micros_ = INT64_MAX;
};

}  // namespace flinkc
