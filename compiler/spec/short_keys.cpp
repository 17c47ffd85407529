#include "compiler/spec/short_keys.h"

namespace flinkc {

namespace {

constexpr std::string_view kCheckpoint = "job checkpoint";
constexpr std::string_view kState = "job state";
constexpr std::string_view kRestart = "job restart";
constexpr std::string_view kFixed = "fixed_delay";
constexpr std::string_view kRate = "failure_rate";
constexpr std::string_view kBackoff = "exponential_delay";

constexpr ShortKey kShortKeys[] = {
    {kCheckpoint, "every", "execution.checkpointing.interval"},
    {kCheckpoint, "dir", "execution.checkpointing.dir"},
    {kCheckpoint, "mode", "execution.checkpointing.mode"},
    {kCheckpoint, "timeout", "execution.checkpointing.timeout"},
    {kCheckpoint, "min_pause", "execution.checkpointing.min-pause"},
    {kCheckpoint, "max_concurrent", "execution.checkpointing.max-concurrent-checkpoints"},
    {kCheckpoint, "tolerable_failures", "execution.checkpointing.tolerable-failed-checkpoints"},
    {kCheckpoint, "retain", "execution.checkpointing.num-retained"},
    {kCheckpoint, "retention", "execution.checkpointing.externalized-checkpoint-retention"},
    {kCheckpoint, "incremental", "execution.checkpointing.incremental"},
    {kCheckpoint, "savepoint_dir", "execution.checkpointing.savepoint-dir"},

    {kState, "backend", "state.backend.type"},
    {kState, "ttl", "table.exec.state.ttl"},
    {kState, "memory", "taskmanager.memory.managed.size"},
    {kState, "local_dir", "state.backend.rocksdb.localdir"},

    {kRestart, "strategy", "restart-strategy.type"},
    {kRestart, "attempts", "restart-strategy.fixed-delay.attempts", kFixed},
    {kRestart, "attempts", "restart-strategy.exponential-delay.attempts-before-reset-backoff",
     kBackoff},
    {kRestart, "delay", "restart-strategy.fixed-delay.delay", kFixed},
    {kRestart, "delay", "restart-strategy.failure-rate.delay", kRate},
    {kRestart, "failures", "restart-strategy.failure-rate.max-failures-per-interval", kRate},
    {kRestart, "per", "restart-strategy.failure-rate.failure-rate-interval", kRate},
    {kRestart, "initial", "restart-strategy.exponential-delay.initial-backoff", kBackoff},
    {kRestart, "max", "restart-strategy.exponential-delay.max-backoff", kBackoff},
    {kRestart, "multiplier", "restart-strategy.exponential-delay.backoff-multiplier", kBackoff},
    {kRestart, "jitter", "restart-strategy.exponential-delay.jitter-factor", kBackoff},
    {kRestart, "reset_after", "restart-strategy.exponential-delay.reset-backoff-threshold",
     kBackoff},
};

}  // namespace

std::span<const ShortKey> ShortKeys() { return kShortKeys; }

}  // namespace flinkc
