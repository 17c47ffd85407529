// The dataflow of a job as the checker makes it and the optimizer rewrites it: a DAG of logical
// operators, each with named outputs, each output with its schema and what is known of its stream.
// It keeps to what SQL can say, or marks what it cannot.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/expression/expr.h"
#include "runtime/base/strong_id.h"
#include "runtime/data/schema.h"
#include "runtime/graph/descriptors.h"
#include "runtime/graph/native_descriptor.h"
#include "runtime/graph/window_layout.h"

namespace flinkc {

using OperatorId = StrongId<struct OperatorTag>;

// How the rows of a stream change its result. kUpsert: +I, +U and -D addressed by the unique key;
// kRetract: also -U, each with the full old row.
enum class ChangelogMode : uint8_t { kAppend, kUpsert, kRetract };

// One output of an operator.
struct LogicalOutput {
  std::string name;  // "" main, "errors", "late", or a route's branch
  Schema schema;
  ChangelogMode changelog = ChangelogMode::kAppend;
  // Columns that together are unique for each live row; empty: none is known.
  std::vector<uint32_t> unique_key;
  // The column that carries event time (late windows can be made of it), if any still does.
  std::optional<uint32_t> time_attribute;
  // The hidden column kWatermarkColumn, if it is there: the watermark of the row's split just
  // before the row (microseconds). Windows use it to tell late rows; see docs/adr/0003.
  std::optional<uint32_t> watermark_column;
};

struct LogicalInput {
  OperatorId op;
  uint32_t output = 0;  // index into outputs
  bool operator==(const LogicalInput&) const = default;
};

struct NamedExpr {
  std::string name;
  ExprPtr expr;
  // What becomes of the row if this one fails; nothing: as the operator's on_error.
  std::optional<ErrorMode> on_error;
};

// Reads rows; its main output has the needed columns, then $watermark if event time is declared.
struct SourceOp {
  SourceDescriptor descriptor;
  // Its column is an index into descriptor.schema.
  std::optional<EventTimeDescriptor> event_time;
};
struct FilterOp {
  ExprPtr predicate;
};
// select, extend, drop, rename and cast.
struct ProjectOp {
  std::vector<NamedExpr> columns;
};
// Appends column `name`: one row for each element of the array; none for NULL or an empty one.
struct UnnestOp {
  ExprPtr array;
  std::string name;
};
// A row goes to every branch whose predicate is TRUE, and to the last output if there is an else
// and none is. outputs[i] is branches[i]; all have the input's schema.
struct RouteOp {
  struct Branch {
    std::string name;
    ExprPtr predicate;  // nullptr: else
  };
  std::vector<Branch> branches;
};
struct WindowSpecification {
  int64_t size_micros = 0;   // of a session: its gap
  int64_t slide_micros = 0;  // == size: tumble
  int64_t offset_micros = 0;
  int64_t lateness_micros = 0;
  // Not by processing time.
  uint32_t time_column = 0;
  uint32_t watermark_column = 0;
  WindowKind kind = WindowKind::kHop;
  bool processing_time = false;
  // As in WindowLayout; with EmitStrategy::kWindowUpdate one of them.
  bool each_row = false;
  int64_t early_micros = 0;
  bool late_updates = false;

  bool is_updating() const { return each_row || early_micros != 0 || late_updates; }
};
enum class EmitStrategy : uint8_t { kWindowClose, kChangelog, kAtEnd, kWindowUpdate };
// SQL's INTERSECT and EXCEPT. The plain ones give a row once, the others as often as it is left.
enum class SetOperation : uint8_t { kIntersect, kIntersectAll, kExcept, kExceptAll };
std::string_view Name(SetOperation operation);  // "intersect_all"
// What has come in never leaves it because another row comes.
inline bool IsIntersection(SetOperation operation) {
  return operation == SetOperation::kIntersect || operation == SetOperation::kIntersectAll;
}
// Main output: keys, window_start, window_end, window_time (with a window), then one column for
// each call. Output "late" (input schema) if late rows are routed. `compute` and `having` become a
// ProjectOp and a FilterOp behind it.
struct AggregateOp {
  std::vector<uint32_t> keys;
  std::optional<WindowSpecification> window;
  std::vector<AggregateCall> calls;
  EmitStrategy emit = EmitStrategy::kChangelog;
  bool route_late = false;
  std::string state_id;  // "per_minute/aggregate"
  // A set operation over as many streams as there are calls: call i counts the rows of stream i
  // that have the keys' values, and the output has the keys alone.
  std::optional<SetOperation> set;
  // The changes of a group within a batch of up to so many rows leave as one; they wait for the
  // batch no longer than about the latency, nor across a watermark or a barrier.
  struct MiniBatch {
    int64_t latency_micros = 0;
    int64_t rows = 0;
  };
  std::optional<MiniBatch> mini_batch;
  // How long a group is kept after its last row, in processing time; 0: for ever. Only where the
  // aggregate emits a changelog.
  int64_t state_ttl_micros = 0;
  // It stands behind a LocalAggregateOp: the last column of its input is kPartialColumn.
  bool merges_partials = false;
};
// The hidden last column of what a LocalAggregateOp gives, BYTES NOT NULL: the accumulators of
// several rows of one group, or nothing: the row is one of the input.
inline constexpr const char* kPartialColumn = "$partial";
// The first phase of `aggregate`, before the exchange to it (docs/adr/0013): rows of one group (and
// one slice of its windows) that stand in one batch become one row with their accumulators. Main
// output: the input's columns, then kPartialColumn; a row with accumulators has the columns of one
// of its rows.
struct LocalAggregateOp {
  AggregateOp aggregate;
  // It stops for a while where it does not make the rows fewer.
  bool adaptive = true;
};
// Two inputs: left, then right. Main output: JoinDescriptor::columns of both, then the hidden
// watermark if it has a time attribute; columns of a side whose rows may be missing are nullable.
struct JoinOp {
  JoinDescriptor join;
  // Over the columns of left, then those of right; nullptr: equal keys are enough.
  ExprPtr condition;
  std::string state_id;  // "paid/join"
};
// One input, the stream; the table is read by the operator itself. Main output: the columns of both
// as those of a JoinOp, then the hidden watermark if the stream has it.
struct LookupOp {
  LookupDescriptor lookup;
  // Over the columns of the stream, then those of the table (LookupDescriptor); nullptr: equal keys
  // are enough.
  ExprPtr condition;
};
// Main output: TopDescriptor::columns, then the rank if there is one.
struct TopOp {
  TopDescriptor top;
  std::string state_id;  // "best/top"
};
// Main output: `columns` of the input, then one column for each call of `aggregate`, then the
// hidden watermark if the input has it. Output "late" (input schema) if late rows are routed.
struct OverOp {
  OverFrame frame;
  std::optional<OverTime> time;
  std::vector<uint32_t> columns;
  // Its keys, calls, route_late, state id and time to live; the rest has no meaning. The calls read
  // columns and literals alone.
  AggregateOp aggregate;
};
// Main output: the keys, then MatchDescriptor::results, then the hidden watermark if it has a time
// attribute. Output "late" (input schema) if late rows are routed. Measures become a ProjectOp
// behind it.
struct MatchOp {
  MatchDescriptor match;
  // By PatternVariable::condition, over the columns of PatternValueSchema (native_plan.h).
  std::vector<ExprPtr> conditions;
  // By PatternValue::column, over the input.
  std::vector<AggregateCall> aggregates;
  std::string state_id;  // "dips/match"
};
// All inputs have the same schema.
struct UnionOp {};
struct SinkOp {
  SinkDescriptor descriptor;
  bool exactly_once = false;
};

using OperatorVariant =
    std::variant<SourceOp, FilterOp, ProjectOp, UnnestOp, RouteOp, AggregateOp, UnionOp, SinkOp,
                 JoinOp, TopOp, LookupOp, OverOp, MatchOp, LocalAggregateOp>;

struct LogicalOperator {
  OperatorId id;
  // The stream (or source, or sink) of the spec it belongs to, and its role: "flights" "filter".
  std::string stream;
  std::string role;
  SourceSpan span;
  OperatorVariant op;
  std::vector<LogicalInput> inputs;
  std::vector<LogicalOutput> outputs;
  ErrorMode on_error = ErrorMode::kFail;
  // Index of the output "errors" if it is consumed.
  std::optional<uint32_t> errors_output;
  // 0: the job's.
  uint32_t parallelism = 0;

  // "flights/filter": names the step in errors, metrics and plans.
  std::string Path() const { return role.empty() ? stream : stream + "/" + role; }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&op);
  }
  template <typename T>
  T* As() {
    return std::get_if<T>(&op);
  }
};

// How the rows of a stream are made of those of another one.
struct StreamView {
  std::string chain_plan;  // a serialized ChainPlan, from such rows to one sink
  Schema columns;
};

// A stream of the spec, or a step of one, as those know it who look at a running job.
struct NamedStream {
  std::string name;  // "orders", "orders.late"; of a step "orders/filter"
  LogicalInput at;
  // The optimizer has made it one with what stands behind it: `at` is that, and has other rows.
  bool is_merged = false;
  // Nothing: its rows are those at `at`.
  std::optional<StreamView> view = std::nullopt;
};

// An entry of the job's effective configuration and where it came from.
struct ConfigEntry {
  std::string value;
  std::string origin;  // "sales.yaml:4:3", "-D", "default"
};

struct LogicalPlan {
  std::string job_name;
  // In topological order: inputs before their consumers.
  std::vector<LogicalOperator> operators;
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 128;
  std::string time_zone = "UTC";
  std::map<std::string, ConfigEntry> config;
  // All of the spec that a way leads from to a sink; several with one name have its rows together.
  std::vector<NamedStream> streams;

  const LogicalOperator& Get(OperatorId id) const;
  LogicalOperator& Get(OperatorId id);
  // Every (consumer, input index) of an output.
  struct Consumer {
    OperatorId op;
    uint32_t input;
  };
  std::vector<Consumer> ConsumersOf(OperatorId id, uint32_t output) const;
  // A new id, larger than all there are.
  OperatorId NextId() const;
};

// Schemas, column indexes, inputs before consumers, modes: what every phase may rely on. Returns
// the first violation, "" if none. Run after the checker and after each rule.
std::string Verify(const LogicalPlan& plan);
// One line an operator, as `flinkc plan --level logical` shows it.
std::string Print(const LogicalPlan& plan);

}  // namespace flinkc
