// stddev, variance, bool_and, bool_or, percentile, approx_count_distinct, listagg.
#include <bit>
#include <variant>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/aggregates/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/kernels/aggregate_retract.h"
#include "stdlib-operators/kernels/aggregate_statistics.h"

namespace flinkc {
namespace {

constexpr KernelsByType kSketch = FLINKC_KERNELS_BY_TYPE("flinkc_sketch");

// An aggregate of fixed parameter types, each as nullable as its argument.
AggregateResolution Fixed(Arguments arguments, std::vector<DataType> parameters, DataType result,
                          uint32_t state_bytes) {
  AggregateResolution resolution;
  for (size_t i = 0; i < parameters.size(); ++i) {
    resolution.parameters.push_back(parameters[i].WithNullable(arguments[i].type.nullable()));
  }
  resolution.result = std::move(result);
  resolution.state_bytes = state_bytes;
  return resolution;
}

constexpr std::string_view kVarPop = "flinkc_var_pop_result";
constexpr std::string_view kVarSamp = "flinkc_var_samp_result";
constexpr std::string_view kStddevPop = "flinkc_stddev_pop_result";
constexpr std::string_view kStddevSamp = "flinkc_stddev_samp_result";

template <const std::string_view& kResult>
std::optional<AggregateResolution> ResolveVariance(Arguments arguments) {
  if (!Accepts(arguments, {DoubleType()})) return std::nullopt;
  AggregateResolution resolution =
      Fixed(arguments, {DoubleType()}, DoubleType(), sizeof(VarianceState));
  resolution.accumulate = "flinkc_variance";
  resolution.retract = "flinkc_variance_retract";
  resolution.merge = "flinkc_variance_merge";
  resolution.result_kernel = kResult;
  return resolution;
}

template <bool kAll>
std::optional<AggregateResolution> ResolveTruth(Arguments arguments) {
  if (!Accepts(arguments, {BooleanType()})) return std::nullopt;
  AggregateResolution resolution =
      Fixed(arguments, {BooleanType()}, BooleanType(), sizeof(TruthState));
  resolution.accumulate = kAll ? "flinkc_bool_and" : "flinkc_bool_or";
  resolution.merge = kAll ? "flinkc_bool_and_merge" : "flinkc_bool_or_merge";
  resolution.result_kernel = "flinkc_truth_result";
  return resolution;
}

template <bool kAll>
std::optional<AggregateResolution> ResolveTruthRetracting(Arguments arguments) {
  auto resolution = ResolveTruth<kAll>(arguments);
  if (!resolution) return std::nullopt;
  resolution->state_bytes = sizeof(TruthCountState);
  resolution->accumulate = "flinkc_truth_counted";
  resolution->retract = "flinkc_truth_counted_retract";
  resolution->merge = "flinkc_truth_counted_merge";
  resolution->result_kernel =
      kAll ? "flinkc_bool_and_counted_result" : "flinkc_bool_or_counted_result";
  return resolution;
}

// The literal as a double; nullopt: it is none, or NULL.
std::optional<double> LiteralShare(const ArgumentInfo& argument) {
  if (argument.literal == nullptr) return std::nullopt;
  if (const auto* integer = std::get_if<int64_t>(&argument.literal->data)) {
    return static_cast<double>(*integer);
  }
  if (const auto* number = std::get_if<double>(&argument.literal->data)) return *number;
  if (const auto* decimal = std::get_if<Int128>(&argument.literal->data)) {
    double value = static_cast<double>(*decimal), unit = 1;
    for (int i = 0; i < argument.type.scale(); ++i) unit *= 10;
    return value / unit;
  }
  return std::nullopt;
}

std::optional<AggregateResolution> ResolvePercentile(Arguments arguments) {
  if (!Accepts(arguments, {DoubleType(), DoubleType()})) return std::nullopt;
  const std::optional<double> share = LiteralShare(arguments[1]);
  if (!share || !(*share >= 0 && *share <= 1)) return std::nullopt;
  AggregateResolution resolution =
      Fixed(arguments, {DoubleType(), DoubleType()}, DoubleType(), sizeof(PercentileState));
  resolution.blob_offsets = {offsetof(PercentileState, values)};
  resolution.accumulate = "flinkc_percentile";
  resolution.merge = "flinkc_percentile_merge";
  resolution.result_kernel = "flinkc_percentile_result";
  resolution.immediates = {std::bit_cast<int64_t>(*share)};
  return resolution;
}

std::optional<AggregateResolution> ResolvePercentileRetracting(Arguments arguments) {
  auto resolution = ResolvePercentile(arguments);
  if (!resolution) return std::nullopt;
  resolution->state_bytes = sizeof(CountedValuesState);
  resolution->blob_offsets = {offsetof(CountedValuesState, values)};
  resolution->accumulate = "flinkc_percentile_counted";
  resolution->retract = "flinkc_percentile_counted_retract";
  resolution->merge = "flinkc_percentile_counted_merge";
  resolution->result_kernel = "flinkc_percentile_counted_result";
  return resolution;
}

std::optional<AggregateResolution> ResolveApproxCount(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const DataType type = TypeOr(arguments[0], BooleanType());
  AggregateResolution resolution =
      Fixed(arguments, {type}, BigintType().NotNull(), sizeof(SketchState));
  resolution.blob_offsets = {offsetof(SketchState, sketch)};
  resolution.accumulate = kSketch.For(type);
  resolution.merge = "flinkc_sketch_merge";
  resolution.result_kernel = "flinkc_sketch_result";
  return resolution;
}

std::optional<AggregateResolution> ResolveListagg(Arguments arguments) {
  const bool separator = arguments.size() == 2;
  std::vector<DataType> parameters(separator ? 2 : 1, StringType());
  if (!(separator ? Accepts(arguments, {StringType(), StringType()})
                  : Accepts(arguments, {StringType()}))) {
    return std::nullopt;
  }
  AggregateResolution resolution = Fixed(arguments, parameters, StringType(), sizeof(ListState));
  resolution.blob_offsets = {offsetof(ListState, text)};
  resolution.accumulate = separator ? "flinkc_listagg_separator" : "flinkc_listagg";
  resolution.merge = "flinkc_listagg_merge";
  resolution.result_kernel = "flinkc_listagg_result";
  return resolution;
}

std::optional<AggregateResolution> ResolveListaggRetracting(Arguments arguments) {
  auto resolution = ResolveListagg(arguments);
  if (!resolution) return std::nullopt;
  const bool separator = arguments.size() == 2;
  resolution->state_bytes = sizeof(ListedState);
  resolution->blob_offsets = {offsetof(ListedState, values)};
  resolution->accumulate = separator ? "flinkc_listed_joined_separator" : "flinkc_listed_joined";
  resolution->retract =
      separator ? "flinkc_listed_joined_separator_retract" : "flinkc_listed_joined_retract";
  resolution->merge = "flinkc_listed_merge";
  resolution->result_kernel = "flinkc_listed_joined_result";
  return resolution;
}

}  // namespace

std::vector<AggregateRecord> StatisticAggregates() {
  std::vector<AggregateRecord> records;
  records.push_back({.name = "stddev_pop",
                     .doc = "The standard deviation of all rows, as DOUBLE.",
                     .nulls = "NULL of no rows.",
                     .overloads = {{"(x NUMERIC) -> DOUBLE", ResolveVariance<kStddevPop>}},
                     .examples = {{"stddev_pop(x) over (2, 4, 4, 4, 5, 5, 7, 9)", "2.0"},
                                  {"stddev_pop(x) over (1)", "0.0"}}});
  records.push_back({.name = "stddev_samp",
                     .aliases = {"stddev"},
                     .doc = "The standard deviation of a sample, as DOUBLE.",
                     .nulls = "NULL of fewer than two rows.",
                     .overloads = {{"(x NUMERIC) -> DOUBLE", ResolveVariance<kStddevSamp>}},
                     .examples = {{"stddev_samp(x) over (1, 3, 5, NULL)", "2.0"},
                                  {"stddev(x) over (1)", "NULL"}}});
  records.push_back({.name = "var_pop",
                     .doc = "The variance of all rows, as DOUBLE.",
                     .nulls = "NULL of no rows.",
                     .overloads = {{"(x NUMERIC) -> DOUBLE", ResolveVariance<kVarPop>}},
                     .examples = {{"var_pop(x) over (2, 4, 4, 4, 5, 5, 7, 9)", "4.0"}}});
  records.push_back({.name = "var_samp",
                     .aliases = {"variance"},
                     .doc = "The variance of a sample, as DOUBLE.",
                     .nulls = "NULL of fewer than two rows.",
                     .overloads = {{"(x NUMERIC) -> DOUBLE", ResolveVariance<kVarSamp>}},
                     .examples = {{"var_samp(x) over (1.0, 3.0, 5.0)", "4.0"},
                                  {"variance(x) over (NULL, 1)", "NULL"}}});
  records.push_back(
      {.name = "bool_and",
       .aliases = {"every"},
       .doc = "Whether all rows are TRUE.",
       .nulls = "NULL of no rows.",
       .overloads = {{"(x BOOLEAN) -> BOOLEAN", ResolveTruth<true>, ResolveTruthRetracting<true>}},
       .examples = {{"bool_and(x > 1) over (2, 3, NULL)", "TRUE"},
                    {"bool_and(x > 1) over (2, 1)", "FALSE"}}});
  records.push_back({.name = "bool_or",
                     .doc = "Whether a row is TRUE.",
                     .nulls = "NULL of no rows.",
                     .overloads = {{"(x BOOLEAN) -> BOOLEAN", ResolveTruth<false>,
                                    ResolveTruthRetracting<false>}},
                     .examples = {{"bool_or(x > 2) over (2, 3)", "TRUE"},
                                  {"bool_or(x > 2) over (NULL)", "NULL"}}});
  records.push_back(
      {.name = "percentile",
       .doc =
           "The exact percentile at the constant `p` from 0 to 1, interpolated, as DOUBLE; of an "
           "array of them, all at once. Keeps every value.",
       .nulls = "NULL of no rows.",
       .overloads = {{"(x NUMERIC, p DOUBLE constant from 0 to 1) -> DOUBLE", ResolvePercentile,
                      ResolvePercentileRetracting},
                     {"(x NUMERIC, p ARRAY<DOUBLE> constant from 0 to 1) -> ARRAY<DOUBLE>",
                      ResolvePercentiles}},
       .examples = {{"percentile(x, 0.5) over (10, 40, 20, 30)", "25.0"},
                    {"percentile(x, 0.25) over (0, 10)", "2.5"},
                    {"percentile(x, ARRAY[0, 0.5, 1]) over (10, 40, 20)", "[10.0, 20.0, 40.0]"},
                    {"percentile(x, 1) over (3, 7, NULL, 5)", "7.0"},
                    {"percentile(x, 0.5) over (NULL)", "NULL"}}});
  records.push_back(
      {.name = "approx_count_distinct",
       .doc = "How many different values there are: exact up to 64, then within about 0.8 % "
              "(HyperLogLog).",
       .nulls = "Never NULL; 0 of no rows.",
       .overloads = {{"(x ANY) -> BIGINT NOT NULL", ResolveApproxCount}},
       .examples = {{"approx_count_distinct(x) over ('a', 'b', 'a', NULL)", "2"}}});
  records.push_back(
      {.name = "listagg",
       .doc = "The texts one after the other, with the separator (a comma) between them.",
       .nulls = "NULL of no rows.",
       .order_dependent = true,
       .overloads = {{"(x STRING [, separator STRING]) -> STRING", ResolveListagg,
                      ResolveListaggRetracting}},
       .examples = {{"listagg(x) over ('a', NULL, 'b', '')", "a,b,"},
                    {"listagg(x, ' | ') over ('a', 'b')", "a | b"},
                    {"listagg(DISTINCT x) over ('a', 'b', 'a')", "a,b"}}});
  return records;
}

}  // namespace flinkc
