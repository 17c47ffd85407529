// Covariance, correlation, regression, bits, count_if, median and several percentiles at once.
#include <variant>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/aggregates/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/kernels/aggregate_moments.h"

namespace flinkc {
namespace {

// An aggregate of fixed parameter types, each as nullable as its argument; nullopt where the
// arguments do not fit them.
std::optional<AggregateResolution> Fixed(Arguments arguments,
                                         std::initializer_list<DataType> parameters,
                                         DataType result, uint32_t state_bytes) {
  if (!Accepts(arguments, parameters)) return std::nullopt;
  AggregateResolution resolution;
  for (const DataType& parameter : parameters) {
    const size_t at = resolution.parameters.size();
    resolution.parameters.push_back(parameter.WithNullable(arguments[at].type.nullable()));
  }
  resolution.result = std::move(result);
  resolution.state_bytes = state_bytes;
  return resolution;
}

constexpr std::string_view kCovarPop = "flinkc_covar_pop_result";
constexpr std::string_view kCovarSamp = "flinkc_covar_samp_result";
constexpr std::string_view kCorr = "flinkc_corr_result";
constexpr std::string_view kSlope = "flinkc_regr_slope_result";
constexpr std::string_view kIntercept = "flinkc_regr_intercept_result";
constexpr std::string_view kR2 = "flinkc_regr_r2_result";

template <const std::string_view& kResult>
std::optional<AggregateResolution> ResolveCovariance(Arguments arguments) {
  auto resolution =
      Fixed(arguments, {DoubleType(), DoubleType()}, DoubleType(), sizeof(CovarianceState));
  if (!resolution) return std::nullopt;
  resolution->accumulate = "flinkc_covariance";
  resolution->merge = "flinkc_covariance_merge";
  resolution->result_kernel = kResult;
  return resolution;
}

std::optional<AggregateResolution> ResolveRegrCount(Arguments arguments) {
  auto resolution = Fixed(arguments, {DoubleType(), DoubleType()}, BigintType().NotNull(),
                          sizeof(CovarianceState));
  if (!resolution) return std::nullopt;
  resolution->accumulate = "flinkc_covariance";
  resolution->merge = "flinkc_covariance_merge";
  resolution->result_kernel = "flinkc_regr_count_result";
  return resolution;
}

struct BitKernels {
  std::string_view accumulate, merge, retract;
};
constexpr BitKernels kAnd = {"flinkc_bit_and", "flinkc_bit_and_merge", ""};
constexpr BitKernels kOr = {"flinkc_bit_or", "flinkc_bit_or_merge", ""};
constexpr BitKernels kXor = {"flinkc_bit_xor", "flinkc_bit_xor_merge", "flinkc_bit_xor_retract"};

template <const BitKernels& kKernels>
std::optional<AggregateResolution> ResolveBits(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const DataType type = TypeOr(arguments[0], IntType());
  if (!type.is_integer()) return std::nullopt;
  auto resolution = Fixed(arguments, {BigintType()}, type.Nullable(), sizeof(BitsState));
  if (!resolution) return std::nullopt;
  resolution->accumulate = kKernels.accumulate;
  resolution->merge = kKernels.merge;
  resolution->retract = kKernels.retract;
  resolution->result_kernel = type.kind() == TypeKind::kTinyint    ? "flinkc_bits_result_i8"
                              : type.kind() == TypeKind::kSmallint ? "flinkc_bits_result_i16"
                              : type.kind() == TypeKind::kInt      ? "flinkc_bits_result_i32"
                                                                   : "flinkc_bits_result_i64";
  return resolution;
}

std::optional<AggregateResolution> ResolveCountIf(Arguments arguments) {
  auto resolution = Fixed(arguments, {BooleanType()}, BigintType().NotNull(), sizeof(CountState));
  if (!resolution) return std::nullopt;
  resolution->accumulate = "flinkc_count_true";
  resolution->merge = "flinkc_count_merge";
  resolution->retract = "flinkc_count_true_retract";
  resolution->result_kernel = "flinkc_count_result";
  return resolution;
}

std::optional<AggregateResolution> ResolveMedian(Arguments arguments) {
  auto resolution = Fixed(arguments, {DoubleType()}, DoubleType(), sizeof(PercentileState));
  if (!resolution) return std::nullopt;
  resolution->blob_offsets = {offsetof(PercentileState, values)};
  resolution->accumulate = "flinkc_median";
  resolution->merge = "flinkc_median_merge";
  resolution->result_kernel = "flinkc_median_result";
  return resolution;
}

bool IsShare(const Value& value, const DataType& type) {
  double share = -1;
  if (const auto* integer = std::get_if<int64_t>(&value.data))
    share = static_cast<double>(*integer);
  if (const auto* number = std::get_if<double>(&value.data)) share = *number;
  if (const auto* decimal = std::get_if<Int128>(&value.data)) {
    share = static_cast<double>(*decimal);
    for (int i = 0; i < type.scale(); ++i) share /= 10;
  }
  return share >= 0 && share <= 1;
}

std::vector<AggregateRecord> TwoVariables() {
  std::vector<AggregateRecord> records;
  struct Regression {
    std::string_view name, doc, nulls;
    std::optional<AggregateResolution> (*resolve)(Arguments);
    std::vector<FunctionExample> examples;
  };
  const Regression kRegressions[] = {
      {"covar_pop",
       "The covariance of all rows, as DOUBLE.",
       "NULL of no rows. Rows where an argument is NULL do not count.",
       ResolveCovariance<kCovarPop>,
       {{"covar_pop(x, x * 2) over (1, 2, 3, 4)", "2.5"}, {"covar_pop(x, x) over (NULL)", "NULL"}}},
      {"covar_samp",
       "The covariance of a sample, as DOUBLE.",
       "NULL of fewer than two rows. Rows where an argument is NULL do not count.",
       ResolveCovariance<kCovarSamp>,
       {{"covar_samp(x, -x) over (1, 3, 5, NULL)", "-4.0"}, {"covar_samp(x, x) over (1)", "NULL"}}},
      {"corr",
       "The coefficient of correlation, from -1 to 1.",
       "NULL of no rows, and where all values of an argument are the same. Rows where an argument "
       "is NULL do not count.",
       ResolveCovariance<kCorr>,
       {{"corr(x, 10 - x) over (1, 2, 4)", "-1.0"}, {"corr(x, x) over (2, 2)", "NULL"}}},
      {"regr_slope",
       "The slope of the line that fits the points (x, y) best.",
       "NULL of no rows, and where all x are the same.",
       ResolveCovariance<kSlope>,
       {{"regr_slope(2 * x + 1, x) over (1, 2, 4)", "2.0"},
        {"regr_slope(x, 1) over (1, 2)", "NULL"}}},
      {"regr_intercept",
       "Where the line that fits the points (x, y) best crosses x = 0.",
       "NULL of no rows, and where all x are the same.",
       ResolveCovariance<kIntercept>,
       {{"regr_intercept(2 * x + 1, x) over (1, 3)", "1.0"}}},
      {"regr_r2",
       "The square of the coefficient of correlation of the points (x, y).",
       "NULL of no rows, and where all x are the same; 1 where all y are.",
       ResolveCovariance<kR2>,
       {{"regr_r2(5 - x, x) over (1, 2, 4)", "1.0"}, {"regr_r2(3, x) over (1, 2)", "1.0"}}},
  };
  for (const Regression& regression : kRegressions) {
    records.push_back({.name = regression.name,
                       .doc = regression.doc,
                       .nulls = regression.nulls,
                       .overloads = {{"(y NUMERIC, x NUMERIC) -> DOUBLE", regression.resolve}},
                       .examples = regression.examples});
  }
  records.push_back({.name = "regr_count",
                     .doc = "The number of rows where neither argument is NULL.",
                     .nulls = "Never NULL; 0 of no rows.",
                     .overloads = {{"(y NUMERIC, x NUMERIC) -> BIGINT NOT NULL", ResolveRegrCount}},
                     .examples = {{"regr_count(x, NULLIF(x, 2)) over (1, 2, 3, NULL)", "2"}}});
  return records;
}

}  // namespace

std::optional<AggregateResolution> ResolvePercentiles(std::span<const ArgumentInfo> arguments) {
  if (arguments.size() != 2 || arguments[1].literal == nullptr) return std::nullopt;
  const auto* shares = std::get_if<ValueList>(&arguments[1].literal->data);
  if (shares == nullptr || arguments[1].type.kind() != TypeKind::kArray) return std::nullopt;
  for (const Value& share : *shares) {
    if (!IsShare(share, arguments[1].type.children()[0])) return std::nullopt;
  }
  const DataType doubles = DataType::Array(DoubleType().NotNull());
  auto resolution = Fixed(arguments, {DoubleType(), doubles}, doubles, sizeof(PercentilesState));
  if (!resolution) return std::nullopt;
  resolution->blob_offsets = {offsetof(PercentilesState, values),
                              offsetof(PercentilesState, shares)};
  resolution->accumulate = "flinkc_percentiles";
  resolution->merge = "flinkc_percentiles_merge";
  resolution->result_kernel = "flinkc_percentiles_result";
  return resolution;
}

std::vector<AggregateRecord> MomentAggregates() {
  std::vector<AggregateRecord> records = TwoVariables();
  records.push_back({.name = "bit_and",
                     .doc = "The bits that all values have.",
                     .nulls = "NULL of no rows.",
                     .overloads = {{"(x INTEGER) -> type of x", ResolveBits<kAnd>}},
                     .examples = {{"bit_and(x) over (7, 5, NULL, 13)", "5"},
                                  {"bit_and(x) over (NULL)", "NULL"}}});
  records.push_back({.name = "bit_or",
                     .doc = "The bits that a value has.",
                     .nulls = "NULL of no rows.",
                     .overloads = {{"(x INTEGER) -> type of x", ResolveBits<kOr>}},
                     .examples = {{"bit_or(x) over (1, 4, NULL)", "5"},
                                  {"bit_or(CAST(x AS TINYINT)) over (-128, 1)", "-127"}}});
  records.push_back({.name = "bit_xor",
                     .doc = "The bits that an odd number of values has.",
                     .nulls = "NULL of no rows.",
                     .overloads = {{"(x INTEGER) -> type of x", ResolveBits<kXor>}},
                     .examples = {{"bit_xor(x) over (7, 5, 1)", "3"}}});
  records.push_back({.name = "count_if",
                     .doc = "How many rows there are where the condition is TRUE.",
                     .nulls = "Never NULL; 0 of no rows.",
                     .overloads = {{"(condition BOOLEAN) -> BIGINT NOT NULL", ResolveCountIf}},
                     .examples = {{"count_if(x > 1) over (1, 2, NULL, 3)", "2"},
                                  {"count_if(x > 1) over (NULL)", "0"}}});
  records.push_back(
      {.name = "median",
       .doc = "The value in the middle, interpolated, as DOUBLE; keeps every value.",
       .nulls = "NULL of no rows.",
       .overloads = {{"(x NUMERIC) -> DOUBLE", ResolveMedian}},
       .examples = {{"median(x) over (5, 1, NULL, 3)", "3.0"}, {"median(x) over (1, 4)", "2.5"}}});
  return records;
}

}  // namespace flinkc
