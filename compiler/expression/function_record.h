// One record a function: names, types, null and failure behaviour, documentation and examples. The
// resolver, the lowering, the documentation (`flinkc functions`), the suggestions and the example
// tests are all made from it; there is no second place to list a function in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/data/data_type.h"
#include "runtime/data/value.h"

namespace flinkc {

// What an overload may look at to resolve a call.
struct ArgumentInfo {
  DataType type;
  // The value, where the argument is a literal (after folding); nullptr otherwise.
  const Value* literal = nullptr;
};

// How a kernel gives its result back. Kernels are `extern "C"`; parameters in this order:
//   KernelContext*        if takes_context
//   const void* state     if the resolution has a `prepare`
//   the arguments         up to 64 bits by value (BOOLEAN as bool, DATE as int32_t, …); STRING,
//                         BYTES and nested as `const StringValue*`; every DECIMAL, whatever its
//                         precision, as `const Int128*` (unscaled); under NullRule::kSeesNull
//                         each argument is followed by `bool valid` (its value is undefined when
//                         not valid)
//                         With `packs_arguments` there are two parameters instead, whatever the
//                         arguments: `const PackedArgument*, int64_t count` (runtime/abi/element.h;
//                         `valid` is set under either NullRule)
//   int64_t immediates…   Resolution::immediates
//   T* out                if not kValue (StringValue*, Int128*, int64_t*, …; 16 bytes)
enum class KernelConvention : uint8_t {
  kValue,   // T f(…): cannot fail, never NULL, result of at most 64 bits
  kStatus,  // int32_t f(…, T* out): a RowStatus: kOk, kNull (only if may_be_null), or a failure
            // (only if fallible)
};

enum class NullRule : uint8_t {
  kStrict,    // a NULL argument gives NULL; the kernel is not called
  kSeesNull,  // the kernel decides
};

// What a function prepared once from its constant arguments: a compiled regular expression, a time
// zone. Shared by all subtasks, so immutable.
using FunctionState = std::shared_ptr<const void>;

// What one argument of a call was when an overload took it, before implicit casts.
struct ResolvedArgument {
  DataType type;
  std::optional<Value> literal;

  bool operator==(const ResolvedArgument&) const = default;
};

// A resolved call.
struct Resolution {
  // With nullability: for kStrict true if any parameter is nullable or may_be_null.
  DataType result;
  // What the arguments are implicitly cast to; one for each argument.
  std::vector<DataType> parameters;
  std::string_view kernel;  // symbol of a kernel or native function
  KernelConvention convention = KernelConvention::kValue;
  NullRule null_rule = NullRule::kStrict;
  bool takes_context = false;
  // For functions of any number of arguments, or of arguments of any type.
  bool packs_arguments = false;
  bool fallible = false;
  bool may_be_null = false;
  // Reads the clock: never folded.
  bool volatile_result = false;
  std::vector<int64_t> immediates;
  // Arguments that must be literals and are consumed here: by `prepare`, or, if there is none, by
  // the choice of kernel and immediates (EXTRACT's unit, a field's index). They are not passed to
  // the kernel, but stay among the call's arguments.
  std::vector<uint32_t> prepared_arguments;
  // Makes the function's state from the values of `prepared_arguments`, when the chain is loaded.
  // A bad constant (an invalid regular expression) is told by its message, at compile time.
  std::optional<std::string> (*check_constants)(std::span<const Value> constants) = nullptr;
  FunctionState (*prepare)(std::span<const Value> constants) = nullptr;
  // `prepare` gets one constant more, the last: the name of the job's time zone. Such a call is
  // volatile as well, since it cannot be folded before the job is known.
  bool takes_time_zone = false;

  // Set by the checker, not by overloads: the overload that answered and what it was asked, so that
  // a stored plan resolves to the same again (serialize.h).
  uint32_t overload = 0;
  std::vector<ResolvedArgument> resolved_from;
};

struct FunctionExample {
  std::string_view expression;  // "substring('flink', 2, 3)"
  // As CAST(… AS STRING) prints it, "NULL", or "error: DIVISION_BY_ZERO".
  std::string_view result;
};

struct FunctionOverload {
  std::string_view signature;  // "(s STRING, start INT [, length INT]) -> STRING"
  // nullopt: these arguments are not for this overload. Implicit widening is the overload's own:
  // it says in `parameters` what it takes (see implicit_cast.h).
  std::optional<Resolution> (*resolve)(std::span<const ArgumentInfo> arguments) = nullptr;
};

enum class FunctionCategory : uint8_t {
  kArithmetic,
  kComparison,
  kLogical,
  kConditional,
  kString,
  kNumeric,
  kTemporal,
  kArray,
  kMap,
  kJson,
  kDigest,
  kConversion,
  kAggregate,
};

struct FunctionRecord {
  std::string_view name;  // lower case; calls are case-insensitive
  std::vector<std::string_view> aliases;
  FunctionCategory category = FunctionCategory::kString;
  std::string_view doc;    // one line
  std::string_view nulls;  // null and failure behaviour, one line
  // How a special form of the language is written: "a AND b", "CAST(a AS TYPE)". It has no
  // overloads, since the checker itself knows it; its record is documentation, with examples.
  std::vector<std::string_view> forms;
  std::vector<FunctionOverload> overloads;
  std::vector<FunctionExample> examples;
};

// ---- aggregates ----

// Kernels of an aggregate; the accumulator is `state_bytes` of a state row, zero when new.
//   int32_t accumulate(KernelContext*, StateHeap*, State*, arguments…, immediates…)   RowStatus
//   int32_t merge(KernelContext*, StateHeap*, State* into, const State* from, immediates…)
//   int32_t result(KernelContext*, const State*, immediates…, T* out)  kOk, kNull or a failure
//   int32_t retract(…)  as accumulate, of a row that was accumulated before; empty: the
//                       accumulator cannot take back
//   int32_t accumulate_if(KernelContext*, StateHeap*, State*, bool counts)   as accumulate where
//                       `counts`, without a branch; for aggregates that look at no argument's
//                       value; may be empty
// Arguments as for functions. Rows where an argument is NULL are skipped unless sees_null, where
// each argument is followed by `bool valid`.
struct AggregateResolution {
  DataType result;
  std::vector<DataType> parameters;
  uint32_t state_bytes = 0;
  uint32_t state_align = 8;
  // Offsets of the StateBlobs within the state, so that the row can be freed and snapshotted.
  std::vector<uint32_t> blob_offsets;
  std::string_view accumulate;
  std::string_view accumulate_if;
  std::string_view merge;
  std::string_view retract;
  std::string_view result_kernel;
  bool sees_null = false;
  // Of `over` alone: it accumulates each row once, in order, whatever the frame, and is never
  // merged nor taken back from.
  bool per_row = false;
  // Whether adding a row, merging or the result can fail for some values. That memory ends is no
  // failure of a value and does not count.
  bool fallible = false;
  // Rows are taken back: the answer of ResolveRetracting.
  bool retracting = false;
  std::vector<int64_t> immediates;

  // As in Resolution.
  uint32_t overload = 0;
  std::vector<ResolvedArgument> resolved_from;
};

// Where the input updates its rows, an aggregate takes back what it has accumulated. An accumulator
// that can do so at no cost (count, sum) has a `retract` kernel in `resolve` already. Where it
// needs more than rows that only come do (min must keep all values), `resolve_retracting` gives
// that other accumulator, with the same result and parameters; it stands only where rows are taken
// back. With neither, the aggregate is refused there.
struct AggregateOverload {
  std::string_view signature;
  std::optional<AggregateResolution> (*resolve)(std::span<const ArgumentInfo> arguments) = nullptr;
  std::optional<AggregateResolution> (*resolve_retracting)(
      std::span<const ArgumentInfo> arguments) = nullptr;
};

// What `overload` does for `arguments` where rows are taken back; nullopt: it cannot.
inline std::optional<AggregateResolution> ResolveRetracting(
    const AggregateOverload& overload, std::span<const ArgumentInfo> arguments) {
  auto resolution = overload.resolve(arguments);
  if (resolution && resolution->retract.empty()) {
    if (overload.resolve_retracting == nullptr) return std::nullopt;
    resolution = overload.resolve_retracting(arguments);
  }
  if (resolution) resolution->retracting = true;
  return resolution;
}

struct AggregateRecord {
  std::string_view name;
  std::vector<std::string_view> aliases;
  std::string_view doc;
  std::string_view nulls;
  // Whether the result depends on the order of the rows (first_value, listagg).
  bool order_dependent = false;
  // It stands in `over` alone (row_number, lag).
  bool over_only = false;
  // It is written without arguments and resolved with the column that the rows are ordered by
  // (rank); with none where they stand as they come.
  bool takes_order = false;
  std::vector<AggregateOverload> overloads;
  // Over the rows of a one-column table: "sum(x) over (1, 2, NULL)" -> "3".
  std::vector<FunctionExample> examples;
};

}  // namespace flinkc
