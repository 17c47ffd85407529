// The effective configuration of a job: Flink's options under Flink's names, each with its value
// and where that comes from. The short keys of `job:` are sugar for some of them. -D wins over the
// spec, the spec over the defaults; a spec that gives one option twice is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "compiler/spec/job_spec.h"
#include "runtime/base/result.h"

namespace flinkc {

enum class RuntimeMode : uint8_t { kStreaming, kBatch };

// `-D option=value`.
struct ConfigSetting {
  std::string name;
  std::string value;
};
Result<ConfigSetting> ParseConfigOption(std::string_view option);

// One option as printed: "parallelism.default", "4", where from.
struct JobConfigEntry {
  enum class Origin : uint8_t { kDefault, kSpec, kCommandLine };

  std::string_view name;
  std::string value;  // in its usual writing: "BATCH", "512mb"
  Origin origin = Origin::kDefault;
  SourceSpan span;  // of the spec's value

  // "default", "-D", "sales.yaml:4".
  std::string OriginText() const;
};

// table.exec.mini-batch.*: how long, and for how many of them, changes wait to leave as one.
struct MiniBatchConfig {
  bool enabled = false;
  int64_t allow_latency_micros = 0;
  int64_t size = 0;
};

struct JobConfig {
  std::string name;                                    // pipeline.name
  int32_t parallelism = 1;                             // parallelism.default
  int32_t max_parallelism = 128;                       // pipeline.max-parallelism: key groups
  RuntimeMode runtime_mode = RuntimeMode::kStreaming;  // execution.runtime-mode
  std::string time_zone = "UTC";                       // table.local-time-zone
  // table.exec.state.ttl: of the groups of aggregates without a window that say nothing of their
  // own; 0: for ever.
  int64_t state_ttl_micros = 0;
  int64_t watermark_interval_micros = 200'000;  // pipeline.auto-watermark-interval
  // table.exec.source.idle-timeout: of sources that say nothing of their own; 0: never idle.
  int64_t idle_after_micros = 0;
  // Absent unless enabled.
  std::optional<MiniBatchConfig> mini_batch;
  // taskmanager.memory.process.size in bytes; absent: three quarters of what the machine or the
  // control group has.
  std::optional<int64_t> memory_size;

  // All options that this flinkc knows, by name.
  std::vector<JobConfigEntry> entries;
};

// The options that a spec or -D may set.
std::vector<std::string_view> JobConfigOptions();

// Reports unknown options with suggestions, options of Flink that are not supported yet, values
// that do not fit, and a parallelism (of the job or a stream) above the number of key groups.
// `default_name` is the job's name if the spec gives none.
JobConfig MakeJobConfig(const JobSpec& spec, const std::vector<ConfigSetting>& settings,
                        std::string_view default_name, DiagnosticLog& log);

}  // namespace flinkc
