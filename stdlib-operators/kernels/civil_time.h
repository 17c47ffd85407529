// The proleptic Gregorian calendar on integers: days since 1970-01-01 and microseconds since its
// midnight. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". Freestanding.
#pragma once

#include <cstdint>

namespace flinkc {

constexpr int64_t kMicrosPerMilli = 1000;
constexpr int64_t kMicrosPerSecond = 1000 * 1000;
constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;

// Flink's range of DATE and TIMESTAMP: the years 0001 to 9999. As days.
constexpr int64_t kDayMin = -719162;
constexpr int64_t kDayMax = 2932896;

struct CivilDate {
  int32_t year;
  int32_t month;  // 1 to 12
  int32_t day;    // 1 to 31
};

struct TimeOfDay {
  int32_t hour;
  int32_t minute;
  int32_t second;
  int32_t micros;
};

inline int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
inline int64_t FloorModulo(int64_t a, int64_t b) {
  const int64_t remainder = a % b;
  return remainder < 0 ? remainder + b : remainder;
}

inline int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day) {
  year -= month <= 2;
  const int64_t era = FloorDivide(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

inline CivilDate CivilFromDays(int64_t days) {
  days += 719468;
  const int64_t era = FloorDivide(days, 146097);
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;  // from March
  return {static_cast<int32_t>(year_of_era + era * 400 + (month >= 10)),
          static_cast<int32_t>(month < 10 ? month + 3 : month - 9),
          static_cast<int32_t>(day_of_year - (153 * month + 2) / 5 + 1)};
}

inline bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

inline int32_t DaysInMonth(int64_t year, int32_t month) {
  if (month == 2) return IsLeapYear(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

inline bool IsValidDate(int64_t year, int64_t month, int64_t day) {
  return month >= 1 && month <= 12 && day >= 1 &&
         day <= DaysInMonth(year, static_cast<int32_t>(month));
}

// 1 (Monday) to 7 (Sunday).
inline int32_t IsoDayOfWeek(int64_t days) {
  return static_cast<int32_t>(FloorModulo(days + 3, 7)) + 1;
}

inline int32_t DayOfYear(int64_t days) {
  return static_cast<int32_t>(days - DaysFromCivil(CivilFromDays(days).year, 1, 1)) + 1;
}

// The ISO week and the year it belongs to: that of its Thursday.
struct IsoWeek {
  int32_t year;
  int32_t week;
};
inline IsoWeek IsoWeekOf(int64_t days) {
  const int64_t thursday = days + 4 - IsoDayOfWeek(days);
  return {CivilFromDays(thursday).year, (DayOfYear(thursday) - 1) / 7 + 1};
}

inline TimeOfDay TimeOfDayOf(int64_t micros_of_day) {
  return {static_cast<int32_t>(micros_of_day / kMicrosPerHour),
          static_cast<int32_t>(micros_of_day / kMicrosPerMinute % 60),
          static_cast<int32_t>(micros_of_day / kMicrosPerSecond % 60),
          static_cast<int32_t>(micros_of_day % kMicrosPerSecond)};
}

inline int64_t DayOfTimestamp(int64_t micros) { return FloorDivide(micros, kMicrosPerDay); }
inline int64_t MicrosOfDay(int64_t micros) { return FloorModulo(micros, kMicrosPerDay); }

// The same day `months` later; the last day of the month where it has no such day.
inline int64_t AddMonthsToDay(int64_t days, int64_t months) {
  const CivilDate date = CivilFromDays(days);
  const int64_t count = date.year * int64_t{12} + date.month - 1 + months;
  const int64_t year = FloorDivide(count, 12);
  const int32_t month = static_cast<int32_t>(FloorModulo(count, 12)) + 1;
  const int32_t last = DaysInMonth(year, month);
  return DaysFromCivil(year, month, date.day < last ? date.day : last);
}

// 10^(6 - precision): the microseconds of one unit of TIMESTAMP(precision).
inline int64_t MicrosPerUnit(int64_t precision) {
  int64_t unit = 1;
  for (; precision < 6; ++precision) unit *= 10;
  return unit;
}

}  // namespace flinkc
