#include "runtime/net/network_exchange.h"

#include <fmt/format.h>

#include <chrono>
#include <future>
#include <utility>

#include "runtime/protocol/messages.pb.h"
#include "runtime/protocol/transport.h"

namespace flinkc {

namespace {

// What may wait in a connection before batches wait in their channels.
constexpr size_t kQueuedBytesMax = size_t{4} << 20;
// Polled so often while something waits for credit.
constexpr int64_t kHeldBackMicros = 2'000;
constexpr int64_t kIdleMicros = 100'000;
// What is a matter of time is looked at so often.
constexpr int64_t kCheckMicros = 50'000;
constexpr int64_t kHelloMicrosMax = 5'000'000;
constexpr std::chrono::milliseconds kRedial(100);

}  // namespace

struct NetworkExchange::Peer final : FrameSink {
  explicit Peer(std::string peer_id) : id(std::move(peer_id)) {}

  bool HasRoom() override {
    return connection != nullptr && connection->queued_bytes() < kQueuedBytesMax;
  }
  // What is said before there is a connection is said again when there is.
  void Send(std::string frame) override {
    if (connection != nullptr) connection->Send(std::move(frame));
  }

  const std::string id;
  std::shared_ptr<FrameConnection> connection;
  std::unique_ptr<RemoteExchange> channels;
  // Since when it is wanted; nothing: it is there, or nobody needs it.
  std::optional<int64_t> wanted_since_micros;
  // While there is a connection: how much has come over it, when the last of that was seen, and
  // when the peer was last told that we are here.
  uint64_t received_bytes = 0;
  int64_t heard_micros = 0;
  int64_t told_micros = 0;
};

NetworkExchange::NetworkExchange(NetworkExchangeOptions options, const Clock* clock,
                                 MemoryPool* memory, std::string incarnation)
    : options_(std::move(options)),
      clock_(clock),
      us_{options_.id, std::move(incarnation), options_.version},
      buffers_(memory) {}

Result<std::unique_ptr<NetworkExchange>> NetworkExchange::Start(NetworkExchangeOptions options,
                                                                const Clock* clock,
                                                                MemoryPool* memory,
                                                                const RandomBits& random) {
  std::unique_ptr<NetworkExchange> exchange(
      new NetworkExchange(std::move(options), clock, memory, RandomHex(random, 16)));
  NetworkExchange* const self = exchange.get();
  ASSIGN_OR_RETURN(exchange->server_,
                   FrameServer::Listen(self->options_.listen, self->options_.frames,
                                       [self](std::shared_ptr<FrameConnection> connection) {
                                         self->AddLink(std::move(connection), "");
                                       }));
  exchange->thread_ = std::thread([self] { self->Run(); });
  exchange->dialer_ = std::thread([self] { self->Dial(); });
  return exchange;
}

NetworkExchange::~NetworkExchange() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  parking_->Wake();
  if (dialer_.joinable()) dialer_.join();
  if (thread_.joinable()) thread_.join();
  server_.reset();
  std::map<LinkId, Link> links;
  {
    std::lock_guard lock(mutex_);
    links.swap(links_);
  }
  // Their callbacks may be waiting for mutex_.
  links.clear();
  peers_.clear();
  while (true) {
    std::vector<Task> tasks;
    {
      std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    if (tasks.empty()) break;
  }
}

void NetworkExchange::AddLink(std::shared_ptr<FrameConnection> connection, std::string peer) {
  LinkId id = 0;
  std::string hello_bytes;
  if (!peer.empty()) {
    hello_bytes = us_.Hello(protocol::Hello::DATA, clock_->NowMicros()).SerializeAsString();
  }
  {
    std::lock_guard lock(mutex_);
    id = next_link_++;
    links_[id] = {connection, std::move(peer), hello_bytes.empty(), NowMicros()};
  }
  connection->Start({[this, id](std::string_view frame) {
                       std::string bytes = buffers_.Take();
                       bytes.assign(frame);
                       {
                         std::lock_guard lock(mutex_);
                         frames_.push_back({id, std::move(bytes)});
                       }
                       parking_->Wake();
                     },
                     [this, id](const Error& why) { Post([this, id, why] { OnLost(id, why); }); },
                     [this] { parking_->Wake(); },
                     [this](std::string payload) { buffers_.Give(std::move(payload)); }});
  if (!hello_bytes.empty()) connection->Send(std::move(hello_bytes));
  // The last reference is not to be let go of here, on a thread that may be nng's.
  Post([connection = std::move(connection)] {});
}

void NetworkExchange::Post(Task task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  parking_->Wake();
}

void NetworkExchange::Add(const std::string& region, uint32_t attempt,
                          std::vector<PeerChannels> peers,
                          std::function<void(const Error&)> on_failure) {
  auto given = std::make_shared<std::vector<PeerChannels>>(std::move(peers));
  Post([this, region, attempt, given, on_failure = std::move(on_failure)] {
    AddNow(region, attempt, std::move(*given), on_failure);
  });
}

void NetworkExchange::Remove(const std::string& region, uint32_t attempt) {
  std::promise<void> done;
  Post([&] {
    RemoveNow(region, attempt);
    done.set_value();
  });
  done.get_future().wait();
}

void NetworkExchange::WatchPeers(int64_t interval_micros, int64_t timeout_micros) {
  Post([this, interval_micros, timeout_micros] {
    heartbeat_interval_micros_ = interval_micros;
    heartbeat_timeout_micros_ = timeout_micros;
    const int64_t now = NowMicros();
    for (const auto& [id, peer] : peers_) peer->heard_micros = now;
  });
}

void NetworkExchange::Run() {
  while (true) {
    bool moved = TakeWhatCame();
    moved |= PollPeers();
    CheckTimes();
    if (moved) continue;
    parking_->PrepareToSleep();
    bool stop = false, more = false;
    {
      std::lock_guard lock(mutex_);
      stop = stop_;
      more = !tasks_.empty() || !frames_.empty();
    }
    if (stop) {
      parking_->CancelSleep();
      break;
    }
    if (more || PollPeers()) {
      parking_->CancelSleep();
      continue;
    }
    bool held_back = false;
    for (const auto& [id, peer] : peers_) held_back |= peer->channels->is_held_back();
    parking_->Sleep(held_back ? kHeldBackMicros : kIdleMicros);
  }
  // Whoever waits for a Remove.
  TakeWhatCame();
}

bool NetworkExchange::TakeWhatCame() {
  std::vector<Frame> frames;
  std::vector<Task> tasks;
  {
    std::lock_guard lock(mutex_);
    frames.swap(frames_);
    tasks.swap(tasks_);
  }
  for (Frame& frame : frames) OnFrame(frame.link, std::move(frame.bytes));
  for (const Task& task : tasks) task();
  return !frames.empty() || !tasks.empty();
}

bool NetworkExchange::PollPeers() {
  bool moved = false;
  for (const auto& [id, peer] : peers_) moved |= peer->channels->Poll();
  return moved;
}

void NetworkExchange::CheckTimes() {
  const int64_t now = NowMicros();
  if (now - checked_micros_ < kCheckMicros) return;
  const int64_t away = now - std::exchange(checked_micros_, now);
  if (heartbeat_timeout_micros_ > 0) WatchNow(now, away);
  for (const auto& [id, peer] : peers_) {
    if (!peer->wanted_since_micros ||
        now - *peer->wanted_since_micros < options_.connect_micros_max) {
      continue;
    }
    peer->wanted_since_micros.reset();
    peer->channels->Fail(
        {ErrorCode::kUnavailable, fmt::format("no connection to the TaskManager `{}` in {} s", id,
                                              options_.connect_micros_max / 1'000'000)});
  }
  std::vector<LinkId> silent;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, link] : links_) {
      if (link.peer.empty() && now - link.since_micros > kHelloMicrosMax) silent.push_back(id);
    }
  }
  for (const LinkId id : silent) Close(id, {ErrorCode::kUnavailable, "no Hello in time"});
}

// Any byte counts: a large frame may take long on a slow network.
void NetworkExchange::WatchNow(int64_t now, int64_t away) {
  for (const auto& [id, peer] : peers_) {
    if (peer->connection == nullptr) continue;
    if (const uint64_t received = peer->connection->received_bytes();
        std::exchange(peer->received_bytes, received) != received) {
      peer->heard_micros = now;
    }
    // While we stood still nobody was heard.
    if (away > heartbeat_interval_micros_) peer->heard_micros += away;
    if (now - peer->told_micros >= heartbeat_interval_micros_) {
      peer->told_micros = now;
      peer->connection->Send("");
    }
    if (now - peer->heard_micros <= heartbeat_timeout_micros_) continue;
    peer->heard_micros = now;
    peer->connection->Close({ErrorCode::kUnavailable,
                             fmt::format("nothing has come from it for {} ms (heartbeat.timeout)",
                                         heartbeat_timeout_micros_ / 1000)});
  }
}

NetworkExchange::Peer& NetworkExchange::PeerOf(const std::string& id) {
  std::unique_ptr<Peer>& peer = peers_[id];
  if (peer == nullptr) {
    peer = std::make_unique<Peer>(id);
    peer->channels = std::make_unique<RemoteExchange>(
        peer.get(), &buffers_, [this, id](const ChannelFailure& failure) {
          const auto attempt = attempts_.find(failure.region);
          if (attempt == attempts_.end() || attempt->second.number != failure.address.attempt) {
            return;
          }
          attempt->second.on_failure(
              Error(failure.error)
                  .WithContext(fmt::format("a channel with the TaskManager `{}`", id)));
        });
  }
  return *peer;
}

void NetworkExchange::AddNow(const std::string& region, uint32_t attempt,
                             std::vector<PeerChannels> peers,
                             const std::function<void(const Error&)>& on_failure) {
  RemoveNow(region, attempt - 1);
  attempts_[region] = {attempt, on_failure};
  for (PeerChannels& channels : peers) {
    Peer& peer = PeerOf(channels.peer);
    Status added = peer.channels->Add(std::move(channels.senders), std::move(channels.receivers));
    const Result<NetAddress> address = NetAddress::Parse(channels.data_address);
    if (added && !address) added = std::unexpected(address.error());
    if (!added) {
      on_failure(added.error());
      continue;
    }
    if (peer.connection != nullptr || peer.wanted_since_micros) continue;
    peer.wanted_since_micros = NowMicros();
    if (options_.id < peer.id) {
      std::lock_guard lock(mutex_);
      to_dial_.emplace_back(peer.id, *address);
      changed_.notify_all();
    }
  }
}

void NetworkExchange::RemoveNow(const std::string& region, uint32_t attempt) {
  for (const auto& [id, peer] : peers_) peer->channels->RemoveAttempts(region, attempt);
  const auto known = attempts_.find(region);
  if (known != attempts_.end() && known->second.number <= attempt) attempts_.erase(known);
}

void NetworkExchange::OnFrame(LinkId id, std::string bytes) {
  std::string peer;
  bool is_accepted = false;
  {
    std::lock_guard lock(mutex_);
    const auto link = links_.find(id);
    if (link == links_.end()) return;
    peer = link->second.peer;
    is_accepted = link->second.is_accepted;
  }
  if (peer.empty()) return OnHello(id, bytes);
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second->connection == nullptr) {
    return is_accepted ? void() : OnHelloReply(id, bytes);
  }
  if (bytes.empty()) return;  // it is there
  if (Status taken = found->second->channels->OnFrame(std::move(bytes)); !taken) {
    Close(id, std::move(taken).error());
  }
}

void NetworkExchange::OnHello(LinkId id, const std::string& bytes) {
  protocol::Hello hello;
  std::string refusal;
  if (!hello.ParseFromString(bytes) || hello.address().empty() ||
      hello.purpose() != protocol::Hello::DATA) {
    refusal = "it sent no Hello of a TaskManager";
  } else if (!us_.IsSameVersion(hello)) {
    refusal = fmt::format("`{}` runs flinkc {}, `{}` runs {}", hello.address(), hello.version(),
                          options_.id, options_.version);
  } else if (hello.address() >= options_.id) {
    refusal = fmt::format("`{}` is to wait for `{}` to connect", hello.address(), options_.id);
  }
  if (!refusal.empty()) return Close(id, {ErrorCode::kInvalidArgument, refusal});
  std::shared_ptr<FrameConnection> connection;
  {
    std::lock_guard lock(mutex_);
    const auto link = links_.find(id);
    if (link == links_.end()) return;
    link->second.peer = hello.address();
    connection = link->second.connection;
  }
  connection->Send(us_.Reply(clock_->NowMicros()).SerializeAsString());
  Attach(hello.address(), std::move(connection));
}

void NetworkExchange::OnHelloReply(LinkId id, const std::string& bytes) {
  std::string peer;
  std::shared_ptr<FrameConnection> connection;
  {
    std::lock_guard lock(mutex_);
    const auto link = links_.find(id);
    if (link == links_.end()) return;
    peer = link->second.peer;
    connection = link->second.connection;
  }
  protocol::HelloReply reply;
  if (!reply.ParseFromString(bytes) || reply.address() != peer) {
    return Close(id, {ErrorCode::kCorrupt, fmt::format("what listens on {} is not the TaskManager "
                                                       "`{}`",
                                                       connection->peer(), peer)});
  }
  Attach(peer, std::move(connection));
}

void NetworkExchange::Attach(const std::string& id, std::shared_ptr<FrameConnection> connection) {
  Peer& peer = PeerOf(id);
  if (peer.connection != nullptr) {
    // The other side has lost it and come again before we have heard of that.
    peer.connection->Close({ErrorCode::kUnavailable, "another connection takes its place"});
    peer.connection.reset();
    peer.channels->Fail({ErrorCode::kUnavailable, fmt::format("`{}` has connected anew", id)});
  }
  peer.connection = std::move(connection);
  peer.wanted_since_micros.reset();
  peer.received_bytes = 0;
  peer.heard_micros = NowMicros();
  peer.told_micros = 0;
  peer.channels->OnConnected();
}

void NetworkExchange::Close(LinkId id, Error why) {
  std::shared_ptr<FrameConnection> connection;
  {
    std::lock_guard lock(mutex_);
    const auto link = links_.find(id);
    if (link == links_.end()) return;
    connection = link->second.connection;
  }
  connection->Close(std::move(why));
}

void NetworkExchange::OnLost(LinkId id, const Error& why) {
  Link link;
  {
    std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    link = std::move(found->second);
    links_.erase(found);
  }
  const auto peer = peers_.find(link.peer);
  if (peer == peers_.end()) return;
  if (peer->second->connection == link.connection) {
    peer->second->connection.reset();
  } else if (peer->second->connection != nullptr || !peer->second->wanted_since_micros) {
    return;
  }
  peer->second->wanted_since_micros.reset();
  peer->second->channels->Fail(why);
}

void NetworkExchange::Dial() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (to_dial_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto [peer, address] = to_dial_.front();
    to_dial_.pop_front();
    lock.unlock();
    const int64_t begin = NowMicros();
    Result<std::shared_ptr<FrameConnection>> connection = MakeError(ErrorCode::kUnavailable, "");
    while (true) {
      connection = FrameConnection::Dial(address, options_.dial_timeout_micros, options_.frames);
      if (connection || NowMicros() - begin > options_.connect_micros_max / 2) break;
      lock.lock();
      const bool stop = changed_.wait_for(lock, kRedial, [this] { return stop_; });
      lock.unlock();
      if (stop) break;
    }
    if (connection) {
      AddLink(*std::move(connection), peer);
    } else {
      Post([this, id = peer, error = connection.error()] {
        Peer& lost = PeerOf(id);
        if (lost.connection != nullptr) return;
        lost.wanted_since_micros.reset();
        lost.channels->Fail(error);
      });
    }
    lock.lock();
  }
}

}  // namespace flinkc
