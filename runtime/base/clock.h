// Time comes in through this door only, so that a test or a simulation can hold it in its hand.
#pragma once

#include <cstdint>

namespace flinkc {

class Clock {
 public:
  virtual ~Clock() = default;
  // Processing time: microseconds since 1970-01-01 00:00:00 UTC.
  virtual int64_t NowMicros() const = 0;
  // Never goes back; only differences mean something.
  virtual int64_t MonotonicNanos() const = 0;
};

// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  int64_t NowMicros() const override;
  int64_t MonotonicNanos() const override;
};

}  // namespace flinkc
