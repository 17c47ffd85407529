#include "runtime/net/network_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

// A peer that has not said Hello by then is no peer.
constexpr int64_t kHelloMicrosMax = 5'000'000;
constexpr std::chrono::milliseconds kTick(100);
// Accepted and not yet introduced, at one time.
constexpr size_t kStrangersMax = 256;
// What may wait for a peer that does not read.
constexpr size_t kQueuedBytesMax = size_t{512} << 20;
constexpr int64_t kClockDifferenceMicros = 60'000'000;

std::string ClockText(int64_t theirs, int64_t ours) {
  return fmt::format("{} s {}", std::abs(theirs - ours) / 1'000'000,
                     theirs < ours ? "behind" : "ahead");
}

bool IsHeartbeat(const protocol::Envelope& envelope) {
  return envelope.has_heartbeat() || envelope.has_task_progress_report();
}

}  // namespace

NetworkTransport::NetworkTransport(NetworkTransportOptions options, const Clock* clock,
                                   std::function<void(const std::string&)> log,
                                   std::string incarnation)
    : options_(std::move(options)),
      clock_(clock),
      log_(std::move(log)),
      us_{options_.address, std::move(incarnation), options_.version} {}

Result<std::unique_ptr<NetworkTransport>> NetworkTransport::Start(
    NetworkTransportOptions options, const Clock* clock,
    std::function<void(const std::string&)> log, const RandomBits& random) {
  std::unique_ptr<NetworkTransport> transport(
      new NetworkTransport(std::move(options), clock, std::move(log), RandomHex(random, 16)));
  if (transport->options_.listen) {
    ASSIGN_OR_RETURN(
        transport->server_,
        FrameServer::Listen(*transport->options_.listen, transport->options_.frames,
                            [self = transport.get()](std::shared_ptr<FrameConnection> connection) {
                              self->Accept(std::move(connection));
                            }));
  }
  transport->thread_ = std::thread([self = transport.get()] { self->Run(); });
  return transport;
}

NetworkTransport::~NetworkTransport() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  server_.reset();
  std::map<LinkId, Link> links;
  {
    std::lock_guard lock(mutex_);
    links.swap(links_);
  }
  // Their callbacks may be waiting for mutex_.
  links.clear();
  over_.clear();
}

void NetworkTransport::Listen(const std::string& address, Handler handler) {
  std::vector<std::string> connected;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, peer] : peers_) {
      if (peer.control && peer.heartbeat) connected.push_back(id);
    }
  }
  {
    std::unique_lock lock(handlers_mutex_);
    handlers_[address] = handler;
  }
  // Who comes late hears of it too, perhaps twice.
  for (const std::string& peer : connected) {
    protocol::Envelope envelope;
    envelope.set_version(kProtocolVersion);
    envelope.set_to(address);
    envelope.mutable_peer_changed()->set_address(peer);
    envelope.mutable_peer_changed()->set_connected(true);
    handler(std::move(envelope));
  }
}

void NetworkTransport::Unlisten(const std::string& address) {
  std::unique_lock lock(handlers_mutex_);
  handlers_.erase(address);
}

void NetworkTransport::DeliverLocally(protocol::Envelope envelope) {
  std::shared_lock lock(handlers_mutex_);
  const auto handler = handlers_.find(envelope.to());
  if (handler != handlers_.end()) handler->second(std::move(envelope));
}

void NetworkTransport::TellPeerChanged(const std::string& address, bool connected,
                                       const std::string& reason) {
  protocol::Envelope envelope;
  envelope.set_version(kProtocolVersion);
  protocol::PeerChanged& changed = *envelope.mutable_peer_changed();
  changed.set_address(address);
  changed.set_connected(connected);
  changed.set_reason(reason);
  std::shared_lock lock(handlers_mutex_);
  for (const auto& [to, handler] : handlers_) {
    envelope.set_to(to);
    handler(envelope);
  }
}

void NetworkTransport::Send(protocol::Envelope envelope) {
  envelope.set_version(kProtocolVersion);
  {
    std::shared_lock lock(handlers_mutex_);
    const auto handler = handlers_.find(envelope.to());
    if (handler != handlers_.end()) return handler->second(std::move(envelope));
  }
  std::shared_ptr<FrameConnection> connection;
  {
    std::lock_guard lock(mutex_);
    const auto peer = peers_.find(envelope.to());
    if (peer == peers_.end()) return;
    const std::optional<LinkId> link =
        IsHeartbeat(envelope) ? peer->second.heartbeat : peer->second.control;
    if (!link) return;
    connection = links_.at(*link).connection;
    // Where this is the last reference it must not be let go of under the lock.
  }
  if (connection->queued_bytes() > kQueuedBytesMax) {
    connection->Close({ErrorCode::kUnavailable,
                       fmt::format("{} does not read what is sent to it", envelope.to())});
    return;
  }
  connection->Send(envelope.SerializeAsString());
}

void NetworkTransport::Disconnect(const std::string& address, const std::string& reason) {
  std::shared_ptr<FrameConnection> connection;
  {
    std::lock_guard lock(mutex_);
    const auto peer = peers_.find(address);
    if (peer == peers_.end()) return;
    const std::optional<LinkId> link =
        peer->second.control ? peer->second.control : peer->second.heartbeat;
    connection = links_.at(*link).connection;
  }
  connection->Close({ErrorCode::kUnavailable, reason});
}

NetworkTransport::LinkId NetworkTransport::AddLink(Link link) {
  std::lock_guard lock(mutex_);
  link.since_micros = NowMicros();
  links_.emplace(next_link_, std::move(link));
  return next_link_++;
}

void NetworkTransport::StartLink(LinkId id) {
  std::shared_ptr<FrameConnection> connection;
  {
    std::lock_guard lock(mutex_);
    connection = links_.at(id).connection;
  }
  connection->Start({[this, id](std::string_view frame) { OnFrame(id, frame); },
                     [this, id](const Error& why) { OnClosed(id, why); }});
  std::lock_guard lock(mutex_);
  over_.push_back(std::move(connection));
}

void NetworkTransport::Accept(std::shared_ptr<FrameConnection> connection) {
  {
    std::lock_guard lock(mutex_);
    const auto strangers =
        std::ranges::count_if(links_, [](const auto& link) { return link.second.peer.empty(); });
    if (stop_ || strangers >= static_cast<int64_t>(kStrangersMax)) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      over_.push_back(std::move(connection));
      return;
    }
  }
  Link link;
  link.connection = std::move(connection);
  link.is_accepted = true;
  StartLink(AddLink(std::move(link)));
}

void NetworkTransport::Refuse(LinkId id, const std::string& why) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<FrameConnection> connection;
  {
    std::lock_guard lock(mutex_);
    const auto link = links_.find(id);
    if (link == links_.end()) return;
    connection = link->second.connection;
  }
  connection->Close({ErrorCode::kCorrupt, fmt::format("{}: {}", connection->peer(), why)});
  std::lock_guard lock(mutex_);
  over_.push_back(std::move(connection));
}

void NetworkTransport::OnFrame(LinkId id, std::string_view frame) {
  std::string peer;
  bool is_ready = false, is_accepted = false;
  {
    std::lock_guard lock(mutex_);
    const auto link = links_.find(id);
    if (link == links_.end()) return;
    peer = link->second.peer;
    is_ready = link->second.is_ready;
    is_accepted = link->second.is_accepted;
  }
  if (!is_ready) return is_accepted ? OnHello(id, frame) : OnHelloReply(id, frame);
  protocol::Envelope envelope;
  if (!envelope.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return Refuse(id, "it sent what is no message");
  }
  if (envelope.version() != kProtocolVersion || envelope.from() != peer ||
      envelope.has_peer_changed()) {
    return Refuse(id, fmt::format("it sent a message of version {} from `{}`, not of version {} "
                                  "from `{}`",
                                  envelope.version(), envelope.from(), kProtocolVersion, peer));
  }
  DeliverLocally(std::move(envelope));
}

void NetworkTransport::OnHello(LinkId id, std::string_view frame) {
  protocol::Hello hello;
  if (!hello.ParseFromArray(frame.data(), static_cast<int>(frame.size())) ||
      hello.address().empty() || hello.incarnation().empty()) {
    return Refuse(id, "it sent no Hello");
  }
  const int64_t now = clock_->NowMicros();
  protocol::HelloReply reply = us_.Reply(now);
  std::string refusal;
  std::shared_ptr<FrameConnection> connection;
  bool connected = false;
  {
    std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    Link& link = found->second;
    connection = link.connection;
    const auto known = peers_.find(hello.address());
    if (!us_.IsSameVersion(hello)) {
      refusal = fmt::format(
          "`{}` runs flinkc {}, the {} runs {}: all processes of a cluster must "
          "have the same version",
          hello.address(), hello.version(), options_.address, options_.version);
    } else if (known != peers_.end() && known->second.incarnation != hello.incarnation()) {
      refusal = fmt::format(
          "there is a `{}` already, at {}; give each its own id", hello.address(),
          links_.at(known->second.control ? *known->second.control : *known->second.heartbeat)
              .connection->peer());
    } else if (hello.purpose() != protocol::Hello::CONTROL &&
               hello.purpose() != protocol::Hello::HEARTBEAT) {
      refusal = fmt::format("{} has no data for anybody", options_.address);
    } else {
      Peer& peer = peers_[hello.address()];
      std::optional<LinkId>& slot =
          hello.purpose() == protocol::Hello::HEARTBEAT ? peer.heartbeat : peer.control;
      if (slot.has_value()) {
        refusal = fmt::format("`{}` is connected already", hello.address());
      } else {
        peer.incarnation = hello.incarnation();
        slot = id;
        link.peer = hello.address();
        link.incarnation = hello.incarnation();
        link.is_ready = true;
        connected = peer.control && peer.heartbeat;
      }
    }
  }
  if (!refusal.empty()) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    Log(refusal);
    *reply.mutable_error() = ToProto(Error{ErrorCode::kInvalidArgument, refusal});
  } else if (connected && std::abs(hello.wall_micros() - now) > kClockDifferenceMicros) {
    Log(fmt::format(
        "the clock of `{}` is {}: windows by processing time and checkpoints' times will "
        "show it",
        hello.address(), ClockText(hello.wall_micros(), now)));
  }
  // Before anything else that is sent there.
  connection->Send(reply.SerializeAsString());
  if (connected) TellPeerChanged(hello.address(), true, "");
  std::lock_guard lock(mutex_);
  over_.push_back(std::move(connection));
}

void NetworkTransport::OnHelloReply(LinkId id, std::string_view frame) {
  protocol::HelloReply reply;
  if (!reply.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return Refuse(id, "it sent no answer to Hello");
  }
  std::lock_guard lock(mutex_);
  const auto link = links_.find(id);
  if (link == links_.end()) return;
  if (reply.has_error()) {
    refusal_ = FromProto(reply.error());
  } else {
    link->second.peer = reply.address();
    link->second.incarnation = reply.incarnation();
    link->second.is_ready = true;
  }
  changed_.notify_all();
}

void NetworkTransport::OnClosed(LinkId id, const Error& why) {
  std::string lost;
  std::shared_ptr<FrameConnection> other;
  {
    std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    Link link = std::move(found->second);
    links_.erase(found);
    const auto peer = peers_.find(link.peer);
    if (peer != peers_.end() && (peer->second.control == id || peer->second.heartbeat == id)) {
      const bool was_connected = peer->second.control && peer->second.heartbeat;
      const std::optional<LinkId> rest =
          peer->second.control == id ? peer->second.heartbeat : peer->second.control;
      peers_.erase(peer);
      if (was_connected) lost = link.peer;
      // One without the other is of no use.
      if (rest && links_.contains(*rest)) {
        links_.at(*rest).peer.clear();
        links_.at(*rest).is_ready = false;
        other = links_.at(*rest).connection;
      }
    }
    over_.push_back(std::move(link.connection));
    changed_.notify_all();
  }
  if (other != nullptr) other->Close(why);
  if (!lost.empty()) TellPeerChanged(lost, false, why.message);
  std::lock_guard lock(mutex_);
  if (other != nullptr) over_.push_back(std::move(other));
}

Status NetworkTransport::Connect() {
  std::vector<LinkId> ids;
  {
    std::lock_guard lock(mutex_);
    refusal_.reset();
  }
  for (const auto purpose : {protocol::Hello::CONTROL, protocol::Hello::HEARTBEAT}) {
    Result<std::shared_ptr<FrameConnection>> connection =
        FrameConnection::Dial(*options_.connect, options_.dial_timeout_micros, options_.frames);
    if (!connection) {
      DropLinks(ids);
      return std::unexpected(connection.error());
    }
    Link link;
    link.connection = *connection;
    ids.push_back(AddLink(std::move(link)));
    StartLink(ids.back());
    (*connection)->Send(us_.Hello(purpose, clock_->NowMicros()).SerializeAsString());
  }
  std::unique_lock lock(mutex_);
  const auto link_is = [&](size_t i, auto what) {
    const auto link = links_.find(ids[i]);
    return link != links_.end() && what(link->second);
  };
  const auto is_ready = [&](size_t i) {
    return link_is(i, [](const Link& link) { return link.is_ready; });
  };
  const auto is_there = [&](size_t i) { return link_is(i, [](const Link&) { return true; }); };
  changed_.wait_for(lock, std::chrono::microseconds(kHelloMicrosMax), [&] {
    return stop_ || refusal_ || (is_ready(0) && is_ready(1)) || !is_there(0) || !is_there(1);
  });
  if (is_ready(0) && is_ready(1) &&
      links_.at(ids[0]).incarnation == links_.at(ids[1]).incarnation) {
    const Link& link = links_.at(ids[0]);
    peers_[link.peer] = {link.incarnation, ids[0], ids[1]};
    return {};
  }
  const Error error = refusal_.value_or(Error{
      ErrorCode::kUnavailable, fmt::format("what listens on {} does not answer as a JobManager",
                                           options_.connect->Print())});
  lock.unlock();
  DropLinks(ids);
  return std::unexpected(error);
}

void NetworkTransport::DropLinks(const std::vector<LinkId>& ids) {
  std::lock_guard lock(mutex_);
  for (const LinkId id : ids) {
    const auto link = links_.find(id);
    if (link == links_.end()) continue;
    over_.push_back(std::move(link->second.connection));
    links_.erase(link);
  }
}

void NetworkTransport::Run() {
  int64_t pause = options_.redial_micros_min;
  std::string last_told;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    std::vector<std::shared_ptr<FrameConnection>> over = std::exchange(over_, {});
    const int64_t now = NowMicros();
    std::vector<std::shared_ptr<FrameConnection>> strangers;
    for (const auto& [id, link] : links_) {
      if (!link.is_ready && link.is_accepted && now - link.since_micros > kHelloMicrosMax) {
        strangers.push_back(link.connection);
      }
    }
    const bool connects = options_.connect && peers_.empty();
    lock.unlock();
    for (const auto& stranger : strangers) {
      stranger->Close({ErrorCode::kUnavailable, "no Hello in time"});
    }
    strangers.clear();
    over.clear();
    if (connects) {
      const Status connected = Connect();
      if (connected) {
        pause = options_.redial_micros_min;
        last_told.clear();
        std::string peer;
        {
          std::lock_guard guard(mutex_);
          if (!peers_.empty()) peer = peers_.begin()->first;
        }
        if (!peer.empty()) TellPeerChanged(peer, true, "");
      } else if (last_told != connected.error().message) {
        last_told = connected.error().message;
        Log(fmt::format("{}; trying again", last_told));
      }
      lock.lock();
      if (!connected) {
        changed_.wait_for(lock, std::chrono::microseconds(pause), [this] { return stop_; });
        pause = std::min(2 * pause, options_.redial_micros_max);
      }
      continue;
    }
    lock.lock();
    if (over_.empty()) changed_.wait_for(lock, kTick);
  }
}

}  // namespace flinkc
