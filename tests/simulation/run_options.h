// What one seed draws: the job, its options, what goes wrong and how often. Printed with a failure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/chance.h"
#include "tests/simulation/event_loop.h"
#include "tests/simulation/mutation.h"
#include "tests/simulation/toy_job.h"
#include "tests/support/simulated_file_system.h"

namespace flinkc {

struct RunOptions {
  // With a mutation that seldom shows, what it shows in.
  RunOptions(Chance* chance, Mutation mutation);

  // Of the job, the same at each start.
  std::map<std::string, std::string> config;
  bool two_sources = false;
  bool with_total = false;
  bool with_windows = true;
  bool own_slots = false;
  bool with_apart = false;
  bool partitioned = false;  // the sinks of rows
  bool assigns_all_at_start = false;
  int64_t batch_rows_max = 1;
  int64_t watermark_interval_millis = 1;
  uint32_t parallelism_max = 1;
  double changes_parallelism = 0;  // chance, at each start
  bool overtakes = false;          // barriers may
  bool keeps_chains = false;       // at each start the job is cut into the same chains
  // Processes of TaskManagers; 0: there is one, in the JobManager's process.
  uint32_t task_managers = 0;
  bool has_spare_slots = false;  // each TaskManager has enough for the whole job
  bool keeps_jobs = false;       // a JobManager goes on with the jobs of the one before

  // What goes wrong. All chances; those of events are of each one.
  LoopOptions loop;
  SimulatedFaults faults;
  double crash = 0;        // at an event
  double crash_in_io = 0;  // at some operation soon after an event
  double crash_is_power_cut = 0.5;
  double io_fails_once = 0;  // some operation soon after an event: EIO or disk full
  double message_lost = 0;   // of those that may be lost
  double source_fails = 0;
  double loop_fails = 0;
  double source_has_nothing = 0;
  double cancel = 0;
  double savepoint = 0;
  double stop = 0;     // with a savepoint, which the next start goes on from
  double go_back = 0;  // at a start: to a savepoint, with the output as it was then
  double rescale = 0;  // other requirements of the parallelism
  double damage = 0;   // at a start: a bit of what only the newest checkpoint refers to
  // With several processes, of one of them: it is killed, or at some operation soon after an event;
  // stopped for a while; cut off from another for a while, or its connections are reset.
  double kill = 0;
  double kill_in_io = 0;
  double pause = 0;
  double cut = 0;
  double reset = 0;
  double frame_faults = 0;       // of frames between TaskManagers
  double job_manager_share = 0;  // of what is killed and stopped
  int64_t fault_micros_max = 1;  // how long it stays so
  int64_t clock_ahead_micros = 0;
  int64_t safety_events = 0;  // how long things go wrong

  std::string ToString() const;

 private:
  void DrawScheduler(Chance* chance);
  void DrawCluster(Chance* chance);
  void DrawParts(Chance* chance, Mutation mutation);
  void LetWindowsDrift();
  void LetPartsFail(Chance* chance);
};

// What a start of the job draws.
struct StartOptions {
  ToyParallelism parallelism;
  uint32_t channel_capacity = 2;

  std::string ToString() const;
};
StartOptions DrawStart(const RunOptions& options, const StartOptions* before, Chance* chance);

}  // namespace flinkc
