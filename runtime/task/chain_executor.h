// Runs the generated loops of one chain over what comes in: builds their context (ports, states,
// counters), carries batches from loop to loop, to the sinks and to the output edges, fires windows
// when the watermark passes, and answers the runtime calls.
//
// Nothing in here is recursive and nothing blocks. A loop that fills a port puts the batch into the
// queues of the port's consumers; when a queue or an edge has no more room the loop stops after the
// current row and is resumed later from there. The deepest consumers run first, so that little is
// in flight. Builders may stay part-full between batches, but never across a watermark: everything
// that a watermark causes leaves before it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/abi/chain_context.h"
#include "runtime/abi/row_error.h"
#include "runtime/abi/session_row.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/connector/sink.h"
#include "runtime/connector/source.h"
#include "runtime/exchange/result_partition.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/graph/job_graph.h"
#include "runtime/operator/native_operator.h"
#include "runtime/state/key_columns.h"
#include "runtime/state/operator_state.h"
#include "runtime/state/state_store.h"
#include "runtime/task/chain_taps.h"
#include "runtime/task/port_builders.h"

namespace flinkc {

enum class ExecutorState : uint8_t {
  kReady,      // everything given is worked off: wants more input
  kBusy,       // call Advance again
  kBlocked,    // an output has no room
  kAtBarrier,  // nothing is in flight: the state is that of the barrier; see PassBarrier
  kFailed,     // error() says why
};

struct ExecutorOptions {
  // Must outlive the executor and every batch that left it.
  std::shared_ptr<const CompiledChain> chain;
  uint32_t max_parallelism = 128;
  // By output edge: how rows are spread, and the channels.
  std::vector<Partitioning> partitionings;
  std::vector<ResultPartition> partitions;
  // By ChainLayout::sinks; must outlive the executor.
  std::vector<SinkWriter*> sinks;
  MemoryPool* memory = nullptr;
  // Before what the state tables stand; nullptr: all is in memory.
  std::unique_ptr<StateStore> store;
  // By ChainLayout::states: the first part of their keys in the store; none: their index.
  std::vector<uint16_t> store_numbers;
  // Key groups of the subtask.
  KeyGroupRange key_groups;
};

// The state of a chain at a barrier.
struct FrozenChain {
  std::vector<FrozenState> states;
  std::shared_ptr<StoreSnapshot> store;  // with a store
};

// One worker only.
class ChainExecutor {
 public:
  explicit ChainExecutor(ExecutorOptions options);
  ~ChainExecutor();
  ChainExecutor(const ChainExecutor&) = delete;
  ChainExecutor& operator=(const ChainExecutor&) = delete;

  // Makes the native operators, which see the state as it is: behind a restore, before the first
  // input.
  Status OpenOperators(const OperatorServices& services, int64_t now_micros);

  // Pipelines that read the first input of the chain. Each needs a SplitProgress of its own, since
  // they read the same batch one after the other.
  size_t head_pipeline_count() const { return head_pipelines_[0].size(); }

  // One element of the input; only when Advance has just returned kReady. `head`: of
  // ChainLayout::heads. `progress` has one entry a head pipeline and lives until then again;
  // nullptr: not from a source.
  void PushBatch(BatchPtr batch, SplitProgress* progress, int64_t now_micros, uint32_t head = 0);
  void PushWatermark(int64_t watermark, int64_t now_micros);
  void PushIdle();
  void PushEnd();
  // Advance returns kAtBarrier when everything before it is in the state, the sinks or on its way.
  void PushBarrier(BarrierPtr barrier);
  // When PushTime is to be called, in microseconds of processing time: a window or a native
  // operator wants to know that this time has come. INT64_MAX: never.
  int64_t next_time(int64_t now_micros);
  void PushTime(int64_t now_micros);
  // Between two elements of the input: takes some of the rows that have outlived their time to live
  // out of the states, at a pace that visits all of them twice in that time. INT64_MAX: nothing has
  // one; else when to call next.
  int64_t ForgetExpired(int64_t now_micros);
  // Hands on part-full builders, because nothing else will come for a while.
  void Flush();

  // Works until there is nothing left to do, an output has no room, or some runs are done.
  ExecutorState Advance();

  // WindowState::Progress::fired_end of a state without windows that was emitted.
  static constexpr int64_t kEmitted = INT64_MAX;

  // The files of confirmed checkpoints that hold some of the state as it is now.
  StateFileSet StateFiles() const;
  // The next snapshot is to refer to none of them.
  void ForgetKeptSegments();
  // At a barrier: the state of all operators, to be written on another thread. `with_files`: see
  // StoreSnapshot. An Error fails the subtask: its store is unfit.
  Result<FrozenChain> Freeze(const StateFileSet& rewrite, bool with_files);
  // Sends the barrier on; the work goes on, and the outputs hold it back again.
  void PassBarrier();
  // Until a barrier has passed, edges take what finds no room in them, so that it need not wait for
  // whoever reads them. The next input is to be that barrier.
  void SetOverflows(bool overflows) { overflows_ = overflows; }
  bool overflows() const { return overflows_; }
  // By ChainLayout::states. To be filled before the first input.
  OperatorState* state(size_t index) { return states_[index].keyed.get(); }
  size_t state_count() const { return states_.size(); }
  // nullptr: all state is in memory.
  const StateStore* store() const { return store_.get(); }
  // The state was emitted at the end of the input before the checkpoint it comes from.
  void MarkEmitted(size_t index) { states_[index].emitted = true; }
  bool is_emitted(size_t index) const { return states_[index].emitted; }
  // See OperatorState; between two elements of the input.
  void OnInFlightRead();
  // Whether the last Advance did anything.
  bool progressed() const { return progressed_; }
  // Nothing is in a builder, a queue or waiting for room.
  bool is_drained() const;
  // Why it failed.
  const Error& error() const { return error_; }

  // Between two calls of Advance: from now on `rows` is shown those of ChainLayout::taps[tap],
  // until it has closed. `probed` is of the same layout, where the tap has no port.
  void AddTap(uint32_t tap, std::shared_ptr<const CompiledChain> probed,
              std::shared_ptr<RowTap> rows);

  // A row of the source that could not be decoded, under the source's on_error.
  Status OnDecodeFailure(const DecodeFailure& failure, int64_t now_micros);

  const std::vector<uint64_t>& counters() const { return counters_; }
  const std::vector<uint64_t>& step_errors() const { return step_errors_; }
  uint64_t rows_out() const { return rows_out_; }

  // The executor whose context generated code hands back.
  static ChainExecutor* Of(ChainContext* context);
  // The runtime calls; see runtime/abi/chain_context.h.
  void FlushChannel(uint32_t port, uint32_t channel);
  ErrorAction ReportError(uint32_t step, RowStatus status, int32_t column, int64_t row);
  KeyedTable* SelectSlice(uint32_t state, int64_t event_time, int64_t watermark);
  KeyedTable* SelectWindow(uint32_t state, int64_t event_time, int64_t watermark, int64_t n,
                           bool* emits);
  void BeginSessions(uint32_t state, uint64_t hash, const char* key, int64_t time,
                     int64_t watermark, int32_t flags);
  char* NextSession(uint32_t state, SessionStep* step);
  char* SelectSession(uint32_t state, uint64_t hash, const char* key, bool is_new, int64_t time,
                      int64_t watermark, RowStatus* status);

 private:
  // What generated code gets; leads back to the executor.
  struct Context : ChainContext {
    ChainExecutor* executor;
  };
  struct QueuedBatch {
    BatchPtr batch;
    int64_t next_row = 0;
    SplitProgress* progress = nullptr;
  };
  struct Pipeline {
    std::deque<QueuedBatch> queue;  // kHead and kPort
    // How far the watermark is held back by the lateness of the windows before this loop.
    int64_t watermark_delay = 0;
  };
  struct Port {
    std::unique_ptr<PortBuilders> builders;
    std::vector<uint32_t> readers;  // pipelines
    // Where rows become one in the open batch: when it is handed on; 0: nothing waits.
    int64_t flush_at_micros = 0;
  };
  struct Sink {
    SinkWriter* writer = nullptr;
    std::deque<BatchPtr> queue;
  };
  struct Edge {
    Partitioning partitioning;
    ResultPartition partition;
    int64_t watermark_delay = 0;
  };
  struct State {
    std::unique_ptr<OperatorState> keyed;
    int64_t watermark_delay = 0;            // of what updates it
    bool emitted = false;                   // emit_at_end
    uint64_t next_chunk = 0;                // for ForgetExpired
    int64_t next_early_micros = INT64_MAX;  // of windows with early results
    bool next_is_stored = false;
    // Before a store, where the keys can be told from the chain's input: their columns, and whether
    // enough of the last batch had to be looked up for the next to be fetched at once.
    std::optional<KeyColumns> key_columns;
    uint64_t lookups = 0;
    bool fetches = false;
  };
  class NativeOutput;
  struct Native {
    std::vector<std::unique_ptr<OperatorOutput>> outputs;
    std::unique_ptr<NativeOperator> op;
    uint32_t last_pipeline = 0;  // that is an input of it
  };
  // A window, or a whole table, on its way out. What is not all in memory goes by ranges of hashes,
  // one after the other.
  struct Firing {
    std::optional<int64_t> window_end;
    std::vector<MemoryTable*> parts;
    MemoryTable* into = nullptr;  // what several parts are merged into: scratch or the cumulation
    size_t merged = 0;
    std::unique_ptr<MemoryTable> scratch;  // of several parts, or a range
    std::unique_ptr<MemoryTable> loaded;   // the rows of one of several parts in the range
    std::vector<uint64_t> ranges;          // the last hash of each; none: all rows are in memory
    size_t range = 0;
    int64_t next_row = 0;
    bool early = false;             // the window goes on
    std::vector<uint64_t> changed;  // of scratch, with early: to be written back
  };
  // A watermark, or the time, on its way through the pipelines, in their order.
  struct WatermarkPass {
    bool by_clock;
    int64_t watermark;  // or time
    size_t pipeline;
    std::optional<Firing> firing;
    int64_t early_end = INT64_MIN;  // the last window of the pipeline with early results
    bool native_done = false;       // of the operator that ends at `pipeline`
  };
  // A barrier on its way through them.
  struct BarrierPass {
    BarrierPtr barrier;
    size_t pipeline = 0;
    bool arrived = false;
  };
  enum class Step : uint8_t { kDidWork, kNothingToDo, kNoRoom, kFailed };

  void BuildPorts(uint32_t max_parallelism);
  void BuildStates(const std::vector<uint16_t>& store_numbers);
  void ComputeWatermarkDelays();
  // Of sessions: the accumulators of row `from` into those of `into`, whose blobs are in `heap`.
  bool MergeStateRows(size_t state, StateHeap* heap, char* into, const char* from);

  // chain_executor.cpp: batches
  Step AdvanceOnce();
  Step TrimStore();
  Step DrainOutputs();
  Step RunQueued();
  Step RunPipeline(uint32_t pipeline, QueuedBatch& input);
  std::optional<KeyColumns> KeyColumnsOf(size_t state, OperatorState& keyed) const;
  Status FetchRows(uint32_t pipeline, const RecordBatch& batch);
  void ForgetFetched(uint32_t pipeline, const RecordBatch& batch);
  int64_t Run(uint32_t pipeline, const void* input, int64_t start_row, SplitProgress* progress);
  void UseCode(const CompiledChain* code);
  void BeginRun(uint32_t pipeline);
  bool HasRoom(const Port& port);
  bool HasRoomFor(uint32_t pipeline);
  void HandOn(Port& port, uint32_t channel);
  void FlushPort(Port& port);
  void FlushOverdue(int64_t now_micros);
  // Keeps alive what the rows of `channel` written by the current run point into.
  void AttachArenas(Port& port, uint32_t channel, bool copy_input);
  // Whether the input's arenas hold far more than what the rows written by the current run show.
  bool PinsTooMuch(const Port& port) const;
  void CopyViews(RecordBatch& batch, int32_t first_row, const std::vector<uint32_t>& columns);
  void EndRun(uint32_t pipeline);
  bool HasQueuedBatches() const;
  Step Fail(Error error);

  // native_pass.cpp
  int64_t RunNative(uint32_t pipeline, const QueuedBatch& input);
  template <typename Call>
  Step AdvanceNative(uint32_t pipeline, bool* done, Call call);
  Step AdvanceNativeWatermark(uint32_t pipeline, int64_t watermark);
  Step AdvanceNativeTime(uint32_t pipeline, int64_t now_micros);
  bool Evaluate(uint32_t function, const RecordBatch& batch, const Schema& schema,
                const void* input);
  Step FailIn(const NativeLayout& layout, Error error);

  // watermark_pass.cpp
  Step AdvanceWatermark();
  Step AdvanceFiring(uint32_t pipeline);
  bool BeginFiring(uint32_t pipeline);
  std::optional<int64_t> ProgressOf(uint32_t state) const;
  static int64_t NextMultiple(int64_t time, int64_t step) { return time - time % step + step; }
  bool BeginSessionFiring(uint32_t state, Firing* firing);
  bool BeginChangingSessions(uint32_t state, Firing* firing);
  bool IsEarlyDue(uint32_t state) const;
  bool BeginEarly(uint32_t state, Firing* firing);
  bool BeginWindow(uint32_t state, Firing* firing);
  void FindChanged(uint32_t state, Firing* firing) const;
  Step WriteBack(uint32_t state);
  void ResetCursors();
  Step MergeNextPart(uint32_t state);
  std::vector<uint64_t> HashRanges(const std::vector<MemoryTable*>& parts) const;
  void EndFiring(uint32_t pipeline);

  // barrier_pass.cpp
  Step AdvanceBarrier();
  void SendBarrier();

  // row_failure.cpp
  void AppendErrorRow(uint32_t port, uint32_t step, RowStatus status, std::string_view message,
                      std::string_view column, std::string_view row, std::string_view raw,
                      const SplitOrigin* origin, int64_t offset);
  std::string DescribeRow(int64_t row) const;
  Error MemoryLimitError(std::string_view what) const;

  // Constant after construction.
  const std::shared_ptr<const CompiledChain> chain_;
  const ChainLayout& layout_;
  MemoryPool* const memory_;
  const KeyGroupRange key_groups_;
  const std::unique_ptr<StateStore> store_;
  std::vector<std::vector<uint32_t>> head_pipelines_;  // by head
  // Worker only.
  Context context_{};
  std::optional<OutputArena> arena_;
  std::vector<Port> ports_;
  const CompiledChain* code_ = nullptr;  // chain_, or probed_ while it is needed
  std::shared_ptr<const CompiledChain> probed_;
  std::vector<OutputPort> output_ports_;  // then the probes
  std::optional<ChainTaps> taps_;
  std::vector<Pipeline> pipelines_;
  std::vector<Sink> sinks_;
  std::vector<Edge> edges_;
  std::vector<State> states_;
  std::vector<Native> natives_;
  std::vector<ChainState> chain_states_;
  int64_t forget_at_micros_ = INT64_MIN;
  std::vector<uint64_t> counters_;
  std::vector<uint64_t> step_errors_;
  uint64_t rows_out_ = 0;
  std::optional<WatermarkPass> pass_;
  std::optional<BarrierPass> barrier_;
  bool overflows_ = false;
  // Of the current run.
  const RecordBatch* run_batch_ = nullptr;
  const Schema* run_schema_ = nullptr;
  int64_t run_first_row_ = 0;
  SplitProgress no_progress_{INT64_MIN};
  bool progressed_ = false;
  bool failed_ = false;
  Error error_;
};

}  // namespace flinkc
