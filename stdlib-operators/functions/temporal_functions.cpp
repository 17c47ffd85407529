// Functions of dates, times and timestamps.
#include <string>

#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/functions/time_unit.h"
#include "stdlib-operators/kernels/civil_time.h"

namespace flinkc {
namespace {

// EXTRACT of `unit` from the type, where that type has it.
std::optional<Resolution> ExtractCall(TimeUnit unit, const DataType& from, Arguments arguments,
                                      std::vector<DataType> parameters) {
  std::string_view kernel;
  switch (from.kind()) {
    case TypeKind::kTimestamp:
      kernel = "flinkc_extract_timestamp";
      break;
    case TypeKind::kDate:
      if (IsUnitOfTime(unit)) return std::nullopt;
      kernel = "flinkc_extract_date";
      break;
    case TypeKind::kTime:
      if (!IsUnitOfTime(unit) && unit != TimeUnit::kEpoch) return std::nullopt;
      kernel = "flinkc_extract_time";
      break;
    case TypeKind::kIntervalMonths:
      if (unit > TimeUnit::kMonth) return std::nullopt;
      kernel = "flinkc_extract_interval_months";
      break;
    case TypeKind::kIntervalMicros:
      if (unit < TimeUnit::kWeek || (unit > TimeUnit::kNanosecond && unit != TimeUnit::kEpoch)) {
        return std::nullopt;
      }
      kernel = "flinkc_extract_interval_micros";
      break;
    default:
      return std::nullopt;
  }
  return StrictCall(ValueKernel(kernel), BigintType(), arguments, std::move(parameters),
                    {static_cast<int64_t>(unit)});
}

// extract('unit', x): what EXTRACT(unit FROM x) is parsed to.
std::optional<Resolution> ResolveExtract(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const std::optional<TimeUnit> unit = UnitOf(arguments[0]);
  if (!unit) return std::nullopt;
  auto resolution =
      ExtractCall(*unit, arguments[1].type, arguments, {StringType(), arguments[1].type});
  if (resolution) resolution->prepared_arguments = {0};
  return resolution;
}

template <TimeUnit kUnit>
std::optional<Resolution> ResolveField(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  return ExtractCall(kUnit, arguments[0].type, arguments, {arguments[0].type});
}

struct FieldFunction {
  std::string_view name;
  std::string_view doc;
  std::optional<Resolution> (*resolve)(Arguments);
  FunctionExample example;
};

constexpr FieldFunction kFieldFunctions[] = {
    {"year", "The year.", ResolveField<TimeUnit::kYear>, {"year(DATE '1994-09-27')", "1994"}},
    {"quarter",
     "The quarter, 1 to 4.",
     ResolveField<TimeUnit::kQuarter>,
     {"quarter(DATE '1994-09-27')", "3"}},
    {"month",
     "The month, 1 to 12.",
     ResolveField<TimeUnit::kMonth>,
     {"month(DATE '1994-09-27')", "9"}},
    {"week",
     "The ISO week, 1 to 53.",
     ResolveField<TimeUnit::kWeek>,
     {"week(DATE '1994-09-27')", "39"}},
    {"dayofyear",
     "The day of the year, 1 to 366.",
     ResolveField<TimeUnit::kDayOfYear>,
     {"dayofyear(DATE '1994-09-27')", "270"}},
    {"dayofmonth",
     "The day of the month, 1 to 31.",
     ResolveField<TimeUnit::kDay>,
     {"dayofmonth(DATE '1994-09-27')", "27"}},
    {"dayofweek",
     "The day of the week, 1 (Sunday) to 7.",
     ResolveField<TimeUnit::kDayOfWeek>,
     {"dayofweek(DATE '1994-09-27')", "3"}},
    {"hour",
     "The hour, 0 to 23.",
     ResolveField<TimeUnit::kHour>,
     {"hour(TIMESTAMP '1994-09-27 13:14:15')", "13"}},
    {"minute",
     "The minute, 0 to 59.",
     ResolveField<TimeUnit::kMinute>,
     {"minute(TIMESTAMP '1994-09-27 13:14:15')", "14"}},
    {"second",
     "The second, 0 to 59.",
     ResolveField<TimeUnit::kSecond>,
     {"second(TIMESTAMP '1994-09-27 13:14:15')", "15"}},
};

}  // namespace

std::vector<FunctionRecord> TemporalFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "extract",
       .category = FunctionCategory::kTemporal,
       .doc = "EXTRACT(unit FROM x): a field of a date, time, timestamp or interval.",
       .nulls = "NULL if the argument is.",
       .overloads = {{"(unit, x DATE | TIME | TIMESTAMP | INTERVAL) -> BIGINT", ResolveExtract}},
       .examples = {{"EXTRACT(DAY FROM DATE '2006-06-05')", "5"},
                    {"EXTRACT(MILLISECOND FROM TIMESTAMP '2006-06-05 01:02:03.456')", "456"},
                    {"EXTRACT(DOW FROM DATE '2006-06-05')", "2"},
                    {"EXTRACT(HOUR FROM INTERVAL '90' MINUTE)", "1"},
                    {"EXTRACT(YEAR FROM CAST(NULL AS DATE))", "NULL"}}});
  for (const FieldFunction& field : kFieldFunctions) {
    records.push_back({.name = field.name,
                       .category = FunctionCategory::kTemporal,
                       .doc = field.doc,
                       .nulls = "NULL if the argument is.",
                       .overloads = {{"(at DATE | TIMESTAMP) -> BIGINT", field.resolve}},
                       .examples = {field.example}});
  }
  return records;
}

}  // namespace flinkc
