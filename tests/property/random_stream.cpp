#include "tests/property/random_stream.h"

#include <fmt/format.h>

#include <ctime>

namespace flinkc::property {

std::vector<size_t> RandomStream::ColumnsOf(ValueType type) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].type == type) found.push_back(i);
  }
  return found;
}

std::string TypeName(ValueType type) {
  switch (type) {
    case ValueType::kBigint:
      return "BIGINT";
    case ValueType::kText:
      return "STRING";
    case ValueType::kBoolean:
      return "BOOLEAN";
    case ValueType::kTime:
      return "TIMESTAMP(3)";
  }
  return "";
}

std::string TimeText(int64_t millis) {
  // Downwards before 1970.
  const int64_t seconds = millis >= 0 ? millis / 1000 : -((999 - millis) / 1000);
  const auto time = static_cast<std::time_t>(seconds);
  std::tm calendar{};
  gmtime_r(&time, &calendar);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", calendar.tm_year + 1900,
                     calendar.tm_mon + 1, calendar.tm_mday, calendar.tm_hour, calendar.tm_min,
                     calendar.tm_sec, millis - seconds * 1000);
}

std::string RowJson(const std::vector<RandomColumn>& columns, const std::vector<Value>& values) {
  std::string text = "{";
  for (size_t i = 0; i < columns.size(); ++i) {
    text += fmt::format("{}\"{}\":", i == 0 ? "" : ",", columns[i].name);
    const Value& value = values[i];
    if (IsNull(value)) {
      text += "null";
    } else if (const bool* truth = std::get_if<bool>(&value)) {
      text += *truth ? "true" : "false";
    } else if (columns[i].type == ValueType::kBigint) {
      text += std::to_string(std::get<int64_t>(value));
    } else {
      // No text here has anything that JSON would escape.
      text += '"' +
              (columns[i].type == ValueType::kTime ? TimeText(std::get<int64_t>(value))
                                                   : std::get<std::string>(value)) +
              '"';
    }
  }
  return text + "}";
}

}  // namespace flinkc::property
