#include "stdlib-operators/functions/time_unit.h"

#include <string>
#include <string_view>
#include <variant>

namespace flinkc {

std::optional<TimeUnit> UnitOf(const ArgumentInfo& argument) {
  struct Name {
    std::string_view name;
    TimeUnit unit;
  };
  static constexpr Name kNames[] = {{"MILLENNIUM", TimeUnit::kMillennium},
                                    {"CENTURY", TimeUnit::kCentury},
                                    {"DECADE", TimeUnit::kDecade},
                                    {"YEAR", TimeUnit::kYear},
                                    {"QUARTER", TimeUnit::kQuarter},
                                    {"MONTH", TimeUnit::kMonth},
                                    {"WEEK", TimeUnit::kWeek},
                                    {"DAY", TimeUnit::kDay},
                                    {"HOUR", TimeUnit::kHour},
                                    {"MINUTE", TimeUnit::kMinute},
                                    {"SECOND", TimeUnit::kSecond},
                                    {"MILLISECOND", TimeUnit::kMillisecond},
                                    {"MICROSECOND", TimeUnit::kMicrosecond},
                                    {"NANOSECOND", TimeUnit::kNanosecond},
                                    {"DOW", TimeUnit::kDayOfWeek},
                                    {"ISODOW", TimeUnit::kIsoDayOfWeek},
                                    {"DOY", TimeUnit::kDayOfYear},
                                    {"ISOYEAR", TimeUnit::kIsoYear},
                                    {"EPOCH", TimeUnit::kEpoch}};
  if (argument.literal == nullptr) return std::nullopt;
  const auto* text = std::get_if<std::string>(&argument.literal->data);
  if (text == nullptr) return std::nullopt;
  std::string upper = *text;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  for (const Name& name : kNames) {
    if (upper == name.name) return name.unit;
  }
  return std::nullopt;
}

bool IsUnitOfTime(TimeUnit unit) {
  return unit >= TimeUnit::kHour && unit <= TimeUnit::kNanosecond;
}

}  // namespace flinkc
