// What runtime/task must build around the generated code of a chain: its pipelines in order, the
// ports between them, the state tables, the sources and sinks. Made by compiler/lower.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/data/schema.h"
#include "runtime/graph/descriptors.h"
#include "runtime/graph/native_descriptor.h"
#include "runtime/graph/state_schema.h"
#include "runtime/graph/window_layout.h"

namespace flinkc {

// Where a pipeline's rows come from.
enum class PipelineInput : uint8_t {
  kHead,   // the chain's source or its input gate: RecordBatch
  kPort,   // the port `input_index` of an earlier pipeline: RecordBatch
  kState,  // the rows of a table of state `input_index` when it is emitted: KeyedTable
};

// An input of a native operator, as a pipeline's end.
struct NativeCall {
  uint32_t op = 0;     // ChainLayout::natives
  uint32_t input = 0;  // of the operator's inputs
};

// One generated loop, or an input of an operator that is written in C++ (native).
struct PipelineLayout {
  std::string name;  // "flights/filter+extend"; also the name of the generated function
  PipelineInput input = PipelineInput::kHead;
  uint32_t input_index = 0;      // kHead: of ChainLayout::heads
  std::vector<uint32_t> ports;   // that it may write to
  std::vector<uint32_t> states;  // that it updates
  // Step of ChainLayout::steps of the first operator: names the loop in metrics.
  uint32_t first_step = 0;
  // Instead of a generated function. Its rows go to no ports but the operator's. The inputs of one
  // operator stand behind one another.
  std::optional<NativeCall> native;
};

// An aggregate of a native operator: a generated function that adds rows to an accumulator and
// gives its result (AggregateInput).
struct NativeAggregate {
  uint32_t function = 0;          // of CompiledChain::Run
  std::vector<uint32_t> columns;  // of the input: those of the batches that it is given
  Schema schema;                  // of these
  DataType result;
  uint32_t row_bytes = 0;  // of the accumulator, which begins as zero bytes
  // Offsets in it of StateBlobs.
  std::vector<uint32_t> blob_offsets;
};

// An operator that is not generated (runtime/operator): rows of its inputs come in batches, what it
// gives goes to ports with one channel.
struct NativeLayout {
  std::string name;   // "paid/join"
  uint32_t step = 0;  // of ChainLayout::steps
  NativeDescriptor descriptor;
  std::vector<Schema> inputs;
  std::vector<bool> input_row_kinds;
  // By output: its port; nothing: nobody reads it.
  std::vector<std::optional<uint32_t>> outputs;
  std::vector<uint32_t> states;  // of ChainLayout::states, in the order that the operator knows
  // Functions of CompiledChain::Run that evaluate its conditions (ConditionInput), in the order
  // that the operator knows.
  std::vector<uint32_t> conditions;
  std::vector<Schema> condition_schemas;  // of the batches that each is evaluated for
  // Of a join: what these are of the columns of left, then of right.
  std::vector<uint32_t> condition_columns;
  // Its aggregates over rows of its input, in the same way.
  std::vector<NativeAggregate> aggregates;
  // How far behind the watermark the time of a row may lie that it gives.
  int64_t watermark_delay_micros = 0;
};

// What comes in through one input of a chain: the source's rows, or those of the edges to it.
struct HeadLayout {
  Schema schema;  // with a source: its needed columns
  bool row_kinds = false;
  bool key_hashes = false;
};

enum class PortTarget : uint8_t {
  kPipelines,  // every pipeline whose input is this port
  kSink,       // sinks[target_index]
  kEdge,       // output edge target_index of the vertex
};

// Mini-batches: the changes of one group that stand in one batch are written as one.
struct FoldLayout {
  int64_t latency_micros = 0;  // about how long a change may wait for the batch to fill
  int64_t rows = 0;            // in a batch, at most
};

// Local aggregates: rows of one group that stand in one batch become one with their accumulators.
struct LocalAggregateLayout {
  // The last column, which has views of accumulators.
  uint32_t partial_column = 0;
  bool adaptive = true;  // it stops for a while where rows do not become fewer
};

struct PortLayout {
  std::string name;  // "per_minute.late"
  Schema schema;
  bool row_kinds = false;
  // Rows are spread over the edge's channels by key hash, which travels with them.
  bool key_hashes = false;
  PortTarget target = PortTarget::kPipelines;
  uint32_t target_index = 0;
  // Only of an aggregate's changes, on their way to pipelines.
  std::optional<FoldLayout> fold = std::nullopt;
  // Only on the way to an edge.
  std::optional<LocalAggregateLayout> local = std::nullopt;
};

// How the accumulators of the rows of a state are merged: a generated function, run as a pipeline
// whose input is a MergeInput (compiled_chain.h).
struct StateLayout {
  std::string state_id;  // "per_minute/aggregate"
  uint32_t key_bytes = 0;
  uint32_t row_bytes = 0;  // with hash and key
  std::vector<uint32_t> key_view_offsets;
  // Offsets in the row of StateBlobs, freed when the row is.
  std::vector<uint32_t> blob_offsets;
  // What the bytes mean.
  StateSchema schema;
  std::optional<WindowLayout> window;
  // How long a row lives after its last update, in processing time (schema.updated_at_offset); 0:
  // for ever. Only without a window.
  int64_t ttl_micros = 0;
  // Emitted only at the end of the input (emit: end). Windows emit when they close.
  bool emit_at_end = false;
  // The pipeline with input kState, or nothing (a changelog emits while it updates).
  std::optional<uint32_t> emit_pipeline;
  // Index for CompiledChain::Run (behind all pipelines) of the merge of rows of equal key; only
  // with a window.
  std::optional<uint32_t> merge_function;
};

// One place of the plan where a row can fail or be counted.
struct StepLayout {
  std::string path;  // "flights/cast": stream and operator
  ErrorMode on_error = ErrorMode::kFail;
  // Port of the error rows (ErrorSchema), with ErrorMode::kRoute.
  std::optional<uint32_t> errors_port;
  std::vector<std::string> columns;  // names for the `column` of an error row
};

struct ChainSource {
  SourceDescriptor descriptor;
  // How far event time is behind the largest seen, or nothing: no event time.
  std::optional<EventTimeDescriptor> event_time;
  uint32_t step = 0;
};

struct ChainSink {
  SinkDescriptor descriptor;
  Schema schema;
  bool row_kinds = false;
};

// A stream of the spec, for those who look at a job while it runs.
struct TapView {
  // "orders", "orders.late"; of a step "orders/filter".
  std::vector<std::string> names;
  Schema schema;
  // "": the rows of the tap are its rows. Else the plan of a chain without state that makes them of
  // those.
  std::string chain_plan;
};

// Where rows can be had of which some stream of the spec is a view. Several taps with one name have
// its rows together.
struct TapLayout {
  std::vector<TapView> views;
  Schema schema;  // without hidden columns, which stand behind these
  bool row_kinds = false;
  // Its rows are all that this port hands on; nothing: they are in no batch, and only code with
  // probes writes them (CompiledChain::Probed).
  std::optional<uint32_t> port;
};

// One that nobody can look at.
struct UntappedStream {
  std::string name;
  std::string reason;
};

struct ChainLayout {
  std::string name;
  // At least one; several only before a native operator.
  std::vector<HeadLayout> heads = std::vector<HeadLayout>(1);
  std::optional<ChainSource> source;
  std::vector<StepLayout> steps;
  std::vector<PortLayout> ports;
  // In topological order: a port's readers stand behind its writers.
  std::vector<PipelineLayout> pipelines;
  std::vector<NativeLayout> natives;
  std::vector<StateLayout> states;
  std::vector<ChainSink> sinks;
  // Names of the counters in ChainContext::counters: "rows_in:<step>", "rows_out:<step>",
  // "late_dropped:<step>".
  std::vector<std::string> counters;
  std::vector<TapLayout> taps;
  std::vector<UntappedStream> untapped;
};

}  // namespace flinkc
