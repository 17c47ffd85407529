// count, sum, avg, min, max.
#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/aggregates/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/kernels/aggregate.h"
#include "stdlib-operators/kernels/aggregate_retract.h"

namespace flinkc {
namespace {

constexpr KernelsByType kCount = FLINKC_KERNELS_BY_TYPE("flinkc_count");
constexpr KernelsByType kCountRetract = FLINKC_KERNELS_BY_TYPE("flinkc_count_retract");
constexpr KernelsByType kMin = FLINKC_KERNELS_BY_TYPE("flinkc_min");
constexpr KernelsByType kMax = FLINKC_KERNELS_BY_TYPE("flinkc_max");
constexpr KernelsByType kMinMerge = FLINKC_KERNELS_BY_TYPE("flinkc_min_merge");
constexpr KernelsByType kMaxMerge = FLINKC_KERNELS_BY_TYPE("flinkc_max_merge");
constexpr KernelsByType kExtremeResult = FLINKC_KERNELS_BY_TYPE("flinkc_extreme_result");

std::optional<AggregateResolution> ResolveCount(Arguments arguments) {
  if (arguments.size() > 1) return std::nullopt;
  AggregateResolution resolution;
  resolution.result = BigintType().NotNull();
  resolution.state_bytes = sizeof(CountState);
  resolution.accumulate_if = "flinkc_count_if";
  resolution.merge = "flinkc_count_merge";
  resolution.result_kernel = "flinkc_count_result";
  if (arguments.empty()) {
    resolution.accumulate = "flinkc_count_star";
    resolution.retract = "flinkc_count_star_retract";
    return resolution;
  }
  const DataType type = TypeOr(arguments[0], BooleanType());
  resolution.parameters = {type.WithNullable(arguments[0].type.nullable())};
  resolution.accumulate = kCount.For(type);
  resolution.retract = kCountRetract.For(type);
  return resolution;
}

uint32_t SumStateBytes(const DataType& type) {
  if (type.is_floating()) return sizeof(FloatSumState);
  if (type.kind() == TypeKind::kBigint) return sizeof(LongSumState);
  if (type.kind() != TypeKind::kDecimal) return sizeof(IntegerSumState);
  return type.precision() <= 18 ? sizeof(LongSumState) : sizeof(WideSumState);
}

// The kernels of sum or of avg, by how DECIMALs of up to and over 18 digits are summed.
struct SumKernels {
  KernelsByType accumulate, retract, merge, result;
  std::string_view wide_accumulate, wide_retract, wide_merge, wide_result;
};
constexpr SumKernels kSumKernels{FLINKC_KERNELS_BY_TYPE("flinkc_sum"),
                                 FLINKC_KERNELS_BY_TYPE("flinkc_sum_retract"),
                                 FLINKC_KERNELS_BY_TYPE("flinkc_sum_merge"),
                                 FLINKC_KERNELS_BY_TYPE("flinkc_sum_result"),
                                 "flinkc_sum_wide_decimal",
                                 "flinkc_sum_retract_wide_decimal",
                                 "flinkc_sum_merge_wide_decimal",
                                 "flinkc_sum_result_wide_decimal"};
// Of DECIMALs; other types sum as sum does.
constexpr SumKernels kAvgKernels{FLINKC_KERNELS_BY_TYPE("flinkc_avg"),
                                 FLINKC_KERNELS_BY_TYPE("flinkc_avg_retract"),
                                 FLINKC_KERNELS_BY_TYPE("flinkc_avg_merge"),
                                 FLINKC_KERNELS_BY_TYPE("flinkc_avg_result"),
                                 "flinkc_avg_wide_decimal",
                                 "flinkc_avg_retract_wide_decimal",
                                 "flinkc_avg_merge_wide_decimal",
                                 "flinkc_avg_result_wide_decimal"};

// What sum and avg share: all but the result.
std::optional<AggregateResolution> SumLike(const SumKernels& kernels, Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const DataType type = TypeOr(arguments[0], IntType());
  if (!type.is_numeric()) return std::nullopt;
  AggregateResolution resolution;
  resolution.parameters = {type.WithNullable(arguments[0].type.nullable())};
  resolution.state_bytes = SumStateBytes(type);
  const bool wide = type.kind() == TypeKind::kDecimal && type.precision() > 18;
  resolution.accumulate = wide ? kernels.wide_accumulate : kernels.accumulate.For(type);
  resolution.retract = wide ? kernels.wide_retract : kernels.retract.For(type);
  resolution.merge = wide ? kernels.wide_merge : kernels.merge.For(type);
  resolution.result_kernel = wide ? kernels.wide_result : kernels.result.For(type);
  return resolution;
}

std::optional<AggregateResolution> ResolveSum(Arguments arguments) {
  auto resolution = SumLike(kSumKernels, arguments);
  if (!resolution) return std::nullopt;
  const DataType type = resolution->parameters[0].Nullable();
  resolution->result = type.kind() == TypeKind::kDecimal ? DecimalSumType(type) : type;
  // A DECIMAL that overflows is NULL.
  resolution->fallible = type.is_integer();
  return resolution;
}

std::optional<AggregateResolution> ResolveAvg(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  if (arguments[0].type.kind() != TypeKind::kDecimal) {
    auto resolution = SumLike(kSumKernels, arguments);
    if (!resolution) return std::nullopt;
    resolution->result = resolution->parameters[0].Nullable();
    resolution->result_kernel = kAvgKernels.result.For(resolution->result);
    // The sum of BIGINTs has 128 bits, that of narrower ones 64.
    resolution->fallible =
        resolution->result.is_integer() && resolution->result.kind() != TypeKind::kBigint;
    return resolution;
  }
  auto resolution = SumLike(kAvgKernels, arguments);
  resolution->result = DecimalAverageType(arguments[0].type);
  resolution->immediates = {resolution->result.scale() - arguments[0].type.scale()};
  return resolution;
}

uint32_t ExtremeStateBytes(const DataType& type) {
  if (type.kind() == TypeKind::kDecimal) return sizeof(DecimalExtremeState);
  switch (type.physical()) {
    case PhysicalType::kI8:
      return sizeof(ExtremeState<int8_t>);
    case PhysicalType::kI16:
      return sizeof(ExtremeState<int16_t>);
    case PhysicalType::kI32:
      return sizeof(ExtremeState<int32_t>);
    case PhysicalType::kF32:
      return sizeof(ExtremeState<float>);
    case PhysicalType::kView:
      return sizeof(TextExtremeState);
    default:
      return sizeof(ExtremeState<int64_t>);
  }
}

constexpr KernelsByType kMinCounted = FLINKC_KERNELS_BY_TYPE("flinkc_min_counted");
constexpr KernelsByType kMaxCounted = FLINKC_KERNELS_BY_TYPE("flinkc_max_counted");
constexpr KernelsByType kMinRetract = FLINKC_KERNELS_BY_TYPE("flinkc_min_counted_retract");
constexpr KernelsByType kMaxRetract = FLINKC_KERNELS_BY_TYPE("flinkc_max_counted_retract");
constexpr KernelsByType kMinCountedMerge = FLINKC_KERNELS_BY_TYPE("flinkc_min_counted_merge");
constexpr KernelsByType kMaxCountedMerge = FLINKC_KERNELS_BY_TYPE("flinkc_max_counted_merge");
constexpr KernelsByType kCountedResult = FLINKC_KERNELS_BY_TYPE("flinkc_counted_extreme_result");

template <const KernelsByType& kAccumulate, const KernelsByType& kMerge>
std::optional<AggregateResolution> ResolveExtreme(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const DataType type = TypeOr(arguments[0], IntType());
  if (type.is_nested()) return std::nullopt;
  AggregateResolution resolution;
  resolution.result = type.Nullable();
  resolution.parameters = {type.WithNullable(arguments[0].type.nullable())};
  resolution.state_bytes = ExtremeStateBytes(type);
  if (type.is_view()) resolution.blob_offsets = {0};
  resolution.accumulate = kAccumulate.For(type);
  resolution.merge = kMerge.For(type);
  resolution.result_kernel = kExtremeResult.For(type);
  return resolution;
}

template <bool kIsMax>
std::optional<AggregateResolution> ResolveExtremeRetracting(Arguments arguments) {
  auto resolution = ResolveExtreme<kMin, kMinMerge>(arguments);
  if (!resolution) return std::nullopt;
  const DataType& type = resolution->parameters[0];
  resolution->state_bytes = sizeof(CountedExtremeState);
  resolution->blob_offsets = {offsetof(CountedExtremeState, values),
                              offsetof(CountedExtremeState, heap)};
  resolution->accumulate = (kIsMax ? kMaxCounted : kMinCounted).For(type);
  resolution->retract = (kIsMax ? kMaxRetract : kMinRetract).For(type);
  resolution->merge = (kIsMax ? kMaxCountedMerge : kMinCountedMerge).For(type);
  resolution->result_kernel = kCountedResult.For(type);
  return resolution;
}

}  // namespace

std::vector<AggregateRecord> BasicAggregates() {
  std::vector<AggregateRecord> records;
  records.push_back({.name = "count",
                     .doc = "How many rows there are: count(*), or those where x is not NULL.",
                     .nulls = "Never NULL; 0 of no rows.",
                     .overloads = {{"(*) -> BIGINT NOT NULL", ResolveCount},
                                   {"(x ANY) -> BIGINT NOT NULL", ResolveCount}},
                     .examples = {{"count(*) over (1, NULL, 3)", "3"},
                                  {"count(x) over (1, NULL, 3)", "2"},
                                  {"count(DISTINCT x) over (1, 1, 2)", "2"},
                                  {"count(*) over ()", "0"}}});
  records.push_back(
      {.name = "sum",
       .doc = "The sum, of the argument's type; of DECIMAL(p, s) it is DECIMAL(38, s).",
       .nulls = "NULL of no rows. An integer that overflows fails, a DECIMAL is NULL.",
       .overloads = {{"(x NUMERIC) -> NUMERIC", ResolveSum}},
       .examples = {{"sum(x) over (1, 2, NULL)", "3"},
                    {"sum(x) over (2147483647, 1)", "error: INTEGER_OVERFLOW"},
                    {"sum(x) over (0.1, 0.25)", "0.35"},
                    {"sum(x) over (NULL)", "NULL"}}});
  records.push_back(
      {.name = "avg",
       .doc = "The average, of the argument's type (integers cut towards zero); of DECIMAL(p, s) "
              "it is DECIMAL(38, max(6, s)).",
       .nulls = "NULL of no rows.",
       .overloads = {{"(x NUMERIC) -> NUMERIC", ResolveAvg}},
       .examples = {{"avg(x) over (1, 2, NULL)", "1"},
                    {"avg(x) over (1.0, 2.0)", "1.500000"},
                    {"avg(CAST(x AS DOUBLE)) over (1, 2)", "1.5"}}});
  records.push_back(
      {.name = "min",
       .doc = "The smallest value; NaN is larger than any number.",
       .nulls = "NULL of no rows.",
       .overloads = {{"(x T) -> T", ResolveExtreme<kMin, kMinMerge>,
                      ResolveExtremeRetracting<false>}},
       .examples = {{"min(x) over (3, 1, NULL)", "1"}, {"min(x) over ('b', 'ab')", "ab"}}});
  records.push_back(
      {.name = "max",
       .doc = "The largest value; NaN is larger than any number.",
       .nulls = "NULL of no rows.",
       .overloads = {{"(x T) -> T", ResolveExtreme<kMax, kMaxMerge>,
                      ResolveExtremeRetracting<true>}},
       .examples = {{"max(x) over (3, 1, NULL)", "3"}, {"max(x) over ('b', 'ab')", "b"}}});
  return records;
}

}  // namespace flinkc
