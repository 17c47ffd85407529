#include "tests/simulation/simulated_exchange.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace flinkc {

namespace {

// Less than the checkpoints' timeouts and the heartbeats'.
constexpr int64_t kConnectMicrosMax = 300'000;
constexpr int64_t kHeldBackMicros = 1'000;

}  // namespace

struct SimulatedExchange::Peer final : FrameSink {
  Peer(std::string from_id, std::string to_id, Network* between)
      : from(std::move(from_id)), to(std::move(to_id)), network(*between) {}

  bool HasRoom() override { return network.HasDataRoom(from, to); }
  void Send(std::string frame) override { network.SendData(from, to, std::move(frame)); }

  const std::string from;
  const std::string to;
  Network& network;
  std::unique_ptr<RemoteExchange> channels;
  bool is_connected = false;
  // Since when a connection is wanted; nothing: it is there, or nobody needs it.
  std::optional<int64_t> wanted_since_micros;
};

SimulatedExchange::SimulatedExchange(const LoopProcess* process, EventLoop* loop, Network* network)
    : id_(process->name()), loop_(*loop), network_(*network) {
  loop_.Add(this, process);
  network_.Add(id_, this);
}

SimulatedExchange::~SimulatedExchange() {
  network_.Remove(id_);
  loop_.Remove(this);
}

SimulatedExchange::Peer& SimulatedExchange::PeerOf(const std::string& id) {
  std::unique_ptr<Peer>& peer = peers_[id];
  if (peer != nullptr) return *peer;
  peer = std::make_unique<Peer>(id_, id, &network_);
  peer->channels = std::make_unique<RemoteExchange>(
      peer.get(), &buffers_, [this](const ChannelFailure& failure) {
        const auto attempt = attempts_.find(failure.region);
        if (attempt == attempts_.end() || attempt->second.number != failure.address.attempt) return;
        attempt->second.on_failure(failure.error);
      });
  return *peer;
}

void SimulatedExchange::Add(const std::string& region, uint32_t attempt,
                            std::vector<PeerChannels> peers,
                            std::function<void(const Error&)> on_failure) {
  Remove(region, attempt - 1);
  attempts_[region] = {attempt, on_failure};
  for (PeerChannels& channels : peers) {
    Peer& peer = PeerOf(channels.peer);
    const Status added =
        peer.channels->Add(std::move(channels.senders), std::move(channels.receivers));
    if (!added) {
      on_failure(added.error());
      continue;
    }
    if (peer.is_connected || peer.wanted_since_micros) continue;
    peer.wanted_since_micros = loop_.now_micros();
    network_.WantData(id_, channels.peer);
  }
}

void SimulatedExchange::Remove(const std::string& region, uint32_t attempt) {
  for (const auto& [id, peer] : peers_) peer->channels->RemoveAttempts(region, attempt);
  const auto known = attempts_.find(region);
  if (known != attempts_.end() && known->second.number <= attempt) attempts_.erase(known);
}

void SimulatedExchange::OnConnected(const std::string& id) {
  Peer& peer = PeerOf(id);
  peer.is_connected = true;
  peer.wanted_since_micros.reset();
  peer.channels->OnConnected();
  loop_.CountActivity();
}

void SimulatedExchange::OnLost(const std::string& id, const std::string& reason) {
  Peer& peer = PeerOf(id);
  peer.is_connected = false;
  peer.wanted_since_micros.reset();
  peer.channels->Fail({ErrorCode::kUnavailable, reason});
  loop_.CountActivity();
}

void SimulatedExchange::OnFrame(const std::string& id, std::string frame) {
  if (!PeerOf(id).channels->OnFrame(std::move(frame))) network_.CloseData(id_, id);
}

int64_t SimulatedExchange::NextMicros() {
  if (idle_since_ < loop_.activity()) return loop_.now_micros();
  int64_t next = poll_at_micros_;
  for (const auto& [id, peer] : peers_) {
    if (peer->wanted_since_micros) {
      next = std::min(next, *peer->wanted_since_micros + kConnectMicrosMax);
    }
  }
  return next;
}

void SimulatedExchange::Run() {
  const int64_t now = loop_.now_micros();
  for (const auto& [id, peer] : peers_) {
    if (!peer->wanted_since_micros || now - *peer->wanted_since_micros < kConnectMicrosMax) {
      continue;
    }
    peer->wanted_since_micros.reset();
    peer->channels->Fail({ErrorCode::kUnavailable, "no connection to " + id});
  }
  const uint64_t before = loop_.activity();
  bool moved = false, is_held_back = false;
  for (const auto& [id, peer] : peers_) {
    moved |= peer->channels->Poll();
    is_held_back |= peer->channels->is_held_back();
  }
  poll_at_micros_ = is_held_back ? now + kHeldBackMicros : INT64_MAX;
  if (moved) {
    loop_.CountActivity();
  } else {
    idle_since_ = before;
  }
}

}  // namespace flinkc
