// The user's document as a tree: what docs/language.md section 1 writes, checked for shape (keys,
// kinds of values, names) and for nothing else. compiler/spec makes it from a SourceBuffer
// (parse_spec.h), compiler/check turns it into a LogicalPlan. Every leaf knows its place in the
// file, so that later phases can point at it. Spans hold pointers to the SourceBuffer, which must
// outlive the tree.
//
// Parameters: `${name}` is already replaced in every leaf below that is an option, a number, a
// duration or a setting. In expressions it is left as written: the expression's lexer makes it a
// typed literal from JobSpec::params.
//
// After errors the tree is still there: what was reported is marked invalid (`is_invalid`,
// InvalidOperator), and nothing that follows from it should be reported again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/source/source_buffer.h"

namespace flinkc {

// A name the user chose: an identifier [A-Za-z_][A-Za-z0-9_]*. Names of columns may be any text
// without control characters; expressions write those in backticks.
using SpecName = SourceText;
// Text for compiler/expression: a scalar expression, or a type such as "DECIMAL(12,2) NOT NULL".
using ExpressionText = SourceText;
using TypeText = SourceText;

// A value other than text, and where it was written.
template <typename T>
struct Located {
  T value{};
  SourceSpan span;
};

struct DurationValue {
  int64_t micros = 0;
};

// What happens to a row for which an expression or a decoder fails.
enum class OnError : uint8_t { kFail, kDrop, kNull, kRoute };
std::string_view Name(OnError on_error);  // "fail"

// --- options: what connectors, formats and their owners understand, not this tree ---

struct OptionEntry;

// One value below `options:`, of whatever depth. The order of entries is the file's.
struct OptionValue {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  // A scalar's text after substitution.
  SourceText text;
  // Written without quotes, or wholly a `${param}`: may stand for a number or a boolean.
  bool is_plain = false;
  std::vector<OptionValue> items;
  std::vector<OptionEntry> entries;
  SourceSpan span;
};

struct OptionEntry {
  SourceText name;
  OptionValue value;
};

using OptionEntries = std::vector<OptionEntry>;

// The entry called `name`, or nullptr.
const OptionValue* FindOption(const OptionEntries& options, std::string_view name);

// One leaf of OptionEntries under its path: `roll: {size: 1mb}` is "roll.size", the second item of
// `partition_by` is "partition_by.1".
struct FlatOption {
  std::string name;
  std::string value;     // after substitution; "" for null
  SourceSpan name_span;  // of the innermost key; for an item of a list the item's
  SourceSpan value_span;
};
// The leaves in the file's order. An empty list or map has none.
std::vector<FlatOption> FlattenOptions(const OptionEntries& options);

// --- leaves shared by several sections ---

// `orders`, `orders.errors`: an output of a source or stream.
struct StreamReference {
  SourceText text;     // as written
  std::string stream;  // "orders"
  std::string output;  // "errors"; "" for the main output
};

// One column of `types:` or `schema:`, written `name: TYPE` or `name: {type: TYPE, on_error:
// null}`.
struct ColumnSpec {
  SpecName name;
  TypeText type;
  std::optional<Located<OnError>> on_error;
};

// `schema:` names a type or lists the columns.
struct SchemaSpec {
  std::optional<SpecName> type_name;
  std::vector<ColumnSpec> columns;  // if no type_name; in the file's order
  SourceSpan span;
};

// `name: EXPR` or `name: {expr: EXPR, on_error: null}`; in the lists of `select` and `aggregate.by`
// also just a column's name.
struct NamedExpression {
  SpecName name;
  ExpressionText expression;
  // Only a column's name was written: look it up as it stands, reserved words included.
  bool is_column = false;
  std::optional<Located<OnError>> on_error;
};

struct FormatSpec {
  SourceText name;  // "csv"
  OptionEntries options;
  SourceSpan span;
};

// --- operators ---

struct FilterSpec {
  ExpressionText predicate;
};

struct SelectSpec {
  std::vector<NamedExpression> columns;
};

struct ExtendSpec {
  std::vector<NamedExpression> columns;
};

struct DropSpec {
  std::vector<SpecName> columns;
};

// `rename: {old: new}`.
struct RenameSpec {
  struct Entry {
    SpecName from;
    SpecName to;
  };
  std::vector<Entry> entries;
};

// `cast: {column: TYPE}`; the columns keep their places.
struct CastSpec {
  std::vector<ColumnSpec> columns;
};

// `unnest: {name: ARRAY_EXPR}`: a row for each element, which becomes the new column `name`.
struct UnnestSpec {
  NamedExpression column;
};

// `route: {branch: CONDITION, …, else: branch}`.
struct RouteSpec {
  struct Branch {
    SpecName name;
    ExpressionText condition;
  };
  std::vector<Branch> branches;
  std::optional<SpecName> else_branch;
};

struct WindowSpec {
  enum class Kind : uint8_t { kTumble, kHop, kCumulate, kSession };
  Kind kind = Kind::kTumble;
  Located<DurationValue> size;   // above zero; of a session its gap
  Located<DurationValue> every;  // above zero; of a cumulate its step; of a tumble the size
  std::optional<Located<DurationValue>> offset;  // may be negative
  std::optional<SourceSpan> processing_time;     // `on: processing_time`
  SourceSpan span;
};

// kUpdate: within the lateness they change what was emitted; beyond it they are dropped.
enum class LateRows : uint8_t { kDrop, kRoute, kUpdate };

// When an aggregate gives its rows. kEnd: without a window, at the end of the input; kClose and
// kEvery: with one. Absent: kClose, and without a window as execution.runtime-mode says.
enum class EmitMode : uint8_t { kEnd, kClose, kUpdate, kEvery };

struct AggregateSpec {
  std::optional<WindowSpec> window;
  std::vector<NamedExpression> by;
  std::vector<NamedExpression> compute;
  std::optional<ExpressionText> having;
  std::optional<Located<DurationValue>> lateness;
  std::optional<Located<LateRows>> late;
  std::optional<Located<EmitMode>> emit;
  DurationValue emit_every;                         // kEvery: above zero
  std::optional<Located<DurationValue>> state_ttl;  // above zero
};

struct OrderSpec {
  SpecName column;
  enum class Direction : uint8_t { kAsc, kDesc, kAscNullsLast, kDescNullsFirst };
  Direction direction = Direction::kAsc;
};

// `window: {tumble: 10s}` of a top or a join, or `window: input`: each window that the rows are in.
struct RowWindowSpec {
  std::optional<Located<DurationValue>> tumble;
  std::optional<Located<DurationValue>> offset;  // may be negative
  SourceSpan span;
};

// `top: {by: [seller], order_by: [{price: desc}], limit: 10, rank: place}`.
struct TopSpec {
  std::vector<SpecName> by;
  std::vector<OrderSpec> order_by;
  Located<int32_t> limit;
  bool with_ties = false;
  std::optional<RowWindowSpec> window;
  std::optional<Located<EmitMode>> emit;  // kClose or kUpdate; with a window
  std::optional<SpecName> rank;
  std::optional<Located<DurationValue>> state_ttl;  // above zero
};

// `dedupe: {by: [id], keep: last, order_by: ts}`: of each group the first or the last row, by a
// column or as they come.
struct DedupeSpec {
  enum class Keep : uint8_t { kFirst, kLast };
  std::vector<SpecName> by;
  Located<Keep> keep;
  std::optional<SpecName> order_by;
  std::optional<Located<DurationValue>> state_ttl;  // above zero
};

// `over: {by: [seller], order_by: ts, rows: 10 preceding, compute: {mean: avg(price)}}`.
struct OverSpec {
  std::vector<SpecName> by;
  std::optional<SpecName> order_by;           // the event time
  std::optional<SourceSpan> processing_time;  // `on: processing_time`
  // `rows` or `range`: one of them, or neither.
  struct Preceding {
    std::optional<int64_t> amount;  // rows, or microseconds; nothing: unbounded
    SourceSpan span;
  };
  std::optional<Preceding> rows;
  std::optional<Preceding> range;
  std::vector<NamedExpression> compute;
  std::optional<Located<LateRows>> late;            // drop or route
  std::optional<Located<DurationValue>> state_ttl;  // above zero
  SourceSpan span;
};

// `distinct: [a, b]`: each different row of these columns once; `distinct: all`: of all.
struct DistinctSpec {
  std::vector<SpecName> columns;  // empty: all
};

// `match: {by: [symbol], pattern: START DOWN+ UP, define: {DOWN: …}, measures: {…}}`: SQL's
// MATCH_RECOGNIZE, one row per match.
struct MatchSpec {
  struct Definition {
    SpecName variable;
    ExpressionText condition;
  };
  struct Subset {
    SpecName name;
    std::vector<SpecName> variables;
  };
  std::vector<SpecName> by;
  std::vector<OrderSpec> order_by;            // empty: by event time, then as they come
  std::optional<SourceSpan> processing_time;  // `on: processing_time`
  SourceText pattern;
  std::optional<Located<DurationValue>> within;  // above zero
  std::vector<Subset> subset;
  std::vector<Definition> define;
  std::vector<NamedExpression> measures;
  std::optional<SourceText> after_match;
  std::optional<Located<LateRows>> late;  // not kUpdate
};

// Was reported; its output is unknown.
struct InvalidOperator {};

// `join:` of a stream, beside its pipe.
struct JoinSpec {
  enum class Kind : uint8_t { kInner, kLeft, kRight, kFull, kSemi, kAnti };
  // Names of the inputs in expressions: left, then right. What they read is StreamSpec::from.
  std::vector<SpecName> aliases;
  Located<Kind> kind;
  ExpressionText match;
  std::optional<ExpressionText> within;
  // The right input is a table that is looked up in.
  struct Lookup {
    SourceSpan span;
    std::optional<Located<DurationValue>> refresh;  // above zero; none: it is read once
  };
  std::optional<Lookup> lookup;
  // Pairs of each window.
  std::optional<RowWindowSpec> window;
  // The right input has versions: each left row meets the one that held at its time.
  struct Temporal {
    SourceSpan span;
    ExpressionText as_of;
    std::optional<ExpressionText> valid_from;  // none: their event time
  };
  std::optional<Temporal> temporal;
  // How long rows of a side are kept: of both, left, right; above zero.
  std::optional<Located<DurationValue>> left_ttl;
  std::optional<Located<DurationValue>> right_ttl;
  SourceText keyword;  // "join", and where it stands
  SourceSpan span;
};

struct OperatorSpec {
  using Variant = std::variant<InvalidOperator, FilterSpec, SelectSpec, ExtendSpec, DropSpec,
                               RenameSpec, CastSpec, UnnestSpec, RouteSpec, AggregateSpec, TopSpec,
                               DedupeSpec, DistinctSpec, OverSpec, MatchSpec>;
  Variant op;
  SourceText keyword;          // "aggregate", and where it stands
  std::optional<SpecName> id;  // pins the id of its state
  SourceSpan span;             // the operator's value
};

// --- named items ---

struct TypeSpec {
  SpecName name;
  std::vector<ColumnSpec> columns;
  bool is_invalid = false;
};

struct FunctionSpec {
  struct Argument {
    SpecName name;
    TypeText type;
  };
  SpecName name;
  std::vector<Argument> args;
  std::optional<TypeText> returns;
  ExpressionText body;
  bool is_invalid = false;
};

// A parameter with the value it has in this run. `value` is text in the form that CAST from STRING
// to `type` reads, checked against the type, choices, min and max.
struct ParamSpec {
  SpecName name;
  TypeText type;
  std::string value;
  enum class Origin : uint8_t { kDefault, kEnvironment, kFile, kCommandLine };
  Origin origin = Origin::kDefault;
  std::string doc;
  bool is_invalid = false;
};

struct AlignSpec {
  SourceText group;
  std::optional<Located<DurationValue>> max_drift;
  std::optional<Located<DurationValue>> update_interval;
};

struct EventTimeSpec {
  SpecName column;
  std::optional<Located<DurationValue>> out_of_order;
  std::optional<Located<DurationValue>> idle_after;
  std::optional<Located<bool>> ordered;
  std::optional<AlignSpec> align;
  SourceSpan span;
};

struct SourceSpec {
  SpecName name;
  SourceText connector;
  OptionEntries options;
  SourceSpan options_span;
  std::optional<FormatSpec> format;
  std::optional<SchemaSpec> schema;
  std::optional<EventTimeSpec> event_time;
  std::optional<Located<OnError>> on_error;
  std::optional<Located<bool>> bounded;  // an assertion about the connector
  SourceSpan span;
  bool is_invalid = false;  // something in it was reported; what is not of these two is sound
  bool connector_is_invalid = false;  // connector, options, format
  bool rows_are_invalid = false;      // schema, event_time, on_error
};

// `set:` of a stream `from` several: SQL's INTERSECT [ALL] and EXCEPT [ALL].
enum class SetKind : uint8_t { kIntersect, kIntersectAll, kExcept, kExceptAll };

struct StreamSpec {
  SpecName name;
  std::vector<StreamReference> from;  // several: their union, join, or what `set` says
  std::optional<JoinSpec> join;       // of the two streams in `from`
  std::optional<Located<SetKind>> set;
  std::vector<OperatorSpec> operators;
  std::optional<SchemaSpec> schema;  // an assertion about the result
  std::optional<Located<OnError>> on_error;
  std::optional<Located<int32_t>> parallelism;
  std::optional<SpecName> id;
  SourceSpan span;
  bool is_invalid = false;
};

enum class Delivery : uint8_t { kAtLeastOnce, kExactlyOnce };

struct SinkSpec {
  SpecName name;
  StreamReference from;
  SourceText connector;
  OptionEntries options;
  SourceSpan options_span;
  std::optional<FormatSpec> format;
  std::vector<SpecName> key;
  std::optional<Located<Delivery>> delivery;
  std::optional<Located<OnError>> on_error;
  SourceSpan span;
  bool is_invalid = false;
  bool connector_is_invalid = false;  // connector, options, format
};

// `job:`. What is absent here may still be given by config or -D (job_config.h).
// A key of `job.checkpoint` or `job.restart` (short_keys.h).
struct ShortOption {
  std::string_view option;  // Flink's name
  SourceText value;
};

struct JobSection {
  SourceText name;  // any text; "" if absent
  std::optional<Located<int32_t>> parallelism;
  std::optional<Located<int32_t>> max_parallelism;
  std::optional<SourceText> time_zone;
  std::optional<Located<OnError>> on_error;
  OptionEntries config;  // Flink's option names, flat
  std::vector<ShortOption> short_options;
  SourceSpan span;
};

struct JobSpec {
  const SourceBuffer* buffer = nullptr;
  JobSection job;
  std::vector<ParamSpec> params;
  std::vector<TypeSpec> types;
  std::vector<FunctionSpec> functions;
  std::vector<SourceSpec> sources;
  std::vector<StreamSpec> streams;
  std::vector<SinkSpec> sinks;
};

}  // namespace flinkc
