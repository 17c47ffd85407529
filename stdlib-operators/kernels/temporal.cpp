#include "stdlib-operators/kernels/temporal.h"

#include "stdlib-operators/kernels/civil_time.h"

namespace flinkc {
namespace {

int64_t FieldOfDay(int64_t days, TimeUnit unit) {
  const CivilDate date = CivilFromDays(days);
  const int64_t year = date.year;
  switch (unit) {
    // As PostgreSQL: the year 2000 is in the 20th century, 2001 in the 21st.
    case TimeUnit::kMillennium:
      return FloorDivide(year + 999, 1000);
    case TimeUnit::kCentury:
      return FloorDivide(year + 99, 100);
    case TimeUnit::kDecade:
      return FloorDivide(year, 10);
    case TimeUnit::kYear:
      return year;
    case TimeUnit::kQuarter:
      return (date.month - 1) / 3 + 1;
    case TimeUnit::kMonth:
      return date.month;
    case TimeUnit::kWeek:
      return IsoWeekOf(days).week;
    case TimeUnit::kDay:
      return date.day;
    case TimeUnit::kDayOfWeek:
      return IsoDayOfWeek(days) % 7 + 1;
    case TimeUnit::kIsoDayOfWeek:
      return IsoDayOfWeek(days);
    case TimeUnit::kDayOfYear:
      return DayOfYear(days);
    case TimeUnit::kIsoYear:
      return IsoWeekOf(days).year;
    default:
      return 0;
  }
}

int64_t FieldOfTime(int64_t micros_of_day, TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kHour:
      return micros_of_day / kMicrosPerHour;
    case TimeUnit::kMinute:
      return micros_of_day / kMicrosPerMinute % 60;
    case TimeUnit::kSecond:
      return micros_of_day / kMicrosPerSecond % 60;
    case TimeUnit::kMillisecond:
      return micros_of_day / kMicrosPerMilli % 1000;
    case TimeUnit::kMicrosecond:
      return micros_of_day % kMicrosPerSecond;
    case TimeUnit::kNanosecond:
      return micros_of_day % kMicrosPerSecond * 1000;
    default:
      return 0;
  }
}

bool IsTimeField(TimeUnit unit) { return unit >= TimeUnit::kHour && unit <= TimeUnit::kNanosecond; }

// The first day of the year, quarter, month, … that `days` is in.
int64_t FloorDay(int64_t days, TimeUnit unit) {
  const CivilDate date = CivilFromDays(days);
  const int64_t year = date.year;
  switch (unit) {
    case TimeUnit::kMillennium:
      return DaysFromCivil(FloorDivide(year - 1, 1000) * 1000 + 1, 1, 1);
    case TimeUnit::kCentury:
      return DaysFromCivil(FloorDivide(year - 1, 100) * 100 + 1, 1, 1);
    case TimeUnit::kDecade:
      return DaysFromCivil(FloorDivide(year, 10) * 10, 1, 1);
    case TimeUnit::kYear:
      return DaysFromCivil(year, 1, 1);
    case TimeUnit::kQuarter:
      return DaysFromCivil(year, (date.month - 1) / 3 * 3 + 1, 1);
    case TimeUnit::kMonth:
      return DaysFromCivil(year, date.month, 1);
    case TimeUnit::kWeek:
      return days - FloorModulo(days + 4, 7);  // weeks of FLOOR start on Sunday
    default:
      return days;
  }
}

int64_t NextDay(int64_t floor_day, TimeUnit unit) {
  const CivilDate date = CivilFromDays(floor_day);
  switch (unit) {
    case TimeUnit::kMillennium:
      return DaysFromCivil(date.year + int64_t{1000}, 1, 1);
    case TimeUnit::kCentury:
      return DaysFromCivil(date.year + int64_t{100}, 1, 1);
    case TimeUnit::kDecade:
      return DaysFromCivil(date.year + int64_t{10}, 1, 1);
    case TimeUnit::kYear:
      return DaysFromCivil(date.year + int64_t{1}, 1, 1);
    case TimeUnit::kQuarter:
      return AddMonthsToDay(floor_day, 3);
    case TimeUnit::kMonth:
      return AddMonthsToDay(floor_day, 1);
    case TimeUnit::kWeek:
      return floor_day + 7;
    default:
      return floor_day + 1;
  }
}

int64_t UnitMicros(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kWeek:
      return 7 * kMicrosPerDay;
    case TimeUnit::kDay:
      return kMicrosPerDay;
    case TimeUnit::kHour:
      return kMicrosPerHour;
    case TimeUnit::kMinute:
      return kMicrosPerMinute;
    case TimeUnit::kSecond:
      return kMicrosPerSecond;
    case TimeUnit::kMillisecond:
      return kMicrosPerMilli;
    default:
      return 1;
  }
}

// Months of a unit that has no fixed length, else 0.
int64_t UnitMonths(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillennium:
      return 12000;
    case TimeUnit::kCentury:
      return 1200;
    case TimeUnit::kDecade:
      return 120;
    case TimeUnit::kYear:
      return 12;
    case TimeUnit::kQuarter:
      return 3;
    case TimeUnit::kMonth:
      return 1;
    default:
      return 0;
  }
}

// The calendar has the years 0001 to 9999.
int32_t GiveTimestamp(int64_t micros, int64_t* out) {
  const int64_t day = DayOfTimestamp(micros);
  if (day < kDayMin || day > kDayMax) return Failure(RowStatus::kOutOfRange);
  *out = micros;
  return kKernelOk;
}

int32_t GiveDate(int64_t days, int32_t* out) {
  if (days < kDayMin || days > kDayMax) return Failure(RowStatus::kOutOfRange);
  *out = static_cast<int32_t>(days);
  return kKernelOk;
}

int32_t AddMicros(int64_t micros, int64_t interval, int64_t* out) {
  int64_t sum;
  if (__builtin_add_overflow(micros, interval, &sum)) return Failure(RowStatus::kOutOfRange);
  return GiveTimestamp(sum, out);
}

int32_t AddMonths(int64_t micros, int64_t months, int64_t* out) {
  const int64_t days = AddMonthsToDay(DayOfTimestamp(micros), months);
  if (days < kDayMin || days > kDayMax) return Failure(RowStatus::kOutOfRange);
  *out = days * kMicrosPerDay + MicrosOfDay(micros);
  return kKernelOk;
}

// Whole months from `from` to `to`: the last one only counts when it is full.
int64_t MonthsBetween(int64_t from, int64_t to) {
  const CivilDate a = CivilFromDays(DayOfTimestamp(from)), b = CivilFromDays(DayOfTimestamp(to));
  int64_t months = (b.year - int64_t{a.year}) * 12 + b.month - a.month;
  int64_t reached;
  if (AddMonths(from, months, &reached) != kKernelOk) return months;
  if (months > 0 && reached > to) --months;
  if (months < 0 && reached < to) ++months;
  return months;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int64_t flinkc_extract_timestamp(int64_t micros, int64_t unit) {
  const auto field = static_cast<TimeUnit>(unit);
  if (field == TimeUnit::kEpoch) return FloorDivide(micros, kMicrosPerSecond);
  if (IsTimeField(field)) return FieldOfTime(MicrosOfDay(micros), field);
  return FieldOfDay(DayOfTimestamp(micros), field);
}

int64_t flinkc_extract_date(int32_t days, int64_t unit) {
  if (static_cast<TimeUnit>(unit) == TimeUnit::kEpoch) return int64_t{days} * 86400;
  return FieldOfDay(days, static_cast<TimeUnit>(unit));
}

int64_t flinkc_extract_time(int64_t micros, int64_t unit) {
  if (static_cast<TimeUnit>(unit) == TimeUnit::kEpoch) return micros / kMicrosPerSecond;
  return FieldOfTime(micros, static_cast<TimeUnit>(unit));
}

int64_t flinkc_extract_interval_months(int32_t months, int64_t unit) {
  switch (static_cast<TimeUnit>(unit)) {
    case TimeUnit::kMillennium:
      return months / 12000;
    case TimeUnit::kCentury:
      return months / 1200;
    case TimeUnit::kDecade:
      return months / 120;
    case TimeUnit::kYear:
      return months / 12;
    case TimeUnit::kQuarter:
      return months % 12 / 3 + 1;
    default:
      return months % 12;
  }
}

int64_t flinkc_extract_interval_micros(int64_t micros, int64_t unit) {
  switch (static_cast<TimeUnit>(unit)) {
    case TimeUnit::kEpoch:
      return micros / kMicrosPerSecond;
    case TimeUnit::kWeek:
      return micros / (7 * kMicrosPerDay);
    case TimeUnit::kDay:
      return micros / kMicrosPerDay;
    default:
      return FieldOfTime(micros % kMicrosPerDay, static_cast<TimeUnit>(unit));
  }
}

int64_t flinkc_floor_timestamp(int64_t micros, int64_t unit) {
  const auto to = static_cast<TimeUnit>(unit);
  if (to >= TimeUnit::kDay) return micros - FloorModulo(micros, UnitMicros(to));
  return FloorDay(DayOfTimestamp(micros), to) * kMicrosPerDay;
}

int64_t flinkc_ceil_timestamp(int64_t micros, int64_t unit) {
  const int64_t floor = flinkc_floor_timestamp(micros, unit);
  if (floor == micros) return micros;
  const auto to = static_cast<TimeUnit>(unit);
  if (to >= TimeUnit::kDay) return floor + UnitMicros(to);
  return NextDay(floor / kMicrosPerDay, to) * kMicrosPerDay;
}

int32_t flinkc_floor_date(int32_t days, int64_t unit) {
  return static_cast<int32_t>(FloorDay(days, static_cast<TimeUnit>(unit)));
}

int32_t flinkc_ceil_date(int32_t days, int64_t unit) {
  const int64_t floor = FloorDay(days, static_cast<TimeUnit>(unit));
  if (floor == days) return days;
  return static_cast<int32_t>(NextDay(floor, static_cast<TimeUnit>(unit)));
}

int32_t flinkc_add_timestamp_micros(int64_t micros, int64_t interval, int64_t* out) {
  return AddMicros(micros, interval, out);
}

int32_t flinkc_subtract_timestamp_micros(int64_t micros, int64_t interval, int64_t* out) {
  int64_t difference;
  if (__builtin_sub_overflow(micros, interval, &difference)) {
    return Failure(RowStatus::kOutOfRange);
  }
  return GiveTimestamp(difference, out);
}

int32_t flinkc_add_timestamp_months(int64_t micros, int32_t months, int64_t* out) {
  return AddMonths(micros, months, out);
}

int32_t flinkc_subtract_timestamp_months(int64_t micros, int32_t months, int64_t* out) {
  return AddMonths(micros, -int64_t{months}, out);
}

int32_t flinkc_add_date_micros(int32_t days, int64_t interval, int32_t* out) {
  return GiveDate(days + FloorDivide(interval, kMicrosPerDay), out);
}

int32_t flinkc_subtract_date_micros(int32_t days, int64_t interval, int32_t* out) {
  // Back to the day that the exact moment is in.
  const int64_t whole = interval / kMicrosPerDay;
  return GiveDate(days - whole - (interval % kMicrosPerDay > 0 ? 1 : 0), out);
}

int32_t flinkc_add_date_months(int32_t days, int32_t months, int32_t* out) {
  return GiveDate(AddMonthsToDay(days, months), out);
}

int32_t flinkc_subtract_date_months(int32_t days, int32_t months, int32_t* out) {
  return GiveDate(AddMonthsToDay(days, -int64_t{months}), out);
}

int64_t flinkc_add_time_micros(int64_t micros, int64_t interval) {
  return FloorModulo(micros + interval % kMicrosPerDay, kMicrosPerDay);
}

int64_t flinkc_subtract_time_micros(int64_t micros, int64_t interval) {
  return FloorModulo(micros - interval % kMicrosPerDay, kMicrosPerDay);
}

int64_t flinkc_subtract_date_date(int32_t a, int32_t b) { return (int64_t{a} - b) * kMicrosPerDay; }

int32_t flinkc_timestamp_add(int32_t count, int64_t micros, int64_t unit, int64_t* out) {
  const auto of = static_cast<TimeUnit>(unit);
  if (of <= TimeUnit::kMonth) return AddMonths(micros, count * UnitMonths(of), out);
  int64_t interval;
  if (__builtin_mul_overflow(count, UnitMicros(of), &interval)) {
    return Failure(RowStatus::kOutOfRange);
  }
  return AddMicros(micros, interval, out);
}

int32_t flinkc_timestamp_add_date(int32_t count, int32_t days, int64_t unit, int32_t* out) {
  const auto of = static_cast<TimeUnit>(unit);
  if (of <= TimeUnit::kMonth) return GiveDate(AddMonthsToDay(days, count * UnitMonths(of)), out);
  return GiveDate(days + int64_t{count} * (of == TimeUnit::kWeek ? 7 : 1), out);
}

int32_t flinkc_timestamp_diff(int64_t from, int64_t to, int64_t unit, int32_t* out) {
  const auto of = static_cast<TimeUnit>(unit);
  int64_t count;
  if (of <= TimeUnit::kMonth) {
    count = MonthsBetween(from, to) / UnitMonths(of);
  } else {
    if (__builtin_sub_overflow(to, from, &count)) return Failure(RowStatus::kIntegerOverflow);
    count /= UnitMicros(of);
  }
  if (count != static_cast<int32_t>(count)) return Failure(RowStatus::kIntegerOverflow);
  *out = static_cast<int32_t>(count);
  return kKernelOk;
}

int64_t flinkc_cast_date_timestamp(int32_t days) { return days * kMicrosPerDay; }
int32_t flinkc_cast_timestamp_date(int64_t micros) {
  return static_cast<int32_t>(DayOfTimestamp(micros));
}
int64_t flinkc_cast_timestamp_timestamp(int64_t micros, int64_t unit_micros) {
  return micros - FloorModulo(micros, unit_micros);
}
int64_t flinkc_cast_timestamp_time(int64_t micros, int64_t unit_micros) {
  const int64_t time = MicrosOfDay(micros);
  return time - time % unit_micros;
}

int32_t flinkc_to_timestamp_ltz(int64_t count, int64_t unit_micros, int64_t* out) {
  int64_t micros;
  if (__builtin_mul_overflow(count, unit_micros, &micros) ||
      GiveTimestamp(micros, out) != kKernelOk) {
    return kKernelNull;
  }
  return kKernelOk;
}

int64_t flinkc_unix_timestamp(KernelContext* context) {
  return FloorDivide(context->now_micros, kMicrosPerSecond);
}

int64_t flinkc_current_timestamp(KernelContext* context, int64_t unit_micros) {
  return context->now_micros - FloorModulo(context->now_micros, unit_micros);
}

}  // extern "C"
