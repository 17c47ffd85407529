#include <gtest/gtest.h>

#include <string>

#include "runtime/checkpoint/checkpoint_options.h"
#include "runtime/checkpoint/recovery_options.h"
#include "runtime/checkpoint/restart_strategy.h"

namespace flinkc {
namespace {

using Config = std::map<std::string, std::string>;

TEST(CheckpointOptions, AreFlinksDefaults) {
  const auto options = CheckpointOptions::Parse({{"parallelism.default", "x"}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->interval_micros, 0);
  EXPECT_EQ(options->timeout_micros, 600'000'000);
  EXPECT_EQ(options->min_pause_micros, 0);
  EXPECT_EQ(options->max_concurrent, 1u);
  EXPECT_EQ(options->tolerable_failed, 0u);
  EXPECT_EQ(options->num_retained, 1u);
  EXPECT_EQ(options->retention, CheckpointRetention::kNone);
  EXPECT_FALSE(options->incremental);
  EXPECT_FALSE(options->local_backup);
  EXPECT_TRUE(options->after_tasks_finish);
}

TEST(CheckpointOptions, AreRead) {
  const auto options = CheckpointOptions::Parse({
      {"execution.checkpointing.interval", "10 s"},
      {"execution.checkpointing.timeout", "1min"},
      {"execution.checkpointing.max-concurrent-checkpoints", "3"},
      {"execution.checkpointing.tolerable-failed-checkpoints", "2"},
      {"execution.checkpointing.num-retained", "4"},
      {"execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION"},
      {"execution.checkpointing.incremental", "true"},
      {"execution.checkpointing.local-backup.enabled", "true"},
      {"execution.checkpointing.dir", "/c"},
      {"execution.checkpointing.savepoint-dir", "/s"},
  });
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->interval_micros, 10'000'000);
  EXPECT_EQ(options->timeout_micros, 60'000'000);
  EXPECT_EQ(options->max_concurrent, 3u);
  EXPECT_EQ(options->tolerable_failed, 2u);
  EXPECT_EQ(options->num_retained, 4u);
  EXPECT_EQ(options->retention, CheckpointRetention::kRetainOnCancellation);
  EXPECT_TRUE(options->incremental);
  EXPECT_TRUE(options->local_backup);
  EXPECT_EQ(options->dir, "/c");
  EXPECT_EQ(options->savepoint_dir, "/s");
}

TEST(RecoveryOptions, AreReadAndMistakesAreNamed) {
  const auto none = RecoveryOptions::Parse({});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->path, "");
  EXPECT_EQ(none->claim, ClaimMode::kNoClaim);
  EXPECT_FALSE(none->allow_non_restored);
  const auto all = RecoveryOptions::Parse({
      {"execution.state-recovery.path", "latest"},
      {"execution.state-recovery.claim-mode", "CLAIM"},
      {"execution.state-recovery.ignore-unclaimed-state", "true"},
      {"execution.state-recovery.from-local", "true"},
  });
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->from_latest());
  EXPECT_EQ(all->claim, ClaimMode::kClaim);
  EXPECT_TRUE(all->allow_non_restored);
  EXPECT_TRUE(all->from_local);
  EXPECT_FALSE(RecoveryOptions::Parse({})->from_local);
  for (const char* option : {"claim-mode", "ignore-unclaimed-state", "from-local", "paht"}) {
    const auto wrong =
        RecoveryOptions::Parse({{std::string("execution.state-recovery.") + option, "perhaps"}});
    ASSERT_FALSE(wrong) << option;
    EXPECT_NE(wrong.error().message.find(option), std::string::npos) << wrong.error().message;
  }
}

TEST(CheckpointOptions, APauseMeansOneAtATime) {
  const auto options =
      CheckpointOptions::Parse({{"execution.checkpointing.min-pause", "1ms"},
                                {"execution.checkpointing.max-concurrent-checkpoints", "3"}});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->max_concurrent, 1u);
}

TEST(CheckpointOptions, BarriersOvertakeWhereThereIsOneCheckpointAtATime) {
  const auto overtake_after = [](const Config& config) {
    const auto options = CheckpointOptions::Parse(config);
    EXPECT_TRUE(options);
    return options ? options->overtake_after_micros : std::nullopt;
  };
  EXPECT_EQ(overtake_after({}), std::nullopt);
  EXPECT_EQ(overtake_after({{"execution.checkpointing.unaligned.enabled", "true"}}), 1'000'000);
  EXPECT_EQ(overtake_after({{"execution.checkpointing.unaligned.enabled", "true"},
                            {"execution.checkpointing.aligned-checkpoint-timeout", "0s"}}),
            0);
}

TEST(CheckpointOptions, ErrorsNameTheOption) {
  const std::pair<Config, const char*> mistakes[] = {
      {{{"execution.checkpointing.interval", "5 apples"}}, "execution.checkpointing.interval"},
      {{{"execution.checkpointing.num-retained", "0"}}, "execution.checkpointing.num-retained"},
      {{{"execution.checkpointing.mode", "AT_LEAST_ONCE"}}, "execution.checkpointing.mode"},
      {{{"execution.checkpointing.intervall", "5s"}}, "execution.checkpointing.intervall"},
      {{{"execution.checkpointing.unaligned.enabled", "true"},
        {"execution.checkpointing.max-concurrent-checkpoints", "2"}},
       "one checkpoint at a time"},
      {{{"execution.checkpointing.timeout", "1ms"}}, "at least 10ms"},
      {{{"execution.checkpointing.interval", "5s"}}, "execution.checkpointing.dir"},
  };
  for (const auto& [config, part] : mistakes) {
    const auto options = CheckpointOptions::Parse(config);
    ASSERT_FALSE(options) << part;
    EXPECT_EQ(options.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(options.error().message.find(part), std::string::npos) << options.error().message;
  }
}

RestartStrategy Strategy(const Config& config, double chance = 0.5, bool checkpointing = true) {
  const auto options = RestartOptions::Parse(config, checkpointing);
  EXPECT_TRUE(options) << options.error().message;
  return RestartStrategy(options.value_or(RestartOptions()), [chance] { return chance; });
}

constexpr int64_t kSecond = 1'000'000;

TEST(RestartStrategy, DependsOnCheckpointsUnlessSaid) {
  EXPECT_TRUE(Strategy({}).Describe().starts_with("exponential-delay"));
  EXPECT_EQ(Strategy({}, 0.5, false).Describe(), "none");
  for (const char* name : {"none", "off", "disable"}) {
    EXPECT_EQ(Strategy({{"restart-strategy.type", name}}).OnFailure(0), std::nullopt);
  }
}

TEST(RestartStrategy, FixedDelay) {
  RestartStrategy strategy = Strategy({{"restart-strategy.type", "fixed-delay"},
                                       {"restart-strategy.fixed-delay.attempts", "2"},
                                       {"restart-strategy.fixed-delay.delay", "3s"}});
  EXPECT_EQ(strategy.OnFailure(0), 3 * kSecond);
  EXPECT_EQ(strategy.OnFailure(1'000 * kSecond), 3 * kSecond);
  EXPECT_EQ(strategy.OnFailure(2'000 * kSecond), std::nullopt);
  EXPECT_EQ(strategy.restarts(), 2u);
}

TEST(RestartStrategy, FailureRate) {
  RestartStrategy strategy =
      Strategy({{"restart-strategy.type", "failure-rate"},
                {"restart-strategy.failure-rate.max-failures-per-interval", "2"},
                {"restart-strategy.failure-rate.failure-rate-interval", "10s"},
                {"restart-strategy.failure-rate.delay", "1s"}});
  EXPECT_EQ(strategy.OnFailure(0), kSecond);
  EXPECT_EQ(strategy.OnFailure(9 * kSecond), kSecond);
  EXPECT_EQ(strategy.OnFailure(15 * kSecond), kSecond) << "the first is forgotten";
  EXPECT_EQ(strategy.OnFailure(18 * kSecond), std::nullopt);
}

TEST(RestartStrategy, ExponentialDelayGrowsToItsLimitAndBeginsAnew) {
  RestartStrategy strategy = Strategy({{"restart-strategy.exponential-delay.max-backoff", "3s"}});
  int64_t now = 0;
  for (const int64_t delay : {1'000'000, 1'500'000, 2'250'000, 3'000'000, 3'000'000}) {
    EXPECT_EQ(strategy.OnFailure(now), delay);
    now += delay + kSecond;
  }
  // An hour is counted from the restart, not from the failure before.
  now += *strategy.OnFailure(now) + 3'599 * kSecond;
  EXPECT_EQ(strategy.OnFailure(now), 3 * kSecond);
  now += 3 * kSecond + 3'600 * kSecond;
  EXPECT_EQ(strategy.OnFailure(now), kSecond);
}

TEST(RestartStrategy, JitterStaysWithinItsBounds) {
  const Config config = {{"restart-strategy.exponential-delay.initial-backoff", "10s"},
                         {"restart-strategy.exponential-delay.backoff-multiplier", "2"}};
  EXPECT_EQ(Strategy(config, 0).OnFailure(0), 10 * kSecond) << "never below the first";
  RestartStrategy low = Strategy(config, 0), high = Strategy(config, 1);
  low.OnFailure(0);
  high.OnFailure(0);
  EXPECT_EQ(low.OnFailure(11 * kSecond), 18 * kSecond);
  EXPECT_EQ(high.OnFailure(12 * kSecond), 22 * kSecond);
}

TEST(RestartStrategy, AttemptsBeforeReset) {
  RestartStrategy strategy =
      Strategy({{"restart-strategy.exponential-delay.attempts-before-reset-backoff", "2"},
                {"restart-strategy.exponential-delay.reset-backoff-threshold", "100s"}});
  EXPECT_TRUE(strategy.OnFailure(0));
  EXPECT_TRUE(strategy.OnFailure(200 * kSecond)) << "the waits began anew";
  EXPECT_TRUE(strategy.OnFailure(210 * kSecond));
  EXPECT_FALSE(strategy.OnFailure(220 * kSecond));
}

TEST(RestartStrategy, ErrorsNameTheOption) {
  const std::pair<Config, const char*> mistakes[] = {
      {{{"restart-strategy.type", "sometimes"}}, "restart-strategy.type"},
      {{{"restart-strategy.fixed-delay.attempts", "-1"}}, "restart-strategy.fixed-delay.attempts"},
      {{{"restart-strategy.exponential-delay.backoff-multiplier", "0.5"}}, "backoff-multiplier"},
      {{{"restart-strategy.exponential-delay.jitter-factor", "2"}}, "jitter-factor"},
      {{{"restart-strategy.exponential-delay.max-backoff", "1ms"}}, "max-backoff"},
      {{{"restart-strategy.fixed.delay", "1s"}}, "restart-strategy.fixed.delay"},
  };
  for (const auto& [config, part] : mistakes) {
    const auto options = RestartOptions::Parse(config, true);
    ASSERT_FALSE(options) << part;
    EXPECT_NE(options.error().message.find(part), std::string::npos) << options.error().message;
  }
}

}  // namespace
}  // namespace flinkc
