// A connection to another process that carries frames both ways, over a stream of nng, which
// nothing outside this folder knows. On the wire, little-endian:
//
//   u32 bytes of the payload | u32 checksum (low half of its XXH3, or 0) | payload
//
// A frame comes whole and in order, or the connection is over: nothing is resent. Where nng
// 1.5.2 deadlocks (docs/adr/0012-cluster-over-nng.md) gives the rules here: asynchronous operations
// are stopped before a stream is closed, and never within one of their callbacks. With TLS it is
// the other way round: an operation that waits for the other one's turn there is not stopped until
// the stream is closed, which does not wait for anything.
#pragma once

#include <nng/nng.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/net/net_address.h"
#include "runtime/net/net_tls.h"

namespace flinkc {

struct FrameOptions {
  // A longer one ends the connection.
  size_t frame_bytes_max = size_t{64} << 20;
  std::shared_ptr<const NetTls> tls = nullptr;  // nullptr: plain text
  // False: what the frames carry has checksums of its own. Both ends must say the same.
  bool checksums = true;
};

class FrameConnection {
 public:
  // Both are called on threads of nng's, one call at a time: they must not block, nor let go of the
  // last reference to the connection.
  struct Handlers {
    std::function<void(std::string_view frame)> on_frame;
    // Once: the other side has closed, or an error, or Close. Nothing follows.
    std::function<void(const Error& why)> on_closed;
    // Some of what waited has been sent. May be empty.
    std::function<void()> on_sent = nullptr;
    // The memory of a frame that has been sent, for the next one. May be empty.
    std::function<void(std::string payload)> on_done = nullptr;
  };

  // kUnavailable: nobody listens there, or nobody answers in time.
  static Result<std::shared_ptr<FrameConnection>> Dial(const NetAddress& address,
                                                       int64_t timeout_micros,
                                                       const FrameOptions& options);
  // Takes the stream.
  FrameConnection(nng_stream* stream, std::string peer, const FrameOptions& options);
  // Stops at once, what was not sent is lost; no handler is called any more. Not in a handler.
  ~FrameConnection();
  FrameConnection(const FrameConnection&) = delete;
  FrameConnection& operator=(const FrameConnection&) = delete;

  // Frames are read from now on. Once.
  void Start(Handlers handlers);
  // Any thread; never blocks: what the other side does not take waits here, so that the caller must
  // bound it (queued_bytes). False: the connection is over.
  bool Send(std::string payload);
  size_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  // All that has come so far, also of a frame that has not come whole.
  uint64_t received_bytes() const { return received_bytes_.load(std::memory_order_relaxed); }
  // Any thread, also in a handler. on_closed follows.
  void Close(Error why);

  bool is_closed() const { return closing_.load(std::memory_order_acquire); }
  const std::string& peer() const { return peer_; }

 private:
  struct Frame {
    char header[8];
    std::string payload;
  };

  static void OnReceived(void* self) { static_cast<FrameConnection*>(self)->OnReceived(); }
  static void OnSent(void* self) { static_cast<FrameConnection*>(self)->OnSent(); }
  void OnReceived();
  void OnSent();
  void Receive();
  // The frames that have come whole. Sets why_ and returns false on one that is damaged.
  bool TakeFrames();
  // Holding mutex_: gives nng what waits.
  void SendWaiting();

  // Constant after construction, handlers_ after Start.
  nng_stream* const stream_;
  const std::string peer_;
  const FrameOptions options_;
  Handlers handlers_;
  nng_aio* receive_ = nullptr;
  nng_aio* send_ = nullptr;
  // The receiving callback only.
  std::vector<char> buffer_;
  size_t begin_ = 0;  // of what is in the buffer and was not taken
  size_t end_ = 0;
  // Any thread.
  std::atomic<bool> closing_{false};
  std::atomic<bool> silent_{false};
  std::atomic<size_t> queued_bytes_{0};
  std::atomic<uint64_t> received_bytes_{0};
  // Guarded by mutex_.
  std::mutex mutex_;
  std::optional<Error> why_;
  std::deque<Frame> waiting_;
  size_t sending_ = 0;     // frames from the front that nng was given
  size_t sent_bytes_ = 0;  // of the first of them
};

// Accepts connections.
class FrameServer {
 public:
  // On a thread of nng's: it must not block, and keeps the connection.
  using OnConnection = std::function<void(std::shared_ptr<FrameConnection>)>;

  // Port 0: any free one. kUnavailable: the address cannot be had.
  static Result<std::unique_ptr<FrameServer>> Listen(const NetAddress& address,
                                                     const FrameOptions& options,
                                                     OnConnection on_connection);
  ~FrameServer();
  FrameServer(const FrameServer&) = delete;
  FrameServer& operator=(const FrameServer&) = delete;

  // As bound.
  const NetAddress& address() const { return address_; }

 private:
  FrameServer(NetAddress address, const FrameOptions& options, OnConnection on_connection)
      : address_(std::move(address)), options_(options), on_connection_(std::move(on_connection)) {}
  static void OnAccepted(void* self) { static_cast<FrameServer*>(self)->OnAccepted(); }
  void OnAccepted();

  // Constant after Listen.
  NetAddress address_;
  const FrameOptions options_;
  const OnConnection on_connection_;
  nng_stream_listener* listener_ = nullptr;
  nng_aio* accept_ = nullptr;
};

}  // namespace flinkc
