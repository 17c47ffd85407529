// Messages between processes, over connections of frames. One process listens (the JobManager), the
// others connect to it, each with two connections, one of them for heartbeats alone, so that a
// large message does not delay them. A connection that is over is made again by the side that had
// made it, but what was on its way is lost: both sides tell those who listen in their process
// (protocol::PeerChanged), who take the peer for gone.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/random_bits.h"
#include "runtime/net/frame_connection.h"
#include "runtime/net/hello.h"
#include "runtime/protocol/transport.h"

namespace flinkc {

struct NetworkTransportOptions {
  // Of the process: "jobmanager", "taskmanager/<id>". What it sends comes from there.
  std::string address;
  // Where to listen; nothing: it connects.
  std::optional<NetAddress> listen;
  // Where to connect to, again and again until it succeeds; nothing: it listens.
  std::optional<NetAddress> connect;
  std::string version;  // of flinkc: both sides must have the same
  FrameOptions frames;
  int64_t dial_timeout_micros = 2'000'000;
  // Between two attempts to connect: the first, and doubled up to the last.
  int64_t redial_micros_min = 100'000;
  int64_t redial_micros_max = 2'000'000;
};

class NetworkTransport final : public Transport {
 public:
  // `clock` must outlive it. `log`, any thread: what a user should know; may be empty.
  // kUnavailable: the address to listen on cannot be had.
  static Result<std::unique_ptr<NetworkTransport>> Start(
      NetworkTransportOptions options, const Clock* clock,
      std::function<void(const std::string&)> log, const RandomBits& random = MachineRandomBits);
  ~NetworkTransport() override;

  void Listen(const std::string& address, Handler handler) override;
  void Unlisten(const std::string& address) override;
  void Send(protocol::Envelope envelope) override;
  void Disconnect(const std::string& address, const std::string& reason) override;

  // Where it listens.
  const NetAddress& listen_address() const { return server_->address(); }
  // Frames that were refused: what is no message, or comes from where it must not.
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  // A connection, accepted or made.
  struct Link {
    std::shared_ptr<FrameConnection> connection;
    std::string peer;          // its address, once it has said Hello
    std::string incarnation;   // the same
    bool is_accepted = false;  // else made by us
    bool is_ready = false;
    int64_t since_micros = 0;
  };
  using LinkId = uint64_t;
  struct Peer {
    std::string incarnation;
    std::optional<LinkId> control;
    std::optional<LinkId> heartbeat;
  };

  NetworkTransport(NetworkTransportOptions options, const Clock* clock,
                   std::function<void(const std::string&)> log, std::string incarnation);

  void Accept(std::shared_ptr<FrameConnection> connection);
  LinkId AddLink(Link link);
  void StartLink(LinkId id);
  void OnFrame(LinkId id, std::string_view frame);
  void OnHello(LinkId id, std::string_view frame);
  void OnHelloReply(LinkId id, std::string_view frame);
  void OnClosed(LinkId id, const Error& why);
  // Makes both connections and waits until the other side has agreed.
  Status Connect();
  // Connections that have come to nothing.
  void DropLinks(const std::vector<LinkId>& ids);
  void Run();
  void DeliverLocally(protocol::Envelope envelope);
  void TellPeerChanged(const std::string& address, bool connected, const std::string& reason);
  void Refuse(LinkId id, const std::string& why);
  void Log(const std::string& line) const {
    if (log_) log_(line);
  }
  int64_t NowMicros() const { return clock_->MonotonicNanos() / 1000; }

  // Constant after construction.
  const NetworkTransportOptions options_;
  const Clock* const clock_;
  const std::function<void(const std::string&)> log_;
  const Identity us_;
  std::atomic<uint64_t> refused_{0};
  // Guarded by handlers_mutex_.
  std::shared_mutex handlers_mutex_;
  std::map<std::string, Handler> handlers_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  LinkId next_link_ = 1;
  std::map<LinkId, Link> links_;
  std::map<std::string, Peer> peers_;  // by address
  // Connections that are over: let go of by the thread, since nng's own must not.
  std::vector<std::shared_ptr<FrameConnection>> over_;
  std::optional<Error> refusal_;  // of the last attempt to connect

  std::unique_ptr<FrameServer> server_;
  std::thread thread_;
};

}  // namespace flinkc
