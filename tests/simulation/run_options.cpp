#include "tests/simulation/run_options.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc {

namespace {

std::string Millis(int64_t millis) { return fmt::format("{}ms", millis); }

}  // namespace

RunOptions::RunOptions(Chance* chance, Mutation mutation) {
  config["execution.checkpointing.dir"] = "/ckpt";
  config["execution.checkpointing.savepoint-dir"] = "/saved";
  config["execution.checkpointing.interval"] = Millis(chance->OneOf({1, 10, 30, 100}));
  config["execution.checkpointing.min-pause"] = Millis(chance->OneOf({0, 0, 0, 20}));
  config["execution.checkpointing.max-concurrent-checkpoints"] =
      std::to_string(chance->OneOf({1, 1, 2, 3}));
  const int tolerable = chance->OneOf({0, 1, 5, 1000});
  config["execution.checkpointing.tolerable-failed-checkpoints"] = std::to_string(tolerable);
  // Where none is ever in time the job gets nowhere, unless it does not mind.
  const int64_t timeout = chance->OneOf({50, 200, 1'000, 1'000});
  config["execution.checkpointing.timeout"] =
      Millis(tolerable < 1000 ? std::max<int64_t>(timeout, 200) : timeout);
  config["execution.checkpointing.num-retained"] = std::to_string(chance->OneOf({1, 1, 2, 3}));
  config["execution.checkpointing.incremental"] = chance->Below(4) != 0 ? "true" : "false";
  config["execution.checkpointing.externalized-checkpoint-retention"] = "RETAIN_ON_CANCELLATION";
  config["restart-strategy.type"] = chance->OneOf({"exponential-delay", "fixed-delay"});
  config["restart-strategy.exponential-delay.initial-backoff"] = "10ms";
  config["restart-strategy.exponential-delay.max-backoff"] = "50ms";
  config["restart-strategy.fixed-delay.attempts"] = std::to_string(chance->OneOf({0, 3, 1000}));
  config["restart-strategy.fixed-delay.delay"] = "5ms";
  two_sources = chance->Happens(0.35);
  with_total = chance->Happens(0.5);
  with_windows = chance->Happens(0.75);
  own_slots = chance->Happens(0.5);
  partitioned = chance->Happens(0.4);
  assigns_all_at_start = chance->Happens(0.5);
  batch_rows_max = chance->OneOf({1, 4, 30});
  watermark_interval_millis = chance->OneOf({1, 1, 10, 200});
  parallelism_max = static_cast<uint32_t>(chance->OneOf({1, 2, 4}));
  changes_parallelism = chance->OneOf({0.0, 0.3, 1.0});
  config["execution.checkpointing.aligned-checkpoint-timeout"] =
      Millis(chance->OneOf({0, 1, 5, 50}));
  overtakes = config["execution.checkpointing.max-concurrent-checkpoints"] == "1";
  if (overtakes) config["execution.checkpointing.unaligned.enabled"] = "true";
  // What was in flight is read by the same chains alone, and those of one subtask are others.
  keeps_chains = overtakes && changes_parallelism != 0;
  if (keeps_chains) parallelism_max = std::max(parallelism_max, 2u);

  loop.tick_micros_max = chance->OneOf({20, 100, 300});
  loop.delay_micros_max = chance->OneOf({0, 1'000, 10'000});
  loop.background_micros_max = chance->OneOf({0, 2'000, 60'000});
  loop.interleave = chance->OneOf({0.0, 0.2, 0.6});
  if (chance->Happens(0.6)) {
    faults.write_fails = chance->OneOf({0.0, 0.001, 0.01});
    faults.read_fails = chance->OneOf({0.0, 0.001});
    faults.sync_fails = chance->OneOf({0.0, 0.01, 0.05});
    faults.sync_directory_fails = chance->OneOf({0.0, 0.01, 0.03});
    faults.rename_unknown = chance->OneOf({0.0, 0.02, 0.1});
    faults.remove_fails = chance->OneOf({0.0, 0.01, 0.1});
  }
  crash = chance->OneOf({0.0, 0.0002, 0.001});
  crash_in_io = chance->OneOf({0.0, 0.0005, 0.002});
  crash_is_power_cut = chance->OneOf({0.0, 0.5, 1.0});
  io_fails_once = chance->OneOf({0.0, 0.0003});
  message_lost = chance->OneOf({0.0, 0.0, 0.03, 0.15});
  source_fails = chance->OneOf({0.0, 0.0, 0.001});
  loop_fails = chance->OneOf({0.0, 0.0, 0.0005});
  source_has_nothing = chance->OneOf({0.0, 0.1, 0.5});
  cancel = chance->OneOf({0.0, 0.0, 0.0002});
  savepoint = chance->OneOf({0.0, 0.0, 0.0005, 0.002});
  stop = chance->OneOf({0.0, 0.0, 0.0003});
  go_back = chance->OneOf({0.0, 0.3});
  damage = chance->OneOf({0.0, 0.0, 0.3});
  safety_events = chance->OneOf({2'000, 6'000, 12'000});
  DrawScheduler(chance);
  DrawCluster(chance);
  DrawParts(chance, mutation);
  // Of so many subtasks none is in time in less.
  const bool is_wide = two_sources && with_windows && with_apart && parallelism_max == 4;
  if (is_wide && tolerable < 1000) config["execution.checkpointing.timeout"] = Millis(1'000);
  if (mutation == Mutation::kGoesOnFromFurthest) LetWindowsDrift();
}

// Subtasks that are not equally far, whose windows go on at another parallelism.
void RunOptions::LetWindowsDrift() {
  config["execution.checkpointing.max-concurrent-checkpoints"] = "1";
  config["execution.checkpointing.unaligned.enabled"] = "true";
  config["execution.checkpointing.aligned-checkpoint-timeout"] = "0ms";
  with_windows = overtakes = keeps_chains = true;
  watermark_interval_millis = 1;
  parallelism_max = 4;
  changes_parallelism = 1;
}

void RunOptions::DrawParts(Chance* chance, Mutation mutation) {
  config["jobmanager.execution.failover-strategy"] =
      chance->OneOf({"region", "region", "region", "full"});
  const bool is_wanted =
      mutation == Mutation::kPreparesAll || mutation == Mutation::kKeepsCheckpoints;
  with_apart = is_wanted || chance->Happens(0.35);
  if (is_wanted || (with_apart && !chance->Happens(0.3))) LetPartsFail(chance);
}

// Else it is seldom that one of them fails alone.
void RunOptions::LetPartsFail(Chance* chance) {
  config["jobmanager.scheduler"] = "Default";
  rescale = 0;
  source_fails = chance->OneOf({0.001, 0.004, 0.01});
  loop_fails = chance->OneOf({0.0, 0.0, 0.001});
  crash /= 2;
  crash_in_io /= 2;
}

void RunOptions::DrawScheduler(Chance* chance) {
  rescale = chance->OneOf({0.0, 0.002, 0.005, 0.02});
  config["jobmanager.scheduler"] = chance->OneOf({"Default", "Adaptive"});
  const auto set = [&](const char* name, int64_t millis) {
    config[fmt::format("jobmanager.adaptive-scheduler.{}", name)] = Millis(millis);
  };
  set("submission.resource-stabilization-timeout", chance->OneOf({0, 20, 500}));
  set("executing.resource-stabilization-timeout", chance->OneOf({0, 20, 500}));
  set("executing.cooldown-after-rescaling", chance->OneOf({0, 20, 300}));
  set("rescale-trigger.max-delay", chance->OneOf({1, 20, 1'000}));
  config["jobmanager.adaptive-scheduler.rescale-trigger.max-checkpoint-failures"] =
      std::to_string(chance->OneOf({0, 2}));
}

void RunOptions::DrawCluster(Chance* chance) {
  if (chance->Happens(0.4)) return;
  task_managers = static_cast<uint32_t>(chance->OneOf({1, 2, 2, 3, 4}));
  has_spare_slots = chance->Happens(0.5);
  keeps_jobs = chance->Happens(0.6);
  kill = chance->OneOf({0.0, 0.0005, 0.002});
  kill_in_io = chance->OneOf({0.0, 0.0005, 0.002});
  pause = chance->OneOf({0.0, 0.0, 0.001});
  cut = chance->OneOf({0.0, 0.0005, 0.002});
  reset = chance->OneOf({0.0, 0.0005, 0.002});
  frame_faults = chance->OneOf({0.0, 0.0, 0.0005, 0.005});
  job_manager_share = chance->OneOf({0.0, 0.2, 0.5});
  fault_micros_max = chance->OneOf({5'000, 100'000, 2'000'000});
  clock_ahead_micros = chance->OneOf({int64_t{0}, int64_t{0}, int64_t{3'600'000'000}});
  // Else the processes seldom live long enough for anything else to happen.
  crash /= 2;
  crash_in_io /= 2;
}

std::string RunOptions::ToString() const {
  std::string text;
  for (const auto& [name, value] : config) text += fmt::format("  {}: {}\n", name, value);
  text += fmt::format(
      "  two_sources {} with_total {} with_windows {} with_apart {} own_slots {} partitioned {} "
      "assigns_all_at_start {}\n"
      "  batch_rows_max {} watermark_interval_millis {} parallelism_max {} changes_parallelism {} "
      "overtakes {}\n",
      two_sources, with_total, with_windows, with_apart, own_slots, partitioned,
      assigns_all_at_start, batch_rows_max, watermark_interval_millis, parallelism_max,
      changes_parallelism, overtakes);
  text += fmt::format(
      "  task_managers {} has_spare_slots {} keeps_jobs {} kill {} kill_in_io {} pause {} cut {} "
      "reset {} "
      "frame_faults {} job_manager_share {} fault_micros_max {} clock_ahead_micros {}\n",
      task_managers, has_spare_slots, keeps_jobs, kill, kill_in_io, pause, cut, reset, frame_faults,
      job_manager_share, fault_micros_max, clock_ahead_micros);
  text += fmt::format("  tick {} delay {} background {} interleave {}\n", loop.tick_micros_max,
                      loop.delay_micros_max, loop.background_micros_max, loop.interleave);
  text += fmt::format(
      "  write_fails {} read_fails {} sync_fails {} sync_directory_fails {} rename_unknown {} "
      "remove_fails {}\n",
      faults.write_fails, faults.read_fails, faults.sync_fails, faults.sync_directory_fails,
      faults.rename_unknown, faults.remove_fails);
  text += fmt::format(
      "  crash {} crash_in_io {} power_cut {} io_fails_once {} message_lost {} source_fails {} "
      "loop_fails {}\n  source_has_nothing {} cancel {} savepoint {} stop {} go_back {} rescale {} "
      "damage {} safety_events {}\n",
      crash, crash_in_io, crash_is_power_cut, io_fails_once, message_lost, source_fails, loop_fails,
      source_has_nothing, cancel, savepoint, stop, go_back, rescale, damage, safety_events);
  return text;
}

StartOptions DrawStart(const RunOptions& options, const StartOptions* before, Chance* chance) {
  StartOptions start;
  start.channel_capacity = static_cast<uint32_t>(chance->OneOf({2, 4, 8}));
  if (before != nullptr && !chance->Happens(options.changes_parallelism)) {
    start.parallelism = before->parallelism;
    return start;
  }
  const int64_t least = options.keeps_chains ? 2 : 1;
  const auto draw = [&] {
    return static_cast<uint32_t>(chance->Between(least, options.parallelism_max));
  };
  ToyParallelism& parallelism = start.parallelism;
  // All alike, so that the whole job is one or few vertices, or each by itself.
  if (options.keeps_chains || chance->Happens(0.4)) {
    const uint32_t all = draw();
    parallelism = {{all, all}, all, all, all, {all, all}};
  } else {
    parallelism = {{draw(), draw()}, draw(), draw(), draw(), {draw(), draw()}};
  }
  return start;
}

std::string StartOptions::ToString() const {
  return fmt::format("sources {},{} aggregate {} rows {} windows {} apart {},{} capacity {}",
                     parallelism.sources[0], parallelism.sources[1], parallelism.aggregate,
                     parallelism.rows, parallelism.windows, parallelism.apart[0],
                     parallelism.apart[1], channel_capacity);
}

}  // namespace flinkc
