#include "compiler/spec/job_config.h"

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compiler/spec/parsed_spec.h"

namespace flinkc {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

std::string WithJob(std::string_view job) {
  return fmt::format(
      "flinkc: 1\njob: {}\nsources: {{a: {{connector: datagen}}}}\n"
      "streams: {{s: {{from: a, parallelism: 8}}}}\n"
      "sinks: {{o: {{from: a, connector: console}}}}\n",
      job);
}

// The configuration of a spec with `job`, and what was reported.
struct Configured {
  Configured(std::string_view job, std::vector<ConfigSetting> settings) : parsed(WithJob(job)) {
    config = MakeJobConfig(*parsed.spec, settings, "sales", parsed.log);
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const JobConfigEntry& entry : config.entries) {
      lines.push_back(fmt::format("{} = {} ({})", entry.name, entry.value, entry.OriginText()));
    }
    return lines;
  }

  Parsed parsed;
  JobConfig config;
};

TEST(JobConfig, TellsWhereEachValueComesFrom) {
  Configured configured("{parallelism: 2, config: {execution.runtime-mode: batch}}",
                        {{"taskmanager.memory.process.size", "512mb"}});
  EXPECT_THAT(configured.parsed.reports(), IsEmpty());
  EXPECT_THAT(configured.lines(), ElementsAre("execution.runtime-mode = BATCH (test.yaml:2)",
                                              "parallelism.default = 2 (test.yaml:2)",
                                              "pipeline.max-parallelism = 128 (default)",
                                              "pipeline.name = sales (default)",
                                              "table.local-time-zone = UTC (default)",
                                              "taskmanager.memory.process.size = 512mb (-D)"));
  EXPECT_EQ(configured.config.parallelism, 2);
  EXPECT_EQ(configured.config.runtime_mode, RuntimeMode::kBatch);
  EXPECT_EQ(configured.config.memory_size, int64_t{512} << 20);
  EXPECT_EQ(configured.config.name, "sales");
}

TEST(JobConfig, DefaultsLeaveMemoryToTheMachine) {
  Configured configured("{name: x}", {});
  EXPECT_EQ(configured.config.memory_size, std::nullopt);
  EXPECT_EQ(configured.config.parallelism, 1);
  EXPECT_EQ(configured.config.name, "x");
}

TEST(JobConfig, TheCommandLineWins) {
  Configured configured("{parallelism: 2, time_zone: Europe/Vienna}",
                        {{"parallelism.default", "4"}, {"parallelism.default", "5"}});
  EXPECT_EQ(configured.config.parallelism, 5);
  EXPECT_EQ(configured.config.time_zone, "Europe/Vienna");
  EXPECT_THAT(configured.lines(), Contains("parallelism.default = 5 (-D)"));
}

TEST(JobConfig, ReportsUnknownAndUnsupportedOptions) {
  Configured configured(
      "{config: {paralelism.default: 2, metrics.reporters: someone, zzz: 1, pipeline.name: [a]}}",
      {{"excution.runtime-mode", "BATCH"}});
  EXPECT_THAT(
      configured.parsed.reports(),
      ElementsAre(
          "E0213 -: unknown configuration option `excution.runtime-mode`",
          "E0213 2:16 `paralelism.default`: unknown configuration option `paralelism.default`",
          "E0202 2:39 `metrics.reporters`: the option `metrics.reporters` is not supported yet",
          "E0213 2:67 `zzz`: unknown configuration option `zzz`",
          "E0204 2:90 `[a]`: the option `pipeline.name` must be one value"));
  EXPECT_EQ(configured.parsed.log.diagnostics()[0].label, " did you mean `parallelism.default`?");
}

TEST(JobConfig, ReportsValuesThatDoNotFit) {
  Configured configured(
      "{config: {parallelism.default: 0, taskmanager.memory.process.size: 5 apples, "
      "execution.runtime-mode: fast}}",
      {{"pipeline.max-parallelism", "many"}});
  EXPECT_THAT(
      configured.parsed.reports(),
      ElementsAre("E0206 -: `pipeline.max-parallelism` cannot be `many` (from -D): expected a "
                  "whole number from 1 to 32768",
                  "E0206 2:37 `0`: `parallelism.default` cannot be `0`",
                  "E0206 2:73 `5 apples`: `taskmanager.memory.process.size` cannot be "
                  "`5 apples`",
                  "E0206 2:107 `fast`: `execution.runtime-mode` cannot be `fast`"));
}

TEST(JobConfig, MiniBatchesNeedALatencyAndASize) {
  const Configured whole(
      "{config: {table.exec.mini-batch.enabled: true, table.exec.mini-batch.allow-latency: 2s, "
      "table.exec.mini-batch.size: 500}}",
      {});
  EXPECT_THAT(whole.parsed.reports(), IsEmpty());
  ASSERT_TRUE(whole.config.mini_batch.has_value());
  EXPECT_EQ(whole.config.mini_batch->allow_latency_micros, 2'000'000);
  EXPECT_EQ(whole.config.mini_batch->size, 500);

  const Configured not_enabled("{config: {table.exec.mini-batch.size: 500}}", {});
  EXPECT_THAT(not_enabled.parsed.reports(), IsEmpty());
  EXPECT_FALSE(not_enabled.config.mini_batch.has_value());

  const Configured half(
      "{config: {table.exec.mini-batch.enabled: true, table.exec.mini-batch.size: 500}}", {});
  EXPECT_THAT(half.parsed.reports(),
              ElementsAre("E0206 2:47 `true`: mini-batches are enabled, and nothing says how long "
                          "a change may wait for one"));
  const Configured wrong("{config: {table.exec.mini-batch.size: 0}}", {});
  EXPECT_THAT(wrong.parsed.reports(),
              ElementsAre("E0206 2:44 `0`: `table.exec.mini-batch.size` cannot be `0`"));
}

TEST(JobConfig, WatermarksComeInTime) {
  const Configured whole(
      "{config: {pipeline.auto-watermark-interval: 50ms, table.exec.source.idle-timeout: 1min}}",
      {});
  EXPECT_THAT(whole.parsed.reports(), IsEmpty());
  EXPECT_EQ(whole.config.watermark_interval_micros, 50'000);
  EXPECT_EQ(whole.config.idle_after_micros, 60'000'000);
  const Configured none("{}", {});
  EXPECT_EQ(none.config.watermark_interval_micros, 200'000);
  EXPECT_EQ(none.config.idle_after_micros, 0);
  const Configured wrong("{config: {pipeline.auto-watermark-interval: 0}}", {});
  EXPECT_THAT(wrong.parsed.reports(),
              ElementsAre("E0206 2:50 `0`: `pipeline.auto-watermark-interval` cannot be `0`"));
}

TEST(JobConfig, TheStrategyOfAggregatesIsOneOfThree) {
  const Configured known("{config: {table.optimizer.agg-phase-strategy: two_phase}}", {});
  EXPECT_THAT(known.parsed.reports(), IsEmpty());
  const auto entry = std::ranges::find(known.config.entries, "table.optimizer.agg-phase-strategy",
                                       &JobConfigEntry::name);
  ASSERT_NE(entry, known.config.entries.end());
  EXPECT_EQ(entry->value, "TWO_PHASE");
  const Configured unknown("{config: {table.optimizer.agg-phase-strategy: NONE}}", {});
  EXPECT_THAT(unknown.parsed.reports(),
              ElementsAre("E0206 2:52 `NONE`: `table.optimizer.agg-phase-strategy` cannot be "
                          "`NONE`"));
}

TEST(JobConfig, ReportsAnOptionGivenTwiceInTheSpec) {
  Configured configured("{parallelism: 2, config: {parallelism.default: 3}}", {});
  EXPECT_THAT(configured.parsed.reports(),
              ElementsAre("E0215 2:53 `3`: `parallelism.default` is given twice"));
}

TEST(JobConfig, ShortKeysStandForFlinksOptions) {
  Configured configured(
      "{checkpoint: {every: 10s, dir: ./ck, mode: exactly_once, timeout: 1m, min_pause: 1s, "
      "max_concurrent: 2, tolerable_failures: 3, retain: 4, retention: retain_on_cancellation, "
      "incremental: true, savepoint_dir: /s}, restart: {strategy: fixed_delay, attempts: 5, "
      "delay: 2s}}",
      {{"execution.checkpointing.dir", "/other"}});
  EXPECT_THAT(configured.parsed.reports(), IsEmpty());
  EXPECT_THAT(
      configured.lines(),
      IsSupersetOf(
          {"execution.checkpointing.interval = 10s (test.yaml:2)",
           "execution.checkpointing.dir = /other (-D)",
           "execution.checkpointing.mode = EXACTLY_ONCE (test.yaml:2)",
           "execution.checkpointing.timeout = 1m (test.yaml:2)",
           "execution.checkpointing.min-pause = 1s (test.yaml:2)",
           "execution.checkpointing.max-concurrent-checkpoints = 2 (test.yaml:2)",
           "execution.checkpointing.tolerable-failed-checkpoints = 3 (test.yaml:2)",
           "execution.checkpointing.num-retained = 4 (test.yaml:2)",
           "execution.checkpointing.externalized-checkpoint-retention = RETAIN_ON_CANCELLATION "
           "(test.yaml:2)",
           "execution.checkpointing.incremental = true (test.yaml:2)",
           "execution.checkpointing.savepoint-dir = /s (test.yaml:2)",
           "restart-strategy.type = fixed-delay (test.yaml:2)",
           "restart-strategy.fixed-delay.attempts = 5 (test.yaml:2)",
           "restart-strategy.fixed-delay.delay = 2s (test.yaml:2)"}));
}

TEST(JobConfig, TheStateOfAJobHasShortKeysToo) {
  Configured configured("{state: {backend: rocksdb, ttl: 1d, memory: 256mb, local_dir: /fast}}",
                        {});
  EXPECT_THAT(configured.parsed.reports(), IsEmpty());
  EXPECT_THAT(configured.lines(),
              IsSupersetOf({"state.backend.type = rocksdb (test.yaml:2)",
                            "table.exec.state.ttl = 1d (test.yaml:2)",
                            "taskmanager.memory.managed.size = 256mb (test.yaml:2)",
                            "state.backend.rocksdb.localdir = /fast (test.yaml:2)"}));
  EXPECT_THAT(Configured("{state: {backend: disk}}", {}).parsed.reports(),
              ElementsAre("E0206 2:24 `disk`: `state.backend.type` cannot be `disk`"));
}

TEST(JobConfig, AKeyOfARestartMeansWhatItsStrategySays) {
  EXPECT_THAT(Configured("{restart: {strategy: failure_rate, failures: 3, per: 5m, delay: 1s}}", {})
                  .lines(),
              IsSupersetOf({"restart-strategy.type = failure-rate (test.yaml:2)",
                            "restart-strategy.failure-rate.max-failures-per-interval = 3 "
                            "(test.yaml:2)",
                            "restart-strategy.failure-rate.failure-rate-interval = 5m "
                            "(test.yaml:2)",
                            "restart-strategy.failure-rate.delay = 1s (test.yaml:2)"}));
  EXPECT_THAT(
      Configured("{restart: {strategy: exponential_delay, attempts: 3, initial: 1s, max: 9s, "
                 "multiplier: 2, jitter: 0.2, reset_after: 1m}}",
                 {})
          .lines(),
      IsSupersetOf(
          {"restart-strategy.exponential-delay.attempts-before-reset-backoff = 3 (test.yaml:2)",
           "restart-strategy.exponential-delay.initial-backoff = 1s (test.yaml:2)",
           "restart-strategy.exponential-delay.max-backoff = 9s (test.yaml:2)",
           "restart-strategy.exponential-delay.backoff-multiplier = 2 (test.yaml:2)",
           "restart-strategy.exponential-delay.jitter-factor = 0.2 (test.yaml:2)",
           "restart-strategy.exponential-delay.reset-backoff-threshold = 1m (test.yaml:2)"}));
  EXPECT_THAT(Configured("{restart: {strategy: none, delay: 1s}}", {}).parsed.reports(),
              ElementsAre("E0206 2:33 `delay`: `delay` means nothing with `strategy: none`"));
  EXPECT_THAT(Configured("{restart: {attempts: 1}}", {}).parsed.reports(),
              ElementsAre("E0203 2:16 `{`: `restart` of `job` has no `strategy`"));
  EXPECT_THAT(Configured("{restart: {strategy: fixd_delay, delay: 1s}}", {}).parsed.reports(),
              ElementsAre("E0206 2:27 `fixd_delay`: `restart-strategy.type` cannot be "
                          "`fixd_delay`"));
}

TEST(JobConfig, CheckpointsNeedADirectory) {
  EXPECT_THAT(Configured("{checkpoint: {every: 10s}}", {}).parsed.reports(),
              ElementsAre("E0206 2:27 `10s`: there are to be checkpoints, and nothing says where "
                          "to keep them"));
  EXPECT_THAT(Configured("{checkpoint: {every: 10s}}", {{"execution.checkpointing.dir", "x"}})
                  .parsed.reports(),
              IsEmpty());
  EXPECT_THAT(
      Configured("{checkpoint: {every: 10s, dir: x, mode: at_least_once}}", {}).parsed.reports(),
      ElementsAre("E0206 2:46 `at_least_once`: `execution.checkpointing.mode` cannot be "
                  "`at_least_once`"));
  EXPECT_THAT(
      Configured("{checkpoint: {every: 1s, dir: x}, config: {execution.checkpointing.dir: y}}", {})
          .parsed.reports(),
      ElementsAre("E0215 2:78 `y`: `execution.checkpointing.dir` is given twice"));
}

TEST(JobConfig, ParallelismStaysBelowTheKeyGroups) {
  Configured configured("{parallelism: 5, max_parallelism: 4}", {});
  EXPECT_THAT(configured.parsed.reports(),
              ElementsAre("E0206 2:20 `5`: the parallelism of the job, 5, is above the number of "
                          "key groups, 4",
                          "E0206 4:37 `8`: the parallelism of stream `s`, 8, is above the number "
                          "of key groups, 4"));
}

TEST(ParseConfigOption, SplitsAtTheFirstEqualsSign) {
  EXPECT_EQ(ParseConfigOption("a.b=c=d")->name, "a.b");
  EXPECT_EQ(ParseConfigOption("a.b=c=d")->value, "c=d");
  EXPECT_FALSE(ParseConfigOption("a.b"));
  EXPECT_FALSE(ParseConfigOption("=x"));
}

}  // namespace
}  // namespace flinkc
