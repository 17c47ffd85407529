#include "compiler/spec/job_config.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/spec/limits.h"
#include "compiler/spec/quantities.h"
#include "compiler/spec/yaml_tree.h"

namespace flinkc {

namespace {

// A value before it is read.
struct Given {
  std::string text;
  SourceSpan span;
  JobConfigEntry::Origin origin = JobConfigEntry::Origin::kDefault;
};

// Reads `text` into `config`; the usual writing of the value, or what was expected instead.
using ReadOption = std::expected<std::string, std::string> (*)(std::string_view text,
                                                               JobConfig& config);

std::expected<int32_t, std::string> ReadCount(std::string_view text) {
  int32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 ||
      value > kMaxParallelism) {
    return std::unexpected(fmt::format("expected a whole number from 1 to {}", kMaxParallelism));
  }
  return value;
}

std::expected<std::string, std::string> ReadParallelism(std::string_view text, JobConfig& config) {
  std::expected<int32_t, std::string> count = ReadCount(text);
  if (!count) return std::unexpected(count.error());
  config.parallelism = *count;
  return std::string(text);
}

std::expected<std::string, std::string> ReadMaxParallelism(std::string_view text,
                                                           JobConfig& config) {
  std::expected<int32_t, std::string> count = ReadCount(text);
  if (!count) return std::unexpected(count.error());
  config.max_parallelism = *count;
  return std::string(text);
}

std::expected<std::string, std::string> ReadName(std::string_view text, JobConfig& config) {
  if (text.empty()) return std::unexpected("expected a name");
  config.name = text;
  return std::string(text);
}

std::expected<std::string, std::string> ReadTimeZone(std::string_view text, JobConfig& config) {
  if (text.empty()) return std::unexpected("expected a time zone such as Europe/Vienna or UTC");
  config.time_zone = text;
  return std::string(text);
}

std::expected<std::string, std::string> ReadMemory(std::string_view text, JobConfig& config) {
  std::expected<int64_t, QuantityError> size = ParseSize(text);
  if (!size) return std::unexpected(size.error().message);
  constexpr int64_t kLeast = int64_t{16} << 20;
  if (*size < kLeast) return std::unexpected("expected at least 16mb");
  config.memory_size = *size;
  return std::string(text);
}

std::expected<std::string, std::string> ReadRuntimeMode(std::string_view text, JobConfig& config) {
  std::string upper;
  for (char c : text) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (upper != "STREAMING" && upper != "BATCH") {
    return std::unexpected("expected STREAMING or BATCH");
  }
  config.runtime_mode = upper == "BATCH" ? RuntimeMode::kBatch : RuntimeMode::kStreaming;
  return upper;
}

// The options of checkpoints and restarts are read where they have their effect
// (runtime/checkpoint); here only what a spec can get wrong is told with its place.
std::expected<std::string, std::string> TakeText(std::string_view text, JobConfig&) {
  if (text.empty()) return std::unexpected("expected a value");
  return std::string(text);
}

std::expected<std::string, std::string> TakeDuration(std::string_view text, JobConfig&) {
  const std::expected<int64_t, QuantityError> duration = ParseDuration(text);
  if (!duration) return std::unexpected(duration.error().message);
  if (*duration < 0) return std::unexpected("expected a duration of 0 or more");
  return std::string(text);
}

std::expected<std::string, std::string> TakeNumber(std::string_view text, JobConfig&) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::unexpected("expected a whole number of 0 or more");
  }
  return std::string(text);
}

std::expected<std::string, std::string> TakePort(std::string_view text, JobConfig& config) {
  std::expected<std::string, std::string> number = TakeNumber(text, config);
  if (!number || text.size() > 5 || std::stoi(*number) > 65'535) {
    return std::unexpected("expected a port, or 0 for any that is free");
  }
  return number;
}

std::expected<std::string, std::string> TakeDecimal(std::string_view text, JobConfig&) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) {
    return std::unexpected("expected a number of 0 or more");
  }
  return std::string(text);
}

std::expected<std::string, std::string> TakeFlag(std::string_view text, JobConfig&) {
  if (text != "true" && text != "false") return std::unexpected("expected true or false");
  return std::string(text);
}

// The word of `words` that is `text` but for case, and `_` for `-`.
std::expected<std::string, std::string> ReadWord(std::string_view text,
                                                 std::span<const std::string_view> words) {
  const auto same = [](char a, char b) {
    const auto plain = [](char c) {
      if (c == '-') return '_';
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    };
    return plain(a) == plain(b);
  };
  for (std::string_view word : words) {
    if (std::ranges::equal(text, word, same)) return std::string(word);
  }
  return std::unexpected(fmt::format("expected {}", fmt::join(words, ", ")));
}

constexpr std::string_view kClaimModes[] = {"NO_CLAIM", "CLAIM"};
constexpr std::string_view kCheckpointModes[] = {"EXACTLY_ONCE"};
constexpr std::string_view kRetentions[] = {"NO_EXTERNALIZED_CHECKPOINTS", "DELETE_ON_CANCELLATION",
                                            "RETAIN_ON_CANCELLATION"};
constexpr std::string_view kRestartTypes[] = {"none",        "off",          "disable",
                                              "fixed-delay", "failure-rate", "exponential-delay"};

constexpr std::string_view kSchedulers[] = {"Default", "Adaptive"};
constexpr std::string_view kFailoverStrategies[] = {"region", "full"};
constexpr std::string_view kBackendTypes[] = {"hashmap", "rocksdb"};
constexpr std::string_view kAggPhaseStrategies[] = {"AUTO", "TWO_PHASE", "ONE_PHASE"};

std::expected<std::string, std::string> TakeFraction(std::string_view text, JobConfig&) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0 && value <= 1)) {
    return std::unexpected("expected a number above 0 and up to 1");
  }
  return std::string(text);
}

std::expected<std::string, std::string> TakeManagedSize(std::string_view text, JobConfig&) {
  std::expected<int64_t, QuantityError> size = ParseSize(text);
  if (!size) return std::unexpected(size.error().message);
  constexpr int64_t kLeast = int64_t{1} << 20;
  if (*size < kLeast) return std::unexpected("expected at least 1mb");
  return std::string(text);
}

template <const auto& words>
std::expected<std::string, std::string> TakeWord(std::string_view text, JobConfig&) {
  return ReadWord(text, words);
}

std::expected<std::string, std::string> ReadStateTtl(std::string_view text, JobConfig& config) {
  const std::expected<int64_t, QuantityError> duration = ParseDuration(text);
  if (!duration) return std::unexpected(duration.error().message);
  if (*duration < 0) return std::unexpected("expected a duration, or 0 for ever");
  config.state_ttl_micros = *duration;
  return std::string(text);
}

std::expected<std::string, std::string> ReadWatermarkInterval(std::string_view text,
                                                              JobConfig& config) {
  const std::expected<int64_t, QuantityError> duration = ParseDuration(text);
  if (!duration) return std::unexpected(duration.error().message);
  if (*duration <= 0) {
    return std::unexpected("expected a duration above 0: without watermarks no window would end");
  }
  config.watermark_interval_micros = *duration;
  return std::string(text);
}

std::expected<std::string, std::string> ReadIdleTimeout(std::string_view text, JobConfig& config) {
  const std::expected<int64_t, QuantityError> duration = ParseDuration(text);
  if (!duration) return std::unexpected(duration.error().message);
  if (*duration < 0) return std::unexpected("expected a duration, or 0 for never");
  config.idle_after_micros = *duration;
  return std::string(text);
}

// The options of mini-batches are read one by one, and looked at together at the end.
MiniBatchConfig& MiniBatchOf(JobConfig& config) {
  if (!config.mini_batch) config.mini_batch.emplace();
  return *config.mini_batch;
}

std::expected<std::string, std::string> ReadMiniBatch(std::string_view text, JobConfig& config) {
  std::expected<std::string, std::string> flag = TakeFlag(text, config);
  if (flag) MiniBatchOf(config).enabled = text == "true";
  return flag;
}

std::expected<std::string, std::string> ReadMiniBatchLatency(std::string_view text,
                                                             JobConfig& config) {
  const std::expected<int64_t, QuantityError> duration = ParseDuration(text);
  if (!duration) return std::unexpected(duration.error().message);
  if (*duration <= 0) return std::unexpected("expected a duration above 0");
  MiniBatchOf(config).allow_latency_micros = *duration;
  return std::string(text);
}

std::expected<std::string, std::string> ReadMiniBatchSize(std::string_view text,
                                                          JobConfig& config) {
  int64_t rows = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rows);
  if (error != std::errc() || end != text.data() + text.size() || rows <= 0) {
    return std::unexpected("expected a whole number above 0");
  }
  MiniBatchOf(config).size = rows;
  return std::string(text);
}

struct ConfigOption {
  std::string_view name;
  std::string_view default_value;  // "": it stands in the configuration only where it is given
  ReadOption read;
};

// By name. Only what has an effect.
constexpr ConfigOption kOptions[] = {
    {"client.heartbeat.interval", "", TakeDuration},
    {"client.heartbeat.timeout", "", TakeDuration},
    {"execution.checkpointing.aligned-checkpoint-timeout", "", TakeDuration},
    {"execution.checkpointing.checkpoints-after-tasks-finish", "", TakeFlag},
    {"execution.checkpointing.dir", "", TakeText},
    {"execution.checkpointing.externalized-checkpoint-retention", "", TakeWord<kRetentions>},
    {"execution.checkpointing.incremental", "", TakeFlag},
    {"execution.checkpointing.interval", "", TakeDuration},
    {"execution.checkpointing.local-backup.enabled", "", TakeFlag},
    {"execution.checkpointing.max-concurrent-checkpoints", "", TakeNumber},
    {"execution.checkpointing.min-pause", "", TakeDuration},
    {"execution.checkpointing.mode", "", TakeWord<kCheckpointModes>},
    {"execution.checkpointing.num-retained", "", TakeNumber},
    {"execution.checkpointing.savepoint-dir", "", TakeText},
    {"execution.checkpointing.timeout", "", TakeDuration},
    {"execution.checkpointing.tolerable-failed-checkpoints", "", TakeNumber},
    {"execution.checkpointing.unaligned.enabled", "", TakeFlag},
    {"execution.runtime-mode", "STREAMING", ReadRuntimeMode},
    {"execution.shutdown-on-attached-exit", "", TakeFlag},
    {"execution.state-recovery.claim-mode", "", TakeWord<kClaimModes>},
    {"execution.state-recovery.from-local", "", TakeFlag},
    {"execution.state-recovery.ignore-unclaimed-state", "", TakeFlag},
    {"execution.state-recovery.path", "", TakeText},
    {"jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling", "", TakeDuration},
    {"jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout", "", TakeDuration},
    {"jobmanager.adaptive-scheduler.rescale-trigger.max-checkpoint-failures", "", TakeNumber},
    {"jobmanager.adaptive-scheduler.rescale-trigger.max-delay", "", TakeDuration},
    {"jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout", "", TakeDuration},
    {"jobmanager.adaptive-scheduler.submission.resource-wait-timeout", "", TakeDuration},
    {"jobmanager.execution.failover-strategy", "", TakeWord<kFailoverStrategies>},
    {"jobmanager.scheduler", "", TakeWord<kSchedulers>},
    {"parallelism.default", "1", ReadParallelism},
    {"pipeline.auto-watermark-interval", "", ReadWatermarkInterval},
    {"pipeline.max-parallelism", "128", ReadMaxParallelism},
    {"pipeline.name", "", ReadName},
    {"rest.address", "", TakeText},
    {"rest.port", "", TakePort},
    {"restart-strategy.exponential-delay.attempts-before-reset-backoff", "", TakeText},
    {"restart-strategy.exponential-delay.backoff-multiplier", "", TakeDecimal},
    {"restart-strategy.exponential-delay.initial-backoff", "", TakeDuration},
    {"restart-strategy.exponential-delay.jitter-factor", "", TakeDecimal},
    {"restart-strategy.exponential-delay.max-backoff", "", TakeDuration},
    {"restart-strategy.exponential-delay.reset-backoff-threshold", "", TakeDuration},
    {"restart-strategy.failure-rate.delay", "", TakeDuration},
    {"restart-strategy.failure-rate.failure-rate-interval", "", TakeDuration},
    {"restart-strategy.failure-rate.max-failures-per-interval", "", TakeNumber},
    {"restart-strategy.fixed-delay.attempts", "", TakeNumber},
    {"restart-strategy.fixed-delay.delay", "", TakeDuration},
    {"restart-strategy.type", "", TakeWord<kRestartTypes>},
    {"state.backend.rocksdb.localdir", "", TakeText},
    {"state.backend.type", "", TakeWord<kBackendTypes>},
    {"table.exec.mini-batch.allow-latency", "", ReadMiniBatchLatency},
    {"table.exec.mini-batch.enabled", "", ReadMiniBatch},
    {"table.exec.mini-batch.size", "", ReadMiniBatchSize},
    {"table.exec.source.idle-timeout", "", ReadIdleTimeout},
    {"table.exec.state.ttl", "", ReadStateTtl},
    {"table.local-time-zone", "UTC", ReadTimeZone},
    {"table.optimizer.agg-phase-strategy", "", TakeWord<kAggPhaseStrategies>},
    {"taskmanager.memory.managed.fraction", "", TakeFraction},
    {"taskmanager.memory.managed.size", "", TakeManagedSize},
    {"taskmanager.memory.process.size", "three quarters of the memory", ReadMemory},
    {"taskmanager.state.local.root-dirs", "", TakeText},
};

// Flink's, and with a meaning here, but not built yet. A name that ends with a dot is a group.
constexpr std::string_view kNotYet[] = {
    "execution.buffer-timeout.",
    "execution.checkpointing.",
    "execution.state-recovery.",
    "heartbeat.",
    "high-availability.",
    "jobmanager.",
    "metrics.",
    "pipeline.object-reuse",
    "pipeline.operator-chaining.enabled",
    "rest.",
    "security.",
    "state.",
    "taskmanager.",
};

bool IsNotYet(std::string_view name) {
  for (std::string_view known : kNotYet) {
    if (known.ends_with('.') ? name.starts_with(known) : name == known) return true;
  }
  return false;
}

class ConfigBuilder {
 public:
  ConfigBuilder(const JobSpec& spec, DiagnosticLog& log)
      : spec_(spec), log_(log), given_(std::size(kOptions)) {}

  JobConfig Build(const std::vector<ConfigSetting>& settings, std::string_view default_name);

 private:
  void TakeSpec();
  void TakeShortKey(std::string_view name, std::string text, SourceSpan span);
  void TakeSettings(const std::vector<ConfigSetting>& settings);
  // The index of the option, or -1 after a report.
  int Find(std::string_view name, SourceSpan span);
  void CheckParallelism(const JobConfig& config);
  void CheckCheckpoints(const JobConfig& config);
  void CheckMiniBatch(JobConfig& config);

  const JobSpec& spec_;
  DiagnosticLog& log_;
  std::vector<std::optional<Given>> given_;  // parallel to kOptions
};

int ConfigBuilder::Find(std::string_view name, SourceSpan span) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < std::size(kOptions); ++i) {
    if (kOptions[i].name == name) return static_cast<int>(i);
    names.push_back(kOptions[i].name);
  }
  std::string suggestion = SuggestText(name, names);
  if (suggestion.empty() && IsNotYet(name)) {
    log_.Report(DiagnosticCode::kNotSupportedYet, span,
                fmt::format("the option `{}` is not supported yet", name));
    return -1;
  }
  log_.Report(DiagnosticCode::kUnknownConfigOption, span,
              fmt::format("unknown configuration option `{}`", name))
      .Label(suggestion)
      .Help(fmt::format("the options are {}", fmt::join(names, ", ")));
  return -1;
}

void ConfigBuilder::TakeSpec() {
  for (const OptionEntry& entry : spec_.job.config) {
    int index = Find(entry.name.value, entry.name.span);
    if (index < 0) continue;
    if (entry.value.kind != OptionValue::Kind::kScalar) {
      log_.Report(DiagnosticCode::kWrongKind, entry.value.span,
                  fmt::format("the option `{}` must be one value", entry.name.value));
      continue;
    }
    given_[static_cast<size_t>(index)] =
        Given{entry.value.text.value, entry.value.span, JobConfigEntry::Origin::kSpec};
  }
  const JobSection& job = spec_.job;
  if (!job.name.value.empty()) TakeShortKey("pipeline.name", job.name.value, job.name.span);
  if (job.parallelism) {
    TakeShortKey("parallelism.default", fmt::format("{}", job.parallelism->value),
                 job.parallelism->span);
  }
  if (job.max_parallelism) {
    TakeShortKey("pipeline.max-parallelism", fmt::format("{}", job.max_parallelism->value),
                 job.max_parallelism->span);
  }
  if (job.time_zone) {
    TakeShortKey("table.local-time-zone", job.time_zone->value, job.time_zone->span);
  }
  for (const ShortOption& short_option : job.short_options) {
    TakeShortKey(short_option.option, short_option.value.value, short_option.value.span);
  }
}

void ConfigBuilder::TakeShortKey(std::string_view name, std::string text, SourceSpan span) {
  std::optional<Given>& given = given_[static_cast<size_t>(Find(name, span))];
  if (given) {
    log_.Report(DiagnosticCode::kConflictingKeys, given->span,
                fmt::format("`{}` is given twice", name))
        .Also(span, "here by its short key")
        .Help("remove one of them");
  }
  given = Given{std::move(text), span, JobConfigEntry::Origin::kSpec};
}

void ConfigBuilder::TakeSettings(const std::vector<ConfigSetting>& settings) {
  for (const ConfigSetting& setting : settings) {
    int index = Find(setting.name, {});
    if (index < 0) continue;
    given_[static_cast<size_t>(index)] =
        Given{setting.value, {}, JobConfigEntry::Origin::kCommandLine};
  }
}

void ConfigBuilder::CheckParallelism(const JobConfig& config) {
  auto check = [&](int32_t parallelism, SourceSpan span, std::string_view whose) {
    if (parallelism <= config.max_parallelism) return;
    log_.Report(DiagnosticCode::kInvalidValue, span,
                fmt::format("the parallelism of {}, {}, is above the number of key groups, {}",
                            whose, parallelism, config.max_parallelism))
        .Help("raise `pipeline.max-parallelism` (`max_parallelism` of `job`), or lower it");
  };
  SourceSpan span;
  for (const JobConfigEntry& entry : config.entries) {
    if (entry.name == "parallelism.default") span = entry.span;
  }
  check(config.parallelism, span, "the job");
  for (const StreamSpec& stream : spec_.streams) {
    if (!stream.parallelism) continue;
    check(stream.parallelism->value, stream.parallelism->span,
          fmt::format("stream `{}`", stream.name.value));
  }
}

void ConfigBuilder::CheckCheckpoints(const JobConfig& config) {
  const auto find = [&](std::string_view name) {
    return std::ranges::find(config.entries, name, &JobConfigEntry::name);
  };
  const auto interval = find("execution.checkpointing.interval");
  if (interval == config.entries.end() ||
      find("execution.checkpointing.dir") != config.entries.end()) {
    return;
  }
  log_.Report(DiagnosticCode::kInvalidValue, interval->span,
              fmt::format("there are to be checkpoints{}, and nothing says where to keep them",
                          interval->span.is_valid() ? "" : " (from -D)"))
      .Help("give `dir` beside `every` in `job.checkpoint` (`execution.checkpointing.dir`)");
}

void ConfigBuilder::CheckMiniBatch(JobConfig& config) {
  if (!config.mini_batch || !config.mini_batch->enabled) {
    config.mini_batch.reset();
    return;
  }
  const bool has_latency = config.mini_batch->allow_latency_micros > 0;
  if (has_latency && config.mini_batch->size > 0) return;
  const auto enabled =
      std::ranges::find(config.entries, "table.exec.mini-batch.enabled", &JobConfigEntry::name);
  log_.Report(DiagnosticCode::kInvalidValue, enabled->span,
              fmt::format("mini-batches are enabled, and nothing says {}",
                          has_latency ? "how many rows one may have"
                                      : "how long a change may wait for one"))
      .Help(has_latency ? "give `table.exec.mini-batch.size: 4000`"
                        : "give `table.exec.mini-batch.allow-latency: 1s`");
}

JobConfig ConfigBuilder::Build(const std::vector<ConfigSetting>& settings,
                               std::string_view default_name) {
  TakeSpec();
  TakeSettings(settings);
  JobConfig config;
  config.name = default_name;
  for (size_t i = 0; i < std::size(kOptions); ++i) {
    const ConfigOption& option = kOptions[i];
    JobConfigEntry entry{option.name, std::string(option.default_value)};
    if (option.read == ReadName) entry.value = default_name;
    if (given_[i]) {
      std::expected<std::string, std::string> value = option.read(given_[i]->text, config);
      if (value) {
        entry = {option.name, *std::move(value), given_[i]->origin, given_[i]->span};
      } else {
        std::string message = fmt::format("`{}` cannot be `{}`", option.name, given_[i]->text);
        // Without a place there is no line to put the label on.
        if (!given_[i]->span.is_valid()) message += fmt::format(" (from -D): {}", value.error());
        log_.Report(DiagnosticCode::kInvalidValue, given_[i]->span, std::move(message))
            .Label(value.error());
      }
    }
    if (!entry.value.empty() || option.read == ReadName) config.entries.push_back(std::move(entry));
  }
  CheckParallelism(config);
  CheckCheckpoints(config);
  CheckMiniBatch(config);
  return config;
}

}  // namespace

Result<ConfigSetting> ParseConfigOption(std::string_view option) {
  size_t equals = option.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("`-D {}` is not of the form `-D option=value`", option));
  }
  return ConfigSetting{std::string(option.substr(0, equals)),
                       std::string(option.substr(equals + 1))};
}

std::string JobConfigEntry::OriginText() const {
  switch (origin) {
    case Origin::kDefault:
      return "default";
    case Origin::kCommandLine:
      return "-D";
    case Origin::kSpec:
      if (!span.is_valid()) return "spec";
      return fmt::format("{}:{}", span.buffer->name(), span.buffer->Locate(span.begin).line);
  }
  return "";
}

std::vector<std::string_view> JobConfigOptions() {
  std::vector<std::string_view> names;
  for (const ConfigOption& option : kOptions) names.push_back(option.name);
  return names;
}

JobConfig MakeJobConfig(const JobSpec& spec, const std::vector<ConfigSetting>& settings,
                        std::string_view default_name, DiagnosticLog& log) {
  return ConfigBuilder(spec, log).Build(settings, default_name);
}

}  // namespace flinkc
