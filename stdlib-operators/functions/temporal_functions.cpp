// Functions of dates, times and timestamps.
#include <string>
#include <utility>
#include <variant>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/functions/native/date_pattern.h"
#include "stdlib-operators/functions/native/time_zone.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/functions/time_unit.h"
#include "stdlib-operators/kernels/civil_time.h"

namespace flinkc {
namespace {

// A call whose kernel works in the job's time zone.
Resolution InTimeZone(Resolution resolution) {
  resolution.prepare = &PrepareTimeZone;
  resolution.takes_time_zone = true;
  resolution.volatile_result = true;
  return resolution;
}

// EXTRACT of `unit` from the type, where that type has it.
std::optional<Resolution> ExtractCall(TimeUnit unit, const DataType& from, Arguments arguments,
                                      std::vector<DataType> parameters) {
  std::string_view kernel;
  if (from.kind() == TypeKind::kTimestampLtz) {
    return InTimeZone(StrictCall(ValueKernel("flinkc_native_extract_ltz"), BigintType(), arguments,
                                 std::move(parameters), {static_cast<int64_t>(unit)}));
  }
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

// ---- by a pattern ----

// A call whose argument 1 is the pattern; in the job's time zone, if `zoned`.
std::optional<Resolution> PatternCall(const KernelCall& kernel, const DataType& result,
                                      Arguments arguments,
                                      std::initializer_list<DataType> parameters, bool zoned) {
  auto resolution = FixedCall(kernel, result, arguments, parameters);
  if (!resolution) return std::nullopt;
  if (arguments.size() > 1) {
    resolution->prepared_arguments = {1};
    resolution->check_constants = &CheckDatePattern;
  }
  resolution->prepare = zoned ? &PrepareZonedPattern : &PrepareDatePattern;
  resolution->takes_time_zone = zoned;
  resolution->volatile_result = zoned;
  return resolution;
}

std::optional<Resolution> ResolveDateFormat(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const DataType& type = arguments[0].type;
  if (type.kind() == TypeKind::kTimestampLtz) {
    return PatternCall(TextKernel("flinkc_native_date_format_ltz"), StringType(), arguments,
                       {type, StringType()}, true);
  }
  const DataType as = type.kind() == TypeKind::kTimestamp ? type : DataType::Timestamp(0);
  if (arguments[1].literal != nullptr &&
      arguments[1].literal->data == Value{std::string("yyyy-MM-dd")}.data) {
    // The pattern of a day, which is the key of many aggregates: a kernel of its own, without
    // state.
    auto resolution = FixedCall(TextKernel("flinkc_date_format_day"), StringType(), arguments,
                                {as, StringType()});
    if (resolution) resolution->prepared_arguments = {1};
    return resolution;
  }
  return PatternCall(TextKernel("flinkc_native_date_format"), StringType(), arguments,
                     {as, StringType()}, false);
}

std::optional<Resolution> ResolveToTimestamp(Arguments arguments) {
  if (arguments.size() == 1) {
    return FixedCall(NullingKernel("flinkc_to_timestamp"), DataType::Timestamp(3), arguments,
                     {StringType()});
  }
  return PatternCall(NullingKernel("flinkc_native_to_timestamp_pattern"), DataType::Timestamp(3),
                     arguments, {StringType(), StringType()}, false);
}

std::optional<Resolution> ResolveToDate(Arguments arguments) {
  if (arguments.size() == 1) {
    return FixedCall(NullingKernel("flinkc_to_date"), DateType(), arguments, {StringType()});
  }
  return PatternCall(NullingKernel("flinkc_native_to_date_pattern"), DateType(), arguments,
                     {StringType(), StringType()}, false);
}

std::optional<Resolution> ResolveFromUnixtime(Arguments arguments) {
  constexpr KernelCall kKernel = NullingTextKernel("flinkc_native_from_unixtime");
  if (arguments.size() == 1) {
    return PatternCall(kKernel, StringType(), arguments, {BigintType()}, true);
  }
  return PatternCall(kKernel, StringType(), arguments, {BigintType(), StringType()}, true);
}

std::optional<Resolution> ResolveUnixTimestamp(Arguments arguments) {
  if (arguments.empty()) {
    Resolution now = StrictCall({"flinkc_unix_timestamp", KernelConvention::kValue, true},
                                BigintType(), arguments, {});
    now.volatile_result = true;
    return now;
  }
  constexpr KernelCall kKernel = NullingKernel("flinkc_native_unix_timestamp_pattern");
  if (arguments.size() == 1) {
    return PatternCall(kKernel, BigintType(), arguments, {StringType()}, true);
  }
  return PatternCall(kKernel, BigintType(), arguments, {StringType(), StringType()}, true);
}

// to_timestamp_ltz(count, 0 | 3): seconds or milliseconds since the epoch.
std::optional<Resolution> ResolveToTimestampLtz(Arguments arguments) {
  int64_t precision = 3;
  if (arguments.size() == 2) {
    const Value* literal = arguments[1].literal;
    const auto* given = literal == nullptr ? nullptr : std::get_if<int64_t>(&literal->data);
    if (given == nullptr || (*given != 0 && *given != 3)) return std::nullopt;
    precision = *given;
  } else if (arguments.size() != 1) {
    return std::nullopt;
  }
  if (!CanImplicitlyCast(arguments[0].type, BigintType())) return std::nullopt;
  std::vector<DataType> parameters = {BigintType()};
  if (arguments.size() == 2) parameters.push_back(IntType());
  Resolution resolution =
      StrictCall(NullingKernel("flinkc_to_timestamp_ltz"), DataType::TimestampLtz(3), arguments,
                 std::move(parameters), {precision == 0 ? kMicrosPerSecond : kMicrosPerMilli});
  if (arguments.size() == 2) resolution.prepared_arguments = {1};
  return resolution;
}

// to_timestamp_ltz(text [, pattern [, zone]]): the local time of the zone, or of UTC.
std::optional<Resolution> ResolveTextToLtz(Arguments arguments) {
  const DataType result = DataType::TimestampLtz(3);
  if (arguments.size() == 1) {
    return FixedCall(NullingKernel("flinkc_to_timestamp"), result, arguments, {StringType()});
  }
  constexpr KernelCall kKernel = NullingKernel("flinkc_native_to_ltz_pattern");
  auto resolution =
      arguments.size() == 3
          ? FixedCall(kKernel, result, arguments, {StringType(), StringType(), StringType()})
          : FixedCall(kKernel, result, arguments, {StringType(), StringType()});
  if (!resolution) return std::nullopt;
  const bool zoned = arguments.size() == 3;
  resolution->prepared_arguments = zoned ? std::vector<uint32_t>{1, 2} : std::vector<uint32_t>{1};
  resolution->check_constants = zoned ? &CheckZonedPattern : &CheckDatePattern;
  resolution->prepare = zoned ? &PrepareZonedPattern : &PrepareDatePattern;
  return resolution;
}

// ---- the clock ----

constexpr std::string_view kLocaltimestamp = "flinkc_native_localtimestamp";
constexpr std::string_view kCurrentDate = "flinkc_native_current_date";
DataType TimestampOfMillis() { return DataType::Timestamp(3); }

template <const std::string_view& kKernel, DataType (*kResult)()>
std::optional<Resolution> ResolveLocalClock(Arguments arguments) {
  if (!arguments.empty()) return std::nullopt;
  return InTimeZone(
      StrictCall({kKernel, KernelConvention::kValue, true}, kResult(), arguments, {}));
}

std::optional<Resolution> ResolveCurrentTimestamp(Arguments arguments) {
  if (!arguments.empty()) return std::nullopt;
  Resolution resolution = StrictCall({"flinkc_current_timestamp", KernelConvention::kValue, true},
                                     DataType::TimestampLtz(3), arguments, {}, {kMicrosPerMilli});
  resolution.volatile_result = true;
  return resolution;
}

// ---- arithmetic by unit ----

// timestampadd('unit', count, at).
std::optional<Resolution> ResolveTimestampAdd(Arguments arguments) {
  if (arguments.size() != 3 || !CanImplicitlyCast(arguments[1].type, IntType())) {
    return std::nullopt;
  }
  const auto unit = UnitOf(arguments[0]);
  if (!unit || *unit > TimeUnit::kMicrosecond) return std::nullopt;
  DataType type = arguments[2].type;
  const bool is_date = type.kind() == TypeKind::kDate && !IsUnitOfTime(*unit);
  if (type.kind() == TypeKind::kDate && !is_date) type = DataType::Timestamp(3);
  if (!is_date && !type.is_timestamp()) return std::nullopt;
  Resolution resolution =
      StrictCall(FallibleKernel(is_date ? "flinkc_timestamp_add_date" : "flinkc_timestamp_add"),
                 type, arguments, {StringType(), IntType(), type}, {static_cast<int64_t>(*unit)});
  resolution.prepared_arguments = {0};
  return resolution;
}

// timestampdiff('unit', from, to).
std::optional<Resolution> ResolveTimestampDiff(Arguments arguments) {
  if (arguments.size() != 3) return std::nullopt;
  const auto unit = UnitOf(arguments[0]);
  if (!unit || *unit > TimeUnit::kMicrosecond) return std::nullopt;
  auto common = CommonType(arguments[1].type, arguments[2].type);
  if (common && common->kind() == TypeKind::kDate) common = DataType::Timestamp(0);
  if (!common || !common->is_timestamp()) return std::nullopt;
  Resolution resolution =
      StrictCall(FallibleKernel("flinkc_timestamp_diff"), IntType(), arguments,
                 {StringType(), *common, *common}, {static_cast<int64_t>(*unit)});
  resolution.prepared_arguments = {0};
  return resolution;
}

constexpr KernelCall kConvertTz = NullingTextKernel("flinkc_native_convert_tz");

std::vector<FunctionRecord> PatternFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "date_format",
       .category = FunctionCategory::kTemporal,
       .doc = "The timestamp by a pattern of Java's DateTimeFormatter: y u M L d D H k K h m s S a "
              "E Q and 'text'.",
       .nulls = "NULL if the argument is. The pattern is a constant.",
       .overloads = {{"(at TIMESTAMP, pattern STRING) -> STRING", ResolveDateFormat}},
       .examples = {{"date_format(TIMESTAMP '2020-02-29 13:04:05.678', 'yyyy-MM-dd HH:mm')",
                     "2020-02-29 13:04"},
                    {"date_format(TIMESTAMP '2020-02-29 13:04:05.678', 'EEE, d MMMM yy h:mm a')",
                     "Sat, 29 February 20 1:04 PM"},
                    {"date_format(DATE '2020-02-29', 'D')", "60"}}});
  records.push_back(
      {.name = "to_timestamp",
       .category = FunctionCategory::kTemporal,
       .doc = "The text as TIMESTAMP(3): as CAST reads it, or by a pattern.",
       .nulls = "NULL if the argument is, or is no such timestamp. The pattern is a constant.",
       .overloads = {{"(s STRING [, pattern STRING]) -> TIMESTAMP(3)", ResolveToTimestamp}},
       .examples = {{"to_timestamp('2020-02-29 13:04:05')", "2020-02-29 13:04:05.000"},
                    {"to_timestamp('29.2.2020 1304', 'd.M.yyyy HHmm')", "2020-02-29 13:04:00.000"},
                    {"to_timestamp('2019-02-29 00:00:00')", "NULL"}}});
  records.push_back(
      {.name = "to_date",
       .category = FunctionCategory::kTemporal,
       .doc = "The text as DATE: as CAST reads it, or by a pattern.",
       .nulls = "NULL if the argument is, or is no such date. The pattern is a constant.",
       .overloads = {{"(s STRING [, pattern STRING]) -> DATE", ResolveToDate}},
       .examples = {{"to_date('2020-02-29')", "2020-02-29"},
                    {"to_date('29/Feb/2020', 'dd/MMM/yyyy')", "2020-02-29"},
                    {"to_date('2020-13-01')", "NULL"}}});
  records.push_back(
      {.name = "from_unixtime",
       .category = FunctionCategory::kTemporal,
       .doc =
           "Seconds since the epoch as text, by a pattern or as yyyy-MM-dd HH:mm:ss, in the job's "
           "time zone.",
       .nulls = "NULL if the argument is, or is outside of the years 1 to 9999.",
       .overloads = {{"(seconds BIGINT [, pattern STRING]) -> STRING", ResolveFromUnixtime}},
       .examples = {{"from_unixtime(44)", "1970-01-01 00:00:44"},
                    {"from_unixtime(1582979696, 'yyyyMMdd')", "20200229"}}});
  records.push_back(
      {.name = "unix_timestamp",
       .category = FunctionCategory::kTemporal,
       .doc = "Seconds since the epoch: now, or those of the text in the job's time zone.",
       .nulls = "NULL if the argument is, or does not match the pattern.",
       .overloads = {{"([s STRING [, pattern STRING]]) -> BIGINT", ResolveUnixTimestamp}},
       .examples = {{"unix_timestamp('1970-01-02 00:00:01')", "86401"},
                    {"unix_timestamp('2020', 'yyyy')", "1577836800"},
                    {"unix_timestamp() > 1500000000", "TRUE"}}});
  return records;
}

std::vector<FunctionRecord> ClockFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "current_timestamp",
                     .aliases = {"now", "current_row_timestamp"},
                     .category = FunctionCategory::kTemporal,
                     .doc = "Now, read once for a batch of rows.",
                     .nulls = "Never NULL.",
                     .overloads = {{"() -> TIMESTAMP_LTZ(3) NOT NULL", ResolveCurrentTimestamp}},
                     .examples = {{"CURRENT_TIMESTAMP > to_timestamp_ltz(0, 0)", "TRUE"}}});
  records.push_back({.name = "localtimestamp",
                     .category = FunctionCategory::kTemporal,
                     .doc = "Now, in the job's time zone.",
                     .nulls = "Never NULL.",
                     .overloads = {{"() -> TIMESTAMP(3) NOT NULL",
                                    ResolveLocalClock<kLocaltimestamp, TimestampOfMillis>}},
                     .examples = {{"LOCALTIMESTAMP > TIMESTAMP '2020-01-01 00:00:00'", "TRUE"}}});
  records.push_back(
      {.name = "current_date",
       .category = FunctionCategory::kTemporal,
       .doc = "Today, in the job's time zone.",
       .nulls = "Never NULL.",
       .overloads = {{"() -> DATE NOT NULL", ResolveLocalClock<kCurrentDate, DateType>}},
       .examples = {{"CURRENT_DATE >= DATE '2020-01-01'", "TRUE"}}});
  records.push_back(
      {.name = "to_timestamp_ltz",
       .category = FunctionCategory::kTemporal,
       .doc =
           "Milliseconds since the epoch (precision 3), or seconds (0); or a text, by a pattern, "
           "as the local time of a zone (UTC).",
       .nulls = "NULL if the argument is, is outside of the years 1 to 9999, or is no such "
                "timestamp. Pattern and zone are constants.",
       .overloads = {{"(count BIGINT [, precision INT constant 0 | 3]) -> "
                      "TIMESTAMP_LTZ(3)",
                      ResolveToTimestampLtz},
                     {"(s STRING [, pattern STRING constant [, zone STRING constant]]) -> "
                      "TIMESTAMP_LTZ(3)",
                      ResolveTextToLtz}},
       .examples = {
           {"CAST(to_timestamp_ltz(1582979696, 0) AS STRING)", "2020-02-29 12:34:56.000"},
           {"CAST(to_timestamp_ltz(1500) AS STRING)", "1970-01-01 00:00:01.500"},
           {"to_timestamp_ltz('2020-07-01 12:00:00') = to_timestamp_ltz(1593604800, 0)", "TRUE"},
           {"to_timestamp_ltz('1.7.2020 12', 'd.M.yyyy H', 'Europe/Vienna') = "
            "to_timestamp_ltz(1593597600, 0)",
            "TRUE"},
           {"to_timestamp_ltz('yesterday')", "NULL"}}});
  records.push_back(
      {.name = "convert_tz",
       .category = FunctionCategory::kTemporal,
       .doc = "The local time of one time zone in another, as yyyy-MM-dd HH:mm:ss.",
       .nulls = "NULL if an argument is, the text is no timestamp, or there is no such zone.",
       .overloads = {{"(s STRING, from STRING, to STRING) -> STRING",
                      Fixed<kConvertTz, StringType, StringType, StringType, StringType>}},
       .examples = {
           {"convert_tz('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')",
            "1969-12-31 16:00:00"},
           {"convert_tz('2020-03-29 02:30:00', 'Europe/Vienna', 'UTC')", "2020-03-29 01:30:00"},
           {"convert_tz('2020-01-01 00:00:00', 'UTC', 'Nowhere')", "NULL"}}});
  records.push_back(
      {.name = "timestampadd",
       .category = FunctionCategory::kTemporal,
       .doc = "The date or timestamp `count` units later.",
       .nulls = "NULL if an argument is; fails outside of the years 1 to 9999.",
       .overloads = {{"(unit, count INT, at TIMESTAMP | DATE) -> type of at", ResolveTimestampAdd}},
       .examples = {
           {"TIMESTAMPADD(MONTH, 1, DATE '2020-01-31')", "2020-02-29"},
           {"TIMESTAMPADD(WEEK, 1, DATE '2003-01-02')", "2003-01-09"},
           {"TIMESTAMPADD(HOUR, -1, TIMESTAMP '2020-01-01 00:30:00')", "2019-12-31 23:30:00"}}});
  records.push_back(
      {.name = "timestampdiff",
       .category = FunctionCategory::kTemporal,
       .doc = "How many whole units lie between the two.",
       .nulls = "NULL if an argument is; fails where the number is no INT.",
       .overloads = {{"(unit, from TIMESTAMP | DATE, to TIMESTAMP | DATE) -> INT",
                      ResolveTimestampDiff}},
       .examples = {{"TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', "
                     "TIMESTAMP '2003-01-03 10:00:00')",
                     "1"},
                    {"TIMESTAMPDIFF(MONTH, DATE '2020-01-31', DATE '2020-02-29')", "1"},
                    {"TIMESTAMPDIFF(YEAR, DATE '2020-02-29', DATE '2019-03-01')", "0"},
                    {"TIMESTAMPDIFF(SECOND, TIMESTAMP '2020-01-01 00:00:10', "
                     "TIMESTAMP '2020-01-01 00:00:00')",
                     "-10"}}});
  return records;
}

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
  for (auto* family : {&PatternFunctions, &ClockFunctions}) {
    for (FunctionRecord& record : family()) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace flinkc
