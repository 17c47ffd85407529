// One parallel instance of a chain: its source or input gate, its generated code with state, its
// sinks and output edges. A TaskManager makes it from a deployment and gives it to a Worker, which
// polls it until it is finished.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/connector/connector_runtime.h"
#include "runtime/env/storage.h"
#include "runtime/exchange/input_gate.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/graph/job_graph.h"
#include "runtime/operator/native_operator.h"
#include "runtime/state/local_copies.h"
#include "runtime/state/rocks_backend.h"
#include "runtime/task/row_tap.h"
#include "runtime/task/source_driver.h"
#include "runtime/task/task_times.h"

namespace flinkc {

enum class SubtaskState : uint8_t {
  kCreated,
  kRunning,
  kFinished,   // every row has left; its sealed output waits to be committed
  kFailed,     // error() says why; the sinks were aborted
  kCancelled,  // the sinks were aborted
};
const char* Name(SubtaskState state);

class Subtask;

// The channels of one output edge, by target subtask (kForward: one).
struct OutputEdge {
  Partitioning partitioning = Partitioning::kForward;
  std::vector<std::shared_ptr<Channel>> channels;
};

// Where and how a subtask keeps its snapshots.
struct SubtaskCheckpoints {
  FileSystem* files = nullptr;
  // The job's checkpoint directory; "": the job takes savepoints only.
  std::string directory;
  // Where copies of what checkpoints write are kept for a restart here; nullptr: none are.
  std::shared_ptr<LocalCopies> copies;
  // Any thread. Runs the task on another thread than the worker's, in order.
  std::function<void(std::function<void()>)> run_in_background;
  // Letters and digits, never the same twice.
  std::function<std::string()> make_random_name;
  // How long the barrier of a checkpoint waits behind rows before it overtakes them; nothing: for
  // ever.
  std::optional<int64_t> overtake_after_micros;
};

// What a subtask begins with, if not with nothing.
struct SubtaskRestore {
  // Those of the former subtasks of its vertex that hold some of its key groups.
  std::vector<proto::SubtaskSnapshot> snapshots;
  // Where their files are.
  std::string directory;
  // Read rather than those, as far as they are there and good; nullptr: none are.
  std::shared_ptr<LocalCopies> copies;
};

// What the user sees while the job runs.
struct SubtaskProgress {
  SubtaskState state = SubtaskState::kCreated;
  int64_t watermark = INT64_MIN;  // of the head; INT64_MAX when its input has ended
  uint64_t rows_in = 0;           // from the source or the gate
  uint64_t rows_out = 0;          // to sinks and edges
  uint64_t bytes_read = 0;        // by the source
  uint64_t splits_finished = 0;
  bool is_held_back = false;  // a source that is too far ahead of its group
  TaskTimes::Totals times;
  std::vector<uint64_t> counters;  // by ChainLayout::counters
  std::vector<uint64_t>
      step_errors;  // by ChainLayout::steps: rows that failed and did not end the job
};

struct SubtaskEvent {
  SubtaskState state = SubtaskState::kCreated;
  const Error* error = nullptr;  // kFailed
  // kFailed: a file of the checkpoint that it was to go on from is missing or damaged.
  bool checkpoint_damaged = false;
  // kFinished: what is left to be done for the subtask, its sealed output.
  const proto::SubtaskSnapshot* last = nullptr;
  // The last checkpoint that the subtask has taken part in; 0: none.
  uint64_t last_checkpoint = 0;
  SubtaskProgress progress;
};

// Everything pointed at must outlive the subtask. The chains of a job must outlive all of its
// subtasks, since rows may show constants of the code that made them.
struct SubtaskDescriptor {
  std::string name;  // of the vertex
  uint32_t subtask = 0;
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 128;
  std::shared_ptr<const CompiledChain> chain;
  std::vector<GateInput> inputs;    // of all input edges; none with a source
  std::vector<OutputEdge> outputs;  // by PortLayout::target_index
  const ConnectorRuntimes* connectors = nullptr;
  OperatorFactory operators = nullptr;  // nullptr: there are no native ones
  MemoryPool* memory = nullptr;
  const Clock* clock = nullptr;
  ConsoleWriter console;
  // Any thread: what a user should know and is no error; a line without its end.
  std::function<void(const std::string&)> log;
  std::string job_name;
  bool resumed = false;                         // the job had run before
  FileSystem* files = nullptr;                  // of the sinks
  const AllowedPaths* allowed_paths = nullptr;  // of sources and tables, as in SourceContext
  std::shared_ptr<Parking> parking;             // of the worker that will poll it
  std::shared_ptr<RocksBackend> state_backend;  // nullptr: state is in memory
  SubtaskCheckpoints checkpoints;
  std::shared_ptr<const SubtaskRestore> restore;  // nullptr: none
  // Worker thread: all given splits are read (or none was given) and NoMoreSplits was not told.
  // Called once, then again only after the next AddSplit has been read.
  std::function<void()> request_split;
  // Worker thread, aligned sources: where it is.
  std::function<void(const AlignmentReport&)> report_alignment;
  // Worker thread: the state has changed. Called as the last thing in a Poll, Cancel or command.
  std::function<void(const SubtaskEvent&)> on_state;
  // Any thread: a snapshot is on the disk, or could not be taken.
  std::function<void(uint64_t checkpoint, Result<proto::SubtaskAcknowledgement>)> on_snapshot;
};

struct SubtaskPoll {
  bool progressed = false;
  // Poll again at this processing time even if nothing wakes the worker; INT64_MAX: no need to.
  int64_t wake_at_micros = INT64_MAX;
};

// All but progress() on the worker's thread only: commands come through Worker::Post.
class Subtask {
 public:
  explicit Subtask(SubtaskDescriptor descriptor);
  ~Subtask();
  Subtask(const Subtask&) = delete;
  Subtask& operator=(const Subtask&) = delete;

  // A bounded piece of work; never blocks, except for opening and finishing connectors. The first
  // one opens source and sinks. After the end it does nothing.
  SubtaskPoll Poll(int64_t now_micros);

  // Sources only.
  void AddSplit(Split split);
  // The enumerator has no split left that is not given to somebody. Told to every subtask of the
  // source as soon as it is so, since splits not yet given hold the watermark back.
  void NoMoreSplits();
  // Aligned sources: splits whose watermark is beyond it wait.
  void SetWatermarkLimit(int64_t watermark);

  // Drops what is in flight and aborts the sinks. What is sealed stays.
  void Cancel();

  // Sources: a barrier is to follow the batch that is being worked on. With a kind that stops,
  // nothing is read any more after it, and the subtask ends when the checkpoint is complete.
  void TriggerCheckpoint(BarrierPtr barrier);
  // The checkpoint is complete, with this subtask's snapshot.
  void OnCheckpointComplete(uint64_t checkpoint);
  // Checkpoints up to this one that are not complete never will be.
  void OnCheckpointAborted(uint64_t checkpoint);

  // From now on `rows` is shown those of ChainLayout::taps[tap]. `probed`: of the layout of the
  // descriptor's chain, where the tap has no port.
  void AddTap(uint32_t tap, std::shared_ptr<const CompiledChain> probed,
              std::shared_ptr<RowTap> rows);

  bool is_source() const;
  SubtaskState state() const;
  // Why it failed.
  const Error& error() const;
  // Any thread.
  SubtaskProgress progress() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace flinkc
