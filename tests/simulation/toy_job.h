// The job of the simulation: a small compiler from operators to chains, as compiler/chain cuts them
// (what has one parallelism and needs no exchange shares a vertex), whose loops are written by
// hand. All columns are BIGINT.
//
//   source (1 or 2) -> filter -> aggregate -+-> rows            (split, record, key, ordinal)
//                                           +-> windows         (begin, end, key, count)
//                                           '-> total at the end (kept records, 0, 0, 0)
//   source apart -> filter -> apart                              (split, record, time, key)
//
// The aggregate's states: by (key, split) how many records it has seen, by (key, record) that it
// has seen it, by window and key their number. Its loops know what the next record of a key and
// split must be, and say so when it is not: lost, doubled and overtaking records are seen at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/connector/connector_runtime.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/graph/job_graph.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/workload.h"
#include "tests/unit/runtime/task/fake_chain.h"

namespace flinkc {

// What the toy loops and the source of the run that is under way have to do with the world.
struct ToyWorld {
  const Workload* workload = nullptr;
  Chance* chance = nullptr;
  // Chance that a poll of a source, or a run of a loop, fails.
  double source_fails = 0;
  double loop_fails = 0;
  double source_has_nothing = 0;
  int64_t batch_rows_max = 10;
  int64_t watermark_interval_micros = 200'000;
  bool assigns_all_at_start = false;
  // An invariant is broken.
  std::function<void(const std::string&)> violate;
};

// Parallelism of the parts, which a restart may change.
struct ToyParallelism {
  uint32_t sources[2] = {1, 1};
  uint32_t aggregate = 1;
  uint32_t rows = 1;
  uint32_t windows = 1;
  uint32_t apart[2] = {1, 1};  // source and sink
};

struct ToyJobOptions {
  bool two_sources = false;
  bool with_total = false;
  bool with_windows = true;
  bool with_apart = false;   // what has nothing to do with the rest
  bool partitioned = false;  // the files of "rows" and "apart", by split
  bool own_slots = false;    // each vertex its own slot sharing group: a worker for each subtask
  ToyParallelism parallelism;
  std::map<std::string, std::string> config;
};

inline constexpr char kToyJobName[] = "toy";
inline constexpr uint32_t kApartSource = 2;  // its number
inline constexpr uint32_t kToyMaxParallelism = 16;

JobGraph MakeToyGraph(const ToyJobOptions& options);
// Schema of every stream and sink: five columns a to e.
Schema ToySchema();
// One of "rows", "windows", "total" and "apart": CSV files in /out/<name>.
SinkDescriptor ToySink(const std::string& name, bool partitioned = false);

// The states as the job declares them, by id, for whoever reads a checkpoint.
std::vector<StateLayout> ToyStates(const Workload& workload);
inline constexpr char kCountState[] = "aggregate/count";
inline constexpr char kSeenState[] = "aggregate/seen";
inline constexpr char kWindowState[] = "aggregate/window";
inline constexpr char kTotalState[] = "total/count";
// A row of kCountState.
struct CountRow {
  uint64_t hash;
  int64_t key;
  int64_t split;
  int64_t count;
  int64_t last_record;
};

class ToyLoader final : public ChainLoader {
 public:
  // `world` must outlive the loader and its chains.
  explicit ToyLoader(const ToyWorld* world) : world_(*world) {}
  Result<std::shared_ptr<const CompiledChain>> Load(std::string_view chain_plan) override;

 private:
  const ToyWorld& world_;
};

// Connector "toy": the records of the workload, split by split. Its readers and enumerators belong
// to the world set last; one at a time.
ConnectorRuntimes ToyConnectors();
void SetToyWorld(const ToyWorld* world);

}  // namespace flinkc
