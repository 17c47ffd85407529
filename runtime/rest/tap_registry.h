// The taps that users have opened by REST: what each shows. One that nobody has asked for rows for
// a while is forgotten.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

// Thread-safe.
class TapRegistry {
 public:
  // `clock` must outlive it.
  explicit TapRegistry(const Clock* clock) : clock_(clock) {}

  static constexpr size_t kTapsMax = 16;

  struct Tap {
    std::string job_id;
    protocol::TapRequest request;
    std::vector<uint32_t> vertices;  // that have rows of the stream
  };

  // Its id: 32 hexadecimal digits. kUnavailable: there are too many.
  Result<std::string> Add(Tap tap);
  // Of this job; nothing: there is none, or no more. Its lease begins anew.
  std::optional<Tap> Find(const std::string& job_id, const std::string& id);
  void Remove(const std::string& id);

 private:
  struct Entry {
    Tap tap;
    int64_t asked_seconds = 0;
  };

  int64_t NowSeconds() const;
  // With the mutex.
  void ForgetOld();

  const Clock* const clock_;
  std::mutex mutex_;
  std::map<std::string, Entry> taps_;  // guarded by mutex_
};

}  // namespace flinkc
