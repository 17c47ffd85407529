// A connection to an HTTP server: a socket, with TLS over it where the endpoint says https. The
// wall behind which the client's TLS stands.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/client/http_client.h"

namespace flinkc {

class HttpConnection {
 public:
  // `timeout_micros`: of each step. kUnavailable: nobody listens, or not as he says he is: with TLS
  // the server must have a certificate of an authority in access.ca_file (the system's, if that is
  // ""), which names endpoint.host.
  static Result<std::unique_ptr<HttpConnection>> Open(const HttpEndpoint& endpoint,
                                                      const HttpAccess& access,
                                                      int64_t timeout_micros);
  virtual ~HttpConnection() = default;

  virtual Status Send(std::string_view bytes) = 0;
  // All that comes until the other side closes. kInvalidData: more than `bytes_max`.
  Result<std::string> ReceiveAll(size_t bytes_max);

 protected:
  explicit HttpConnection(std::string peer) : peer_(std::move(peer)) {}

  // 0: the other side has closed.
  virtual Result<size_t> Receive(char* into, size_t bytes) = 0;
  std::unexpected<Error> Unavailable(std::string_view what) const;

 private:
  const std::string peer_;
};

}  // namespace flinkc
