#include "tests/nexmark/row_text.h"

#include <fmt/format.h>

#include <ctime>

namespace flinkc {

namespace {

// The C library's calendar: another one than the engine's.
std::tm Calendar(int64_t millis) {
  const std::time_t seconds = millis / 1000;
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  return calendar;
}

}  // namespace

void RowText::Name(std::string_view column) {
  text_ += fmt::format("{}\"{}\":", text_.empty() ? "{" : ",", column);
}

RowText& RowText::Number(std::string_view column, int64_t value) {
  Name(column);
  text_ += std::to_string(value);
  return *this;
}

RowText& RowText::Text(std::string_view column, std::string_view value) {
  Name(column);
  text_ += fmt::format("\"{}\"", value);
  return *this;
}

RowText& RowText::Null(std::string_view column) {
  Name(column);
  text_ += "null";
  return *this;
}

RowText& RowText::Time(std::string_view column, int64_t millis) {
  const std::tm at = Calendar(millis);
  return Text(column, fmt::format("{} {:02}:{:02}:{:02}.{:03}", DayText(millis), at.tm_hour,
                                  at.tm_min, at.tm_sec, millis % 1000));
}

RowText& RowText::Thousandths(std::string_view column, int64_t value) {
  Name(column);
  text_ += fmt::format("{}.{:03}", value / 1000, value % 1000);
  return *this;
}

std::string DayText(int64_t millis) {
  const std::tm at = Calendar(millis);
  return fmt::format("{:04}-{:02}-{:02}", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday);
}

std::string MinuteText(int64_t millis) {
  const std::tm at = Calendar(millis);
  return fmt::format("{:02}:{:02}", at.tm_hour, at.tm_min);
}

int HourOf(int64_t millis) { return Calendar(millis).tm_hour; }

}  // namespace flinkc
