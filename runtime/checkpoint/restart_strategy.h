// When a job that has failed is started again, or that it is not: the strategies of Flink, under
// its names. A state machine: time and chance are given to it. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/connector/option_record.h"

namespace flinkc {

enum class RestartStrategyType : uint8_t { kNone, kFixedDelay, kFailureRate, kExponentialDelay };

// Times in microseconds.
struct RestartOptions {
  RestartStrategyType type = RestartStrategyType::kNone;
  int64_t fixed_attempts = 1;
  int64_t fixed_delay_micros = 1'000'000;
  int64_t rate_failures_max = 1;
  int64_t rate_interval_micros = 60'000'000;
  int64_t rate_delay_micros = 1'000'000;
  int64_t initial_backoff_micros = 1'000'000;
  int64_t max_backoff_micros = 60'000'000;
  double backoff_multiplier = 1.5;
  int64_t reset_threshold_micros = 3'600'000'000;
  double jitter_factor = 0.1;
  int64_t attempts_before_reset = INT64_MAX;

  // Takes the group restart-strategy. out of a job's configuration. Without a type: exponential
  // delay if `checkpointing`, else none. kInvalidArgument names every option that is wrong.
  static Result<RestartOptions> Parse(const std::map<std::string, std::string>& config,
                                      bool checkpointing);
};
std::span<const OptionRecord> RestartOptionRecords();

class RestartStrategy {
 public:
  // `random` gives numbers from 0 to below 1, for the jitter.
  RestartStrategy(const RestartOptions& options, std::function<double()> random);

  // The job has failed at `now` (monotonic microseconds): how long to wait before it is started
  // again, or nothing: it has failed for good. To be called once for all failures of one attempt.
  std::optional<int64_t> OnFailure(int64_t now_micros);
  // Restarts granted so far.
  uint64_t restarts() const { return restarts_; }
  // For messages: "fixed-delay, 3 attempts, 1000 ms".
  std::string Describe() const;

 private:
  std::optional<int64_t> NextDelay(int64_t now_micros);
  std::optional<int64_t> NextBackoff(int64_t now_micros);

  // Constant after construction.
  const RestartOptions options_;
  const std::function<double()> random_;

  uint64_t restarts_ = 0;
  std::deque<int64_t> failures_;  // of the last interval, failure-rate
  int64_t attempts_ = 0;          // since the last reset, exponential-delay
  double backoff_micros_ = 0;
  // When the attempt that follows the last restart began.
  std::optional<int64_t> running_since_;
};

}  // namespace flinkc
