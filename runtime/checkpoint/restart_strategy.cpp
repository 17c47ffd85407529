#include "runtime/checkpoint/restart_strategy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/checkpoint/read_options.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

namespace {

constexpr std::string_view kGroups[] = {"restart-strategy."};
constexpr std::string_view kTypes[] = {"none",        "off",          "disable",
                                       "fixed-delay", "failure-rate", "exponential-delay"};
constexpr std::string_view kType = "restart-strategy.type";
constexpr std::string_view kFixedAttempts = "restart-strategy.fixed-delay.attempts";
constexpr std::string_view kFixedDelay = "restart-strategy.fixed-delay.delay";
constexpr std::string_view kRateMax = "restart-strategy.failure-rate.max-failures-per-interval";
constexpr std::string_view kRateInterval = "restart-strategy.failure-rate.failure-rate-interval";
constexpr std::string_view kRateDelay = "restart-strategy.failure-rate.delay";
constexpr std::string_view kInitial = "restart-strategy.exponential-delay.initial-backoff";
constexpr std::string_view kMax = "restart-strategy.exponential-delay.max-backoff";
constexpr std::string_view kMultiplier = "restart-strategy.exponential-delay.backoff-multiplier";
constexpr std::string_view kReset = "restart-strategy.exponential-delay.reset-backoff-threshold";
constexpr std::string_view kJitter = "restart-strategy.exponential-delay.jitter-factor";
constexpr std::string_view kAttempts =
    "restart-strategy.exponential-delay.attempts-before-reset-backoff";

constexpr OptionRecord kRecords[] = {
    {.name = kType,
     .type = OptionType::kChoice,
     .doc = "How a failed job is started again; with checkpoints exponential-delay, else none.",
     .choices = kTypes},
    {.name = kFixedAttempts,
     .type = OptionType::kInteger,
     .doc = "How often it is started again in all.",
     .default_value = "1",
     .min = 0},
    {.name = kFixedDelay,
     .type = OptionType::kDuration,
     .doc = "How long to wait before.",
     .default_value = "1s"},
    {.name = kRateMax,
     .type = OptionType::kInteger,
     .doc = "Failures within the interval that the job survives.",
     .default_value = "1",
     .min = 1},
    {.name = kRateInterval,
     .type = OptionType::kDuration,
     .doc = "The interval in which failures are counted.",
     .default_value = "1min"},
    {.name = kRateDelay,
     .type = OptionType::kDuration,
     .doc = "How long to wait before it is started again.",
     .default_value = "1s"},
    {.name = kInitial,
     .type = OptionType::kDuration,
     .doc = "How long to wait at first.",
     .default_value = "1s"},
    {.name = kMax,
     .type = OptionType::kDuration,
     .doc = "How long to wait at most.",
     .default_value = "1min"},
    {.name = kMultiplier,
     .type = OptionType::kNumber,
     .doc = "What each wait is longer than the one before.",
     .default_value = "1.5"},
    {.name = kReset,
     .type = OptionType::kDuration,
     .doc = "After running so long without a failure the waits begin anew.",
     .default_value = "1h"},
    {.name = kJitter,
     .type = OptionType::kNumber,
     .doc = "The part of a wait that chance may add or take away.",
     .default_value = "0.1"},
    {.name = kAttempts,
     .type = OptionType::kInteger,
     .doc = "How often it is started again before it has failed for good, unless the waits began "
            "anew; without it, for ever.",
     .min = 1},
};

RestartStrategyType TypeNamed(const std::string& name, bool checkpointing) {
  if (name.empty()) {
    return checkpointing ? RestartStrategyType::kExponentialDelay : RestartStrategyType::kNone;
  }
  if (name == "fixed-delay") return RestartStrategyType::kFixedDelay;
  if (name == "failure-rate") return RestartStrategyType::kFailureRate;
  if (name == "exponential-delay") return RestartStrategyType::kExponentialDelay;
  return RestartStrategyType::kNone;
}

std::unexpected<Error> Invalid(std::string_view option, std::string_view expected) {
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("the option `{}`: expected {}", option, expected));
}

Status CheckBackoff(const RestartOptions& options) {
  if (options.backoff_multiplier < 1) return Invalid(kMultiplier, "at least 1");
  if (options.jitter_factor < 0 || options.jitter_factor > 1) {
    return Invalid(kJitter, "a number from 0 to 1");
  }
  if (options.initial_backoff_micros <= 0) return Invalid(kInitial, "a time above 0");
  if (options.max_backoff_micros < options.initial_backoff_micros) {
    return Invalid(kMax, fmt::format("at least as much as `{}`", kInitial));
  }
  return {};
}

}  // namespace

std::span<const OptionRecord> RestartOptionRecords() { return kRecords; }

Result<RestartOptions> RestartOptions::Parse(const std::map<std::string, std::string>& config,
                                             bool checkpointing) {
  ASSIGN_OR_RETURN(const OptionMap map, ReadOptionGroup(config, kGroups, kRecords));
  const OptionReader reader(kRecords, map);
  RestartOptions options;
  options.type = TypeNamed(reader.Text(kType), checkpointing);
  ASSIGN_OR_RETURN(options.fixed_attempts, reader.Integer(kFixedAttempts));
  ASSIGN_OR_RETURN(options.fixed_delay_micros, reader.DurationMicros(kFixedDelay));
  ASSIGN_OR_RETURN(options.rate_failures_max, reader.Integer(kRateMax));
  ASSIGN_OR_RETURN(options.rate_interval_micros, reader.DurationMicros(kRateInterval));
  ASSIGN_OR_RETURN(options.rate_delay_micros, reader.DurationMicros(kRateDelay));
  ASSIGN_OR_RETURN(options.initial_backoff_micros, reader.DurationMicros(kInitial));
  ASSIGN_OR_RETURN(options.max_backoff_micros, reader.DurationMicros(kMax));
  ASSIGN_OR_RETURN(options.backoff_multiplier, reader.Number(kMultiplier));
  ASSIGN_OR_RETURN(options.reset_threshold_micros, reader.DurationMicros(kReset));
  ASSIGN_OR_RETURN(options.jitter_factor, reader.Number(kJitter));
  if (reader.Has(kAttempts)) {
    ASSIGN_OR_RETURN(options.attempts_before_reset, reader.Integer(kAttempts));
  }
  RETURN_IF_ERROR(CheckBackoff(options));
  return options;
}

RestartStrategy::RestartStrategy(const RestartOptions& options, std::function<double()> random)
    : options_(options), random_(std::move(random)) {}

std::optional<int64_t> RestartStrategy::OnFailure(int64_t now_micros) {
  const std::optional<int64_t> delay = NextDelay(now_micros);
  if (!delay) return std::nullopt;
  ++restarts_;
  running_since_ = now_micros + *delay;
  return delay;
}

std::optional<int64_t> RestartStrategy::NextDelay(int64_t now_micros) {
  switch (options_.type) {
    case RestartStrategyType::kNone:
      return std::nullopt;
    case RestartStrategyType::kFixedDelay:
      if (restarts_ >= static_cast<uint64_t>(options_.fixed_attempts)) return std::nullopt;
      return options_.fixed_delay_micros;
    case RestartStrategyType::kFailureRate:
      while (!failures_.empty() && now_micros - failures_.front() > options_.rate_interval_micros) {
        failures_.pop_front();
      }
      failures_.push_back(now_micros);
      if (failures_.size() > static_cast<size_t>(options_.rate_failures_max)) return std::nullopt;
      return options_.rate_delay_micros;
    case RestartStrategyType::kExponentialDelay:
      return NextBackoff(now_micros);
  }
  return std::nullopt;
}

std::optional<int64_t> RestartStrategy::NextBackoff(int64_t now_micros) {
  const bool first = attempts_ == 0;
  const bool ran_long =
      running_since_ && now_micros - *running_since_ >= options_.reset_threshold_micros;
  if (first || ran_long) {
    attempts_ = 0;
    backoff_micros_ = static_cast<double>(options_.initial_backoff_micros);
  } else {
    backoff_micros_ = std::min(backoff_micros_ * options_.backoff_multiplier,
                               static_cast<double>(options_.max_backoff_micros));
  }
  if (attempts_ >= options_.attempts_before_reset) return std::nullopt;
  ++attempts_;
  const double jitter = (random_() * 2 - 1) * options_.jitter_factor;
  const double delay = std::clamp(backoff_micros_ * (1 + jitter),
                                  static_cast<double>(options_.initial_backoff_micros),
                                  static_cast<double>(options_.max_backoff_micros));
  return static_cast<int64_t>(delay);
}

std::string RestartStrategy::Describe() const {
  switch (options_.type) {
    case RestartStrategyType::kNone:
      return "none";
    case RestartStrategyType::kFixedDelay:
      return fmt::format("fixed-delay, {} attempts, {} ms", options_.fixed_attempts,
                         options_.fixed_delay_micros / 1000);
    case RestartStrategyType::kFailureRate:
      return fmt::format("failure-rate, {} failures in {} ms, {} ms", options_.rate_failures_max,
                         options_.rate_interval_micros / 1000, options_.rate_delay_micros / 1000);
    case RestartStrategyType::kExponentialDelay:
      return fmt::format("exponential-delay, {} ms to {} ms",
                         options_.initial_backoff_micros / 1000,
                         options_.max_backoff_micros / 1000);
  }
  return "";
}

}  // namespace flinkc
