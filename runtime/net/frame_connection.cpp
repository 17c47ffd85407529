#include "runtime/net/frame_connection.h"

#include <fmt/format.h>
#include <nng/supplemental/tls/tls.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr size_t kHeaderBytes = 8;
constexpr size_t kBufferBytes = size_t{256} << 10;
// A buffer that a large frame has made larger goes back to this.
constexpr size_t kBufferBytesKept = size_t{4} << 20;
// Pieces of one send: nng takes eight.
constexpr size_t kFramesAtOnce = 4;

uint32_t ChecksumOf(std::string_view payload, const FrameOptions& options) {
  if (!options.checksums) return 0;
  return static_cast<uint32_t>(XXH3_64bits(payload.data(), payload.size()));
}

Error NetError(int code, std::string_view what) {
  return {ErrorCode::kUnavailable, fmt::format("{}: {}", what, nng_strerror(code))};
}

std::string UrlOf(const NetAddress& address, const FrameOptions& options) {
  return (options.tls != nullptr ? "tls+tcp://" : "tcp://") + address.Print();
}

}  // namespace

FrameConnection::FrameConnection(nng_stream* stream, std::string peer, const FrameOptions& options)
    : stream_(stream), peer_(std::move(peer)), options_(options), buffer_(kBufferBytes) {
  CHECK(nng_aio_alloc(&receive_, &FrameConnection::OnReceived, this) == 0);
  CHECK(nng_aio_alloc(&send_, &FrameConnection::OnSent, this) == 0);
  nng_aio_set_timeout(receive_, NNG_DURATION_INFINITE);
  nng_aio_set_timeout(send_, NNG_DURATION_INFINITE);
}

FrameConnection::~FrameConnection() {
  silent_.store(true, std::memory_order_release);
  closing_.store(true, std::memory_order_release);
  if (options_.tls != nullptr) nng_stream_close(stream_);
  nng_aio_stop(receive_);
  nng_aio_stop(send_);
  nng_stream_close(stream_);
  nng_stream_free(stream_);
  nng_aio_free(receive_);
  nng_aio_free(send_);
}

Result<std::shared_ptr<FrameConnection>> FrameConnection::Dial(const NetAddress& address,
                                                               int64_t timeout_micros,
                                                               const FrameOptions& options) {
  const std::string what = fmt::format("cannot connect to {}", address.Print());
  nng_stream_dialer* dialer = nullptr;
  int code = nng_stream_dialer_alloc(&dialer, UrlOf(address, options).c_str());
  if (code == 0 && options.tls != nullptr) {
    code = nng_stream_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, options.tls->client());
    if (code != 0) nng_stream_dialer_free(dialer);
  }
  if (code != 0) return std::unexpected(NetError(code, what));
  // A frame of credit must not wait until one of the other direction is acknowledged: 40 ms.
  code = nng_stream_dialer_set_bool(dialer, NNG_OPT_TCP_NODELAY, true);
  if (code != 0) {
    nng_stream_dialer_free(dialer);
    return std::unexpected(NetError(code, what));
  }
  nng_aio* aio = nullptr;
  CHECK(nng_aio_alloc(&aio, nullptr, nullptr) == 0);
  nng_aio_set_timeout(aio, static_cast<nng_duration>(std::max<int64_t>(timeout_micros / 1000, 1)));
  nng_stream_dialer_dial(dialer, aio);
  nng_aio_wait(aio);
  code = nng_aio_result(aio);
  auto* stream = code == 0 ? static_cast<nng_stream*>(nng_aio_get_output(aio, 0)) : nullptr;
  nng_aio_free(aio);
  nng_stream_dialer_close(dialer);
  nng_stream_dialer_free(dialer);
  if (code != 0) return std::unexpected(NetError(code, what));
  return std::make_shared<FrameConnection>(stream, address.Print(), options);
}

void FrameConnection::Start(Handlers handlers) {
  handlers_ = std::move(handlers);
  Receive();
}

void FrameConnection::Receive() {
  // Room for what is known to come, or for another piece.
  size_t wanted = kHeaderBytes;
  if (end_ - begin_ >= kHeaderBytes) {
    uint32_t bytes;
    std::memcpy(&bytes, buffer_.data() + begin_, sizeof(bytes));
    wanted += bytes;
  }
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ + wanted > buffer_.size() || end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (wanted > buffer_.size()) {
      buffer_.resize(wanted);
    } else if (buffer_.size() > kBufferBytesKept && end_ < kBufferBytes && wanted < kBufferBytes) {
      buffer_.resize(kBufferBytes);
      buffer_.shrink_to_fit();
    }
  }
  nng_iov piece{buffer_.data() + end_, buffer_.size() - end_};
  nng_aio_set_iov(receive_, 1, &piece);
  nng_stream_recv(stream_, receive_);
  // A Close in between found nothing to cancel.
  if (is_closed()) nng_aio_cancel(receive_);
}

void FrameConnection::OnReceived() {
  const int code = nng_aio_result(receive_);
  if (code == 0 && !is_closed()) {
    end_ += nng_aio_count(receive_);
    received_bytes_.fetch_add(nng_aio_count(receive_), std::memory_order_relaxed);
    if (TakeFrames()) return Receive();
  }
  std::optional<Error> why;
  {
    std::lock_guard lock(mutex_);
    if (!why_) {
      why_ =
          code == NNG_ECONNSHUT || code == NNG_ECLOSED
              ? Error{ErrorCode::kUnavailable, fmt::format("{} has closed the connection", peer_)}
              : NetError(code, fmt::format("the connection to {}", peer_));
    }
    why = why_;
  }
  closing_.store(true, std::memory_order_release);
  nng_aio_cancel(send_);
  if (!silent_.load(std::memory_order_acquire) && handlers_.on_closed) handlers_.on_closed(*why);
}

bool FrameConnection::TakeFrames() {
  while (end_ - begin_ >= kHeaderBytes) {
    uint32_t bytes, checksum;
    std::memcpy(&bytes, buffer_.data() + begin_, sizeof(bytes));
    std::memcpy(&checksum, buffer_.data() + begin_ + sizeof(bytes), sizeof(checksum));
    std::string wrong;
    if (bytes > options_.frame_bytes_max) {
      wrong = fmt::format("{} has announced a frame of {} bytes, more than the {} allowed", peer_,
                          bytes, options_.frame_bytes_max);
    } else if (end_ - begin_ < kHeaderBytes + bytes) {
      break;
    } else if (const std::string_view payload(buffer_.data() + begin_ + kHeaderBytes, bytes);
               ChecksumOf(payload, options_) != checksum) {
      wrong = fmt::format("a frame of {} does not match its checksum", peer_);
    } else {
      begin_ += kHeaderBytes + bytes;
      if (!silent_.load(std::memory_order_acquire)) handlers_.on_frame(payload);
      if (is_closed()) return false;
      continue;
    }
    std::lock_guard lock(mutex_);
    if (!why_) why_ = Error{ErrorCode::kCorrupt, std::move(wrong)};
    return false;
  }
  return true;
}

bool FrameConnection::Send(std::string payload) {
  if (is_closed()) return false;
  Frame frame;
  const auto bytes = static_cast<uint32_t>(payload.size());
  const uint32_t checksum = ChecksumOf(payload, options_);
  std::memcpy(frame.header, &bytes, sizeof(bytes));
  std::memcpy(frame.header + sizeof(bytes), &checksum, sizeof(checksum));
  queued_bytes_.fetch_add(payload.size(), std::memory_order_relaxed);
  frame.payload = std::move(payload);
  std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(frame));
  if (sending_ == 0) SendWaiting();
  return true;
}

void FrameConnection::SendWaiting() {
  nng_iov pieces[2 * kFramesAtOnce];
  unsigned count = 0;
  size_t skip = sent_bytes_;
  const auto add = [&](char* data, size_t bytes) {
    const size_t skipped = std::min(skip, bytes);
    skip -= skipped;
    if (bytes != skipped) pieces[count++] = {data + skipped, bytes - skipped};
  };
  sending_ = std::min(waiting_.size(), kFramesAtOnce);
  for (size_t i = 0; i < sending_; ++i) {
    add(waiting_[i].header, kHeaderBytes);
    add(waiting_[i].payload.data(), waiting_[i].payload.size());
  }
  nng_aio_set_iov(send_, count, pieces);
  nng_stream_send(stream_, send_);
}

void FrameConnection::OnSent() {
  const int code = nng_aio_result(send_);
  if (code != 0) return Close(NetError(code, fmt::format("the connection to {}", peer_)));
  std::vector<std::string> done;
  std::unique_lock lock(mutex_);
  sent_bytes_ += nng_aio_count(send_);
  while (!waiting_.empty() && sent_bytes_ >= kHeaderBytes + waiting_.front().payload.size()) {
    const size_t bytes = waiting_.front().payload.size();
    sent_bytes_ -= kHeaderBytes + bytes;
    queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    if (handlers_.on_done) done.push_back(std::move(waiting_.front().payload));
    waiting_.pop_front();
  }
  sending_ = 0;
  if (!waiting_.empty() && !is_closed()) SendWaiting();
  lock.unlock();
  if (silent_.load(std::memory_order_acquire)) return;
  for (std::string& payload : done) handlers_.on_done(std::move(payload));
  if (handlers_.on_sent) handlers_.on_sent();
}

void FrameConnection::Close(Error why) {
  {
    std::lock_guard lock(mutex_);
    if (!why_) why_ = std::move(why);
  }
  closing_.store(true, std::memory_order_release);
  if (options_.tls != nullptr) nng_stream_close(stream_);
  nng_aio_cancel(receive_);
}

Result<std::unique_ptr<FrameServer>> FrameServer::Listen(const NetAddress& address,
                                                         const FrameOptions& options,
                                                         OnConnection on_connection) {
  const std::string what = fmt::format("cannot listen on {}", address.Print());
  std::unique_ptr<FrameServer> server(new FrameServer(address, options, std::move(on_connection)));
  int code = nng_stream_listener_alloc(&server->listener_, UrlOf(address, options).c_str());
  if (code == 0 && options.tls != nullptr) {
    code =
        nng_stream_listener_set_ptr(server->listener_, NNG_OPT_TLS_CONFIG, options.tls->server());
  }
  // As of those that dial.
  if (code == 0) code = nng_stream_listener_set_bool(server->listener_, NNG_OPT_TCP_NODELAY, true);
  if (code == 0) code = nng_stream_listener_listen(server->listener_);
  if (code != 0) return std::unexpected(NetError(code, what));
  int port = address.port;
  if (port == 0 &&
      nng_stream_listener_get_int(server->listener_, NNG_OPT_TCP_BOUND_PORT, &port) != 0) {
    return std::unexpected(NetError(NNG_EADDRINVAL, what));
  }
  server->address_.port = static_cast<uint16_t>(port);
  CHECK(nng_aio_alloc(&server->accept_, &FrameServer::OnAccepted, server.get()) == 0);
  nng_stream_listener_accept(server->listener_, server->accept_);
  return server;
}

FrameServer::~FrameServer() {
  if (accept_ != nullptr) nng_aio_stop(accept_);
  if (listener_ != nullptr) {
    nng_stream_listener_close(listener_);
    nng_stream_listener_free(listener_);
  }
  if (accept_ != nullptr) nng_aio_free(accept_);
}

void FrameServer::OnAccepted() {
  const int code = nng_aio_result(accept_);
  if (code == NNG_ECANCELED || code == NNG_ECLOSED) return;
  if (code == 0) {
    auto* stream = static_cast<nng_stream*>(nng_aio_get_output(accept_, 0));
    std::string peer = "a peer";
    nng_sockaddr remote;
    if (nng_stream_get_addr(stream, NNG_OPT_REMADDR, &remote) == 0 &&
        remote.s_family == NNG_AF_INET) {
      const auto* bytes = reinterpret_cast<const uint8_t*>(&remote.s_in.sa_addr);
      const auto* port = reinterpret_cast<const uint8_t*>(&remote.s_in.sa_port);
      peer = fmt::format("{}.{}.{}.{}:{}", bytes[0], bytes[1], bytes[2], bytes[3],
                         port[0] * 256 + port[1]);
    }
    on_connection_(std::make_shared<FrameConnection>(stream, std::move(peer), options_));
  }
  nng_stream_listener_accept(listener_, accept_);
}

}  // namespace flinkc
