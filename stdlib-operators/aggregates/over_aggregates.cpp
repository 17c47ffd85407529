// row_number, rank, dense_rank, lag: functions of `over` alone.
#include <algorithm>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/aggregates/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/kernels/aggregate_over.h"

namespace flinkc {
namespace {

std::optional<AggregateResolution> ResolveRowNumber(Arguments arguments) {
  if (!arguments.empty()) return std::nullopt;
  AggregateResolution resolution;
  resolution.result = BigintType().NotNull();
  resolution.state_bytes = sizeof(CountState);
  resolution.accumulate = "flinkc_row_number";
  resolution.result_kernel = "flinkc_count_result";
  resolution.per_row = true;
  return resolution;
}

// Of rows that are ordered by a time. As they come, each has its own place.
template <const char* kKernel>
std::optional<AggregateResolution> ResolveRank(Arguments arguments) {
  if (arguments.empty()) return ResolveRowNumber(arguments);
  if (arguments.size() != 1 || !arguments[0].type.is_timestamp()) return std::nullopt;
  AggregateResolution resolution;
  resolution.result = BigintType().NotNull();
  resolution.parameters = {arguments[0].type};
  resolution.state_bytes = sizeof(RankState);
  resolution.accumulate = kKernel;
  resolution.result_kernel = "flinkc_rank_result";
  resolution.per_row = true;
  return resolution;
}

constexpr char kRank[] = "flinkc_rank";
constexpr char kDenseRank[] = "flinkc_dense_rank";

constexpr KernelsByType kLag = FLINKC_KERNELS_BY_TYPE("flinkc_lag");
constexpr KernelsByType kLagBy = FLINKC_KERNELS_BY_TYPE("flinkc_lag_by");
constexpr KernelsByType kLagOr = FLINKC_KERNELS_BY_TYPE("flinkc_lag_or");
constexpr KernelsByType kLagResult = FLINKC_KERNELS_BY_TYPE("flinkc_lag_result");

// So many values are kept for each key.
constexpr int64_t kLagMax = 100'000;

// How many rows before; nullopt: it is no number, or out of bounds.
std::optional<int64_t> RowsBefore(const ArgumentInfo& argument) {
  if (!argument.type.is_integer() || argument.literal == nullptr) return std::nullopt;
  const auto* rows = std::get_if<int64_t>(&argument.literal->data);
  if (rows == nullptr || *rows < 1 || *rows > kLagMax) return std::nullopt;
  return *rows;
}

std::optional<AggregateResolution> ResolveLag(Arguments arguments) {
  if (arguments.empty() || arguments.size() > 3) return std::nullopt;
  AggregateResolution resolution;
  DataType type = TypeOr(arguments[0], IntType());
  const bool has_default = arguments.size() == 3;
  if (has_default) {
    const std::optional<DataType> common = CommonType(type, arguments[2].type);
    if (!common) return std::nullopt;
    type = *common;
  }
  resolution.parameters = {type.WithNullable(arguments[0].type.nullable())};
  resolution.immediates = {1};
  resolution.accumulate = kLag.For(type);
  if (arguments.size() > 1) {
    const std::optional<int64_t> rows = RowsBefore(arguments[1]);
    if (!rows) return std::nullopt;
    resolution.immediates = {*rows};
    resolution.parameters.push_back(BigintType().NotNull());
    resolution.accumulate = kLagBy.For(type);
  }
  if (has_default) {
    resolution.parameters.push_back(type.WithNullable(arguments[2].type.nullable()));
    resolution.accumulate = kLagOr.For(type);
  }
  const bool always_there =
      has_default && !arguments[0].type.nullable() && !arguments[2].type.nullable();
  resolution.result = type.WithNullable(!always_there);
  resolution.state_bytes = sizeof(LagState);
  resolution.blob_offsets = {offsetof(LagState, values), offsetof(LagState, otherwise)};
  resolution.result_kernel = kLagResult.For(type);
  resolution.sees_null = true;
  resolution.per_row = true;
  return resolution;
}

}  // namespace

std::vector<AggregateRecord> OverAggregates() {
  std::vector<AggregateRecord> records;
  records.push_back({.name = "row_number",
                     .doc = "In `over`: the place of the row among those of its key, from 1.",
                     .nulls = "Never NULL.",
                     .order_dependent = true,
                     .over_only = true,
                     .overloads = {{"() -> BIGINT NOT NULL", ResolveRowNumber}},
                     .examples = {{"row_number() over (7, NULL, 7)", "3"}}});
  records.push_back({.name = "rank",
                     .doc = "In `over`: one more than there are rows of the key before the row, of "
                            "an earlier time. Rows of one time share a rank.",
                     .nulls = "Never NULL.",
                     .over_only = true,
                     .takes_order = true,
                     .overloads = {{"() -> BIGINT NOT NULL", ResolveRank<kRank>}},
                     .examples = {{"rank() over (TIMESTAMP '2026-01-01 10:00:00')", "1"},
                                  {"rank() over (TIMESTAMP '2026-01-01 10:00:00', TIMESTAMP "
                                   "'2026-01-01 10:00:00', TIMESTAMP '2026-01-01 10:00:01')",
                                   "3"}}});
  records.push_back({.name = "dense_rank",
                     .doc = "In `over`: how many different times the rows of the key have, up to "
                            "that of the row.",
                     .nulls = "Never NULL.",
                     .over_only = true,
                     .takes_order = true,
                     .overloads = {{"() -> BIGINT NOT NULL", ResolveRank<kDenseRank>}},
                     .examples = {{"dense_rank() over (TIMESTAMP '2026-01-01 10:00:00', TIMESTAMP "
                                   "'2026-01-01 10:00:00', TIMESTAMP '2026-01-01 10:00:01')",
                                   "2"}}});
  records.push_back(
      {.name = "lag",
       .doc = "In `over`: the value of the row that is `rows` before in its key, 1 if it is not "
              "given; `otherwise` where there is none. `rows` is a literal from 1 to 100000.",
       .nulls = "NULL where there is no such row and no `otherwise`, and where its value is.",
       .order_dependent = true,
       .over_only = true,
       .overloads = {{"(x T [, rows BIGINT [, otherwise T]]) -> T", ResolveLag}},
       .examples = {{"lag(x) over (1, 2, 3)", "2"},
                    {"lag(x, 2) over (1, 2, 3)", "1"},
                    {"lag(x, 3) over (1, 2, 3)", "NULL"},
                    {"lag(x, 3, -1) over (1, 2, 3)", "-1"},
                    {"lag(x, 1, -1) over (NULL, 2)", "NULL"},
                    {"lag(x) over ('a text of more than twelve bytes', 'b')",
                     "a text of more than twelve bytes"}}});
  return records;
}

}  // namespace flinkc
