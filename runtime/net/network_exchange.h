// The channels between this TaskManager and its peers: one connection to each, all channels on it.
// Of two the one with the smaller id connects, the other waits for that. A thread of its own moves
// the elements; those of nng only put down what has come.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/random_bits.h"
#include "runtime/exchange/data_exchange.h"
#include "runtime/exchange/frame_buffers.h"
#include "runtime/exchange/remote_exchange.h"
#include "runtime/net/frame_connection.h"
#include "runtime/net/hello.h"

namespace flinkc {

struct NetworkExchangeOptions {
  std::string id;  // of the TaskManager
  NetAddress listen{"127.0.0.1", 0};
  std::string version;
  // Of one frame: a batch of up to 4,096 rows. Its header and its payload have checksums already.
  FrameOptions frames{.frame_bytes_max = size_t{256} << 20, .checksums = false};
  int64_t dial_timeout_micros = 2'000'000;
  // From when channels to a peer are asked for until it is given up.
  int64_t connect_micros_max = 10'000'000;
};

class NetworkExchange final : public DataExchange {
 public:
  // `clock` and `memory` (nullptr: not accounted) must outlive it. kUnavailable: the address cannot
  // be had.
  static Result<std::unique_ptr<NetworkExchange>> Start(
      NetworkExchangeOptions options, const Clock* clock, MemoryPool* memory,
      const RandomBits& random = MachineRandomBits);
  // All channels must have been removed.
  ~NetworkExchange() override;

  const NetAddress& listen_address() const { return server_->address(); }

  std::shared_ptr<Parking> parking() override { return parking_; }
  void Add(const std::string& region, uint32_t attempt, std::vector<PeerChannels> peers,
           std::function<void(const Error&)> on_failure) override;
  void Remove(const std::string& region, uint32_t attempt) override;
  // Until it is called nobody is watched.
  void WatchPeers(int64_t interval_micros, int64_t timeout_micros) override;

 private:
  struct Peer;
  using LinkId = uint64_t;
  // A connection, accepted or made.
  struct Link {
    std::shared_ptr<FrameConnection> connection;
    std::string peer;  // who is at its other side, once that is known
    bool is_accepted = false;
    int64_t since_micros = 0;
  };
  struct Frame {
    LinkId link = 0;
    std::string bytes;
  };
  using Task = std::function<void()>;

  NetworkExchange(NetworkExchangeOptions options, const Clock* clock, MemoryPool* memory,
                  std::string incarnation);

  // Any thread.
  void AddLink(std::shared_ptr<FrameConnection> connection, std::string peer);
  // Runs on the exchange's thread, some time later.
  void Post(Task task);

  // The exchange's thread.
  void Run();
  bool TakeWhatCame();
  bool PollPeers();
  // Connections that do not come, strangers and peers that say nothing.
  void CheckTimes();
  void WatchNow(int64_t now, int64_t away);
  Peer& PeerOf(const std::string& id);
  void AddNow(const std::string& region, uint32_t attempt, std::vector<PeerChannels> peers,
              const std::function<void(const Error&)>& on_failure);
  void RemoveNow(const std::string& region, uint32_t attempt);
  void OnFrame(LinkId link, std::string bytes);
  void OnHello(LinkId link, const std::string& bytes);
  void OnHelloReply(LinkId link, const std::string& bytes);
  void OnLost(LinkId link, const Error& why);
  void Attach(const std::string& peer, std::shared_ptr<FrameConnection> connection);
  void Close(LinkId link, Error why);

  // The dialer's thread.
  void Dial();

  int64_t NowMicros() const { return clock_->MonotonicNanos() / 1000; }

  // Constant after construction.
  const NetworkExchangeOptions options_;
  const Clock* const clock_;
  const Identity us_;
  const std::shared_ptr<Parking> parking_ = std::make_shared<Parking>();
  FrameBuffers buffers_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  LinkId next_link_ = 1;
  std::map<LinkId, Link> links_;
  std::vector<Frame> frames_;
  std::vector<Task> tasks_;  // to be done behind the frames
  std::deque<std::pair<std::string, NetAddress>> to_dial_;
  // The exchange's thread only.
  std::map<std::string, std::unique_ptr<Peer>> peers_;
  struct Attempt {
    uint32_t number = 0;
    std::function<void(const Error&)> on_failure;
  };
  std::map<std::string, Attempt> attempts_;  // by region
  int64_t checked_micros_ = 0;
  int64_t heartbeat_interval_micros_ = 0;
  int64_t heartbeat_timeout_micros_ = 0;  // 0: peers are not watched

  std::unique_ptr<FrameServer> server_;
  std::thread thread_;
  std::thread dialer_;
};

}  // namespace flinkc
