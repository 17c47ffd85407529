#include "tests/simulation/network.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/simulation/simulated_exchange.h"

namespace flinkc {

namespace {

enum Event : uint64_t { kConnected = 100, kLost, kFrame, kFrameLost };

constexpr std::string_view kTaskManagers = "taskmanager/";
// Between two attempts to connect.
constexpr int64_t kRetryMicrosMax = 60'000;
constexpr size_t kFramesMax = 16;

std::string AddressOf(const std::string& name) {
  return name == Network::kJobManager ? name : std::string(kTaskManagers) + name;
}

std::string NameOf(std::string_view address) {
  if (address.starts_with(kTaskManagers)) address.remove_prefix(kTaskManagers.size());
  return std::string(address);
}

}  // namespace

Network::Network(EventLoop* loop, Chance* chance, Trace* trace)
    : loop_(*loop), chance_(*chance), trace_(*trace) {
  loop_.SetNetwork(this);
  loop_.Add(this, nullptr);
}

Network::~Network() {
  loop_.Remove(this);
  loop_.SetNetwork(nullptr);
}

Network::Pair Network::PairOf(const std::string& a, const std::string& b) {
  return a < b ? Pair(a, b) : Pair(b, a);
}

const std::string& Network::OtherOf(const Pair& pair, const std::string& name) {
  return pair.first == name ? pair.second : pair.first;
}

bool Network::IsUp(const Connection& connection, const std::string& name) {
  const auto side = connection.is_up.find(name);
  return side != connection.is_up.end() && side->second;
}

bool Network::IsCut(const std::string& a, const std::string& b) const {
  return cuts_.contains(PairOf(a, b));
}

void Network::Add(const LoopProcess* process) {
  const std::string& name = process->name();
  processes_[name] = process;
  for (const auto& [other, known] : processes_) {
    if (other == name || (name != kJobManager && other != kJobManager)) continue;
    RetryLater(control_[PairOf(name, other)]);
  }
}

void Network::Add(const std::string& id, SimulatedExchange* exchange) { exchanges_[id] = exchange; }
void Network::Remove(const std::string& id) { exchanges_.erase(id); }

// Its system closes what it had open: the others hear of it unless they are cut off. What it had
// sent may still get there.
void Network::OnKilled(const LoopProcess* process) {
  const std::string name = process->name();
  processes_.erase(name);
  for (auto& [pair, connection] : control_) {
    if (pair.first != name && pair.second != name) continue;
    const std::string& other = OtherOf(pair, name);
    connection.is_up[name] = false;
    loop_.DropMessages(other, name, true);
    loop_.DropMessages(name, other, chance_.Happens(0.5));
    CloseOther(pair, name, true);
    RetryLater(connection);
  }
  for (auto& [pair, connection] : data_) {
    if (pair.first != name && pair.second != name) continue;
    connection.is_up[name] = false;
    connection.data[name].clear();
    CloseOther(pair, name, false);
  }
}

void Network::CloseOther(const Pair& pair, const std::string& name, bool control) {
  const std::string& other = OtherOf(pair, name);
  const Connection& connection = control ? control_[pair] : data_[pair];
  if (!IsUp(connection, other) || cuts_.contains(pair)) return;
  const std::string reason = "the connection was reset";
  control ? LoseControl(pair, other, reason) : LoseData(pair, other, reason);
}

void Network::LoseControl(const Pair& pair, const std::string& name, const std::string& reason) {
  const std::string& other = OtherOf(pair, name);
  trace_.Mix(kLost, 1);
  trace_.Note("{} loses {}: {}", name, other, reason);
  control_[pair].is_up[name] = false;
  loop_.DropMessages(other, name, false);
  loop_.TellPeerChanged(other, name, AddressOf(other), false, reason);
  RetryLater(control_[pair]);
}

void Network::LoseData(const Pair& pair, const std::string& name, const std::string& reason) {
  Connection& connection = data_[pair];
  trace_.Mix(kLost, 2);
  trace_.Note("{} loses data with {}: {}", name, OtherOf(pair, name), reason);
  connection.is_up[name] = false;
  connection.data[name].clear();
  if (const auto exchange = exchanges_.find(name); exchange != exchanges_.end()) {
    exchange->second->OnLost(OtherOf(pair, name), reason);
  }
}

void Network::Disconnect(const std::string& process, const std::string& address,
                         const std::string& reason) {
  const std::string other = NameOf(address);
  const Pair pair = PairOf(process, other);
  const auto found = control_.find(pair);
  if (found == control_.end() || !IsUp(found->second, process)) return;
  // What has come and was not read is lost with it.
  loop_.DropMessages(other, process, true);
  LoseControl(pair, process, reason);
  CloseOther(pair, process, true);
}

void Network::Cut(const std::string& a, const std::string& b) { cuts_.insert(PairOf(a, b)); }

// Whoever still believes in a connection that the other side has given up learns of it.
void Network::Mend(const std::string& a, const std::string& b) {
  const Pair pair = PairOf(a, b);
  if (cuts_.erase(pair) == 0) return;
  for (const bool control : {true, false}) {
    const Connection& connection = control ? control_[pair] : data_[pair];
    for (const std::string& name : {pair.first, pair.second}) {
      if (!IsUp(connection, name)) CloseOther(pair, name, control);
    }
  }
}

void Network::MendAll() {
  while (!cuts_.empty()) {
    const Pair pair = *cuts_.begin();
    Mend(pair.first, pair.second);
  }
}

void Network::Break(const std::string& a, const std::string& b) {
  const Pair pair = PairOf(a, b);
  if (cuts_.contains(pair)) return;
  const std::string reason = "the connection was reset";
  for (const std::string& name : {a, b}) {
    if (IsUp(control_[pair], name)) {
      loop_.DropMessages(OtherOf(pair, name), name, true);
      LoseControl(pair, name, reason);
    }
    if (IsUp(data_[pair], name)) LoseData(pair, name, reason);
  }
}

bool Network::IsConnected(const std::string& from, const std::string& to) {
  const auto connection = control_.find(PairOf(from, to));
  return connection != control_.end() && IsUp(connection->second, from);
}

bool Network::Delivers(const std::string& from, const std::string& to) { return !IsCut(from, to); }

void Network::RetryLater(Connection& connection) {
  connection.connect_at_micros = loop_.now_micros() + 1 + chance_.Below(kRetryMicrosMax);
}

void Network::WantData(const std::string& id, const std::string& peer) {
  Connection& connection = data_[PairOf(id, peer)];
  // Of two the one with the smaller id connects.
  if (id < peer && !IsUp(connection, id)) {
    connection.connect_at_micros = loop_.now_micros() + chance_.Below(kRetryMicrosMax);
  }
}

bool Network::HasDataRoom(const std::string& from, const std::string& to) const {
  const auto connection = data_.find(PairOf(from, to));
  if (connection == data_.end() || !IsUp(connection->second, from)) return false;
  const auto frames = connection->second.data.find(to);
  return frames == connection->second.data.end() || frames->second.size() < kFramesMax;
}

void Network::SendData(const std::string& from, const std::string& to, std::string frame) {
  Connection& connection = data_[PairOf(from, to)];
  if (!IsUp(connection, from)) return trace_.Mix(kFrameLost, frame.size());
  if (!IsUp(connection, to)) return;  // into a cut, behind which nobody is any more
  std::deque<Frame>& frames = connection.data[to];
  int64_t due = loop_.now_micros() + chance_.Below(loop_.options().delay_micros_max + 1);
  if (!frames.empty()) due = std::max(due, frames.back().due_micros);
  frames.push_back({due, std::move(frame)});
  if (chance_.Happens(frame_faults_)) Harm(frames);
}

// The last one that was sent.
void Network::Harm(std::deque<Frame>& frames) {
  Frame& last = frames.back();
  switch (chance_.Below(4)) {
    case 0:
      frames.pop_back();
      return;
    case 1:
      frames.push_back(last);
      return;
    case 2:
      if (frames.size() > 1) std::swap(last.bytes, frames[frames.size() - 2].bytes);
      return;
    default: {
      const auto at = static_cast<size_t>(chance_.Below(static_cast<int64_t>(last.bytes.size())));
      last.bytes[at] = static_cast<char>(last.bytes[at] ^ (1 << chance_.Below(8)));
    }
  }
}

void Network::CloseData(const std::string& id, const std::string& peer) {
  const Pair pair = PairOf(id, peer);
  if (!IsUp(data_[pair], id)) return;
  LoseData(pair, id, "what came was damaged");
  CloseOther(pair, id, false);
}

void Network::ConnectControl(const Pair& pair, Connection& connection) {
  connection.connect_at_micros = INT64_MAX;
  if (!IsAlive(pair.first) || !IsAlive(pair.second)) return;  // until it comes again
  if (IsUp(connection, pair.first) && IsUp(connection, pair.second)) return;
  // One side may have to learn first that the former connection is gone.
  if (cuts_.contains(pair) || IsUp(connection, pair.first) || IsUp(connection, pair.second) ||
      !processes_[pair.first]->is_running() || !processes_[pair.second]->is_running()) {
    return RetryLater(connection);
  }
  trace_.Mix(kConnected, 1);
  trace_.Note("{} and {} are connected", pair.first, pair.second);
  connection.is_up[pair.first] = connection.is_up[pair.second] = true;
  loop_.TellPeerChanged(pair.first, pair.second, AddressOf(pair.first), true, "");
  loop_.TellPeerChanged(pair.second, pair.first, AddressOf(pair.second), true, "");
}

void Network::ConnectData(const Pair& pair, Connection& connection) {
  connection.connect_at_micros = INT64_MAX;
  const auto first = exchanges_.find(pair.first), second = exchanges_.find(pair.second);
  if (IsUp(connection, pair.first)) return;
  if (first == exchanges_.end()) return;
  if (second == exchanges_.end() || cuts_.contains(pair) ||
      !processes_[pair.second]->is_running()) {
    return RetryLater(connection);
  }
  // The other side has not heard yet that the former one is gone.
  if (IsUp(connection, pair.second)) LoseData(pair, pair.second, "it has connected anew");
  trace_.Mix(kConnected, 2);
  trace_.Note("{} and {} have data", pair.first, pair.second);
  connection.is_up[pair.first] = connection.is_up[pair.second] = true;
  connection.data.clear();
  first->second->OnConnected(pair.second);
  second->second->OnConnected(pair.first);
}

int64_t Network::NextMicros() {
  int64_t next = INT64_MAX;
  for (const auto& [pair, connection] : control_) {
    next = std::min(next, connection.connect_at_micros);
  }
  for (const auto& [pair, connection] : data_) {
    next = std::min(next, connection.connect_at_micros);
    if (cuts_.contains(pair)) continue;
    for (const auto& [to, frames] : connection.data) {
      if (!frames.empty() && IsAlive(to) && processes_.at(to)->is_running()) {
        next = std::min(next, frames.front().due_micros);
      }
    }
  }
  return next;
}

void Network::Run() {
  const int64_t now = loop_.now_micros();
  for (auto& [pair, connection] : control_) {
    if (connection.connect_at_micros <= now) return ConnectControl(pair, connection);
  }
  struct Arrival {
    Pair pair;
    std::string to;
  };
  std::vector<Arrival> arrivals;
  for (auto& [pair, connection] : data_) {
    if (connection.connect_at_micros <= now) return ConnectData(pair, connection);
    if (cuts_.contains(pair)) continue;
    for (const auto& [to, frames] : connection.data) {
      if (!frames.empty() && frames.front().due_micros <= now && IsAlive(to) &&
          processes_.at(to)->is_running()) {
        arrivals.push_back({pair, to});
      }
    }
  }
  if (arrivals.empty()) return;
  const Arrival arrival =
      arrivals[static_cast<size_t>(chance_.Below(static_cast<int64_t>(arrivals.size())))];
  std::deque<Frame>& frames = data_[arrival.pair].data[arrival.to];
  std::string bytes = std::move(frames.front().bytes);
  frames.pop_front();
  trace_.Mix(kFrame, bytes.size());
  loop_.CountActivity();
  const auto exchange = exchanges_.find(arrival.to);
  if (exchange != exchanges_.end()) {
    exchange->second->OnFrame(OtherOf(arrival.pair, arrival.to), std::move(bytes));
  }
}

}  // namespace flinkc
