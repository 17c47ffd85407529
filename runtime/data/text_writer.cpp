#include "runtime/data/text_writer.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "runtime/abi/nested_value.h"
#include "runtime/base/check.h"
#include "runtime/data/base64.h"

namespace flinkc {

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// `value` in at least `digits` digits.
void AppendPadded(std::string& out, uint64_t value, int digits) {
  char buffer[20];
  char* end = buffer + sizeof(buffer);
  char* start = end;
  while (value != 0 || digits > 0) {
    *--start = static_cast<char>('0' + value % 10);
    value /= 10;
    --digits;
  }
  out.append(start, end);
}

struct CivilDate {
  int64_t year;
  uint32_t month;
  uint32_t day;
};

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
CivilDate ToCivil(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const uint32_t day_of_era = static_cast<uint32_t>(days - era * 146097);
  const uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t shifted_month = (5 * day_of_year + 2) / 153;
  const uint32_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const uint32_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int64_t year = static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day};
}

void AppendCivil(std::string& out, int64_t days) {
  const CivilDate date = ToCivil(days);
  if (date.year < 0) out += '-';
  AppendPadded(out, static_cast<uint64_t>(date.year < 0 ? -date.year : date.year), 4);
  out += '-';
  AppendPadded(out, date.month, 2);
  out += '-';
  AppendPadded(out, date.day, 2);
}

// Java's layout of shortest digits. `Float` is float or double.
template <typename Float>
void AppendFloating(std::string& out, Float value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  const Float magnitude = std::fabs(value);
  if (std::signbit(value)) out += '-';
  // Small whole numbers are common and need no search for their digits.
  if (magnitude < Float(1e7) && magnitude == std::trunc(magnitude)) {
    AppendInteger(out, static_cast<int64_t>(magnitude));
    out += ".0";
    return;
  }
  char buffer[40];
  auto written =
      std::to_chars(buffer, buffer + sizeof(buffer), magnitude, std::chars_format::scientific);
  // Java asks for the closest of all two-digit decimals where one digit would do: 4.9E-324.
  if (buffer[1] != '.') {
    written =
        std::to_chars(buffer, buffer + sizeof(buffer), magnitude, std::chars_format::scientific, 1);
  }
  const std::string_view text(buffer, static_cast<size_t>(written.ptr - buffer));
  const size_t exponent_at = text.find('e');
  int exponent = 0;
  const char* exponent_start = buffer + exponent_at + (text[exponent_at + 1] == '+' ? 2 : 1);
  std::from_chars(exponent_start, written.ptr, exponent);
  char digits[24];
  digits[0] = buffer[0];
  std::memcpy(digits + 1, buffer + 2, exponent_at - 2);
  const size_t count = exponent_at - 1;
  if (exponent < -3 || exponent >= 7) {  // 1.2345E-5
    out += digits[0];
    out += '.';
    out.append(digits + 1, count - 1);
    out += 'E';
    AppendInteger(out, exponent);
  } else if (exponent < 0) {  // 0.0012345
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    // 0.01 came as 1.0E-2.
    out.append(digits, count == 2 && digits[1] == '0' ? 1 : count);
  } else {  // 123.45; not a whole number, so digits remain behind the point
    const size_t whole = static_cast<size_t>(exponent) + 1;
    out.append(digits, whole);
    out += '.';
    out.append(digits + whole, count - whole);
  }
}

template <typename T>
T Load(const void* value) {
  T loaded;
  std::memcpy(&loaded, value, sizeof(T));
  return loaded;
}

__int128 LoadDecimal(const DataType& type, const void* value) {
  return type.precision() <= 18 ? Load<int64_t>(value) : Load<__int128>(value);
}

// The value in a slot of a nested value, or a cell: `append` is AppendText or AppendJson.
template <typename Append>
void AppendSlot(std::string& out, const NestedReader& reader, uint32_t slot, const DataType& type,
                std::string_view null_text, Append append) {
  if (reader.IsNull(slot)) {
    out += null_text;
  } else if (type.is_view()) {
    const StringValue view = reader.View(slot);
    append(out, type, &view);
  } else {
    append(out, type, reader.Slot(slot));
  }
}

void AppendNestedText(std::string& out, const DataType& type, const StringValue& value) {
  const auto append = [](std::string& to, const DataType& of, const void* from) {
    AppendText(to, of, from);
  };
  const bool map = type.kind() == TypeKind::kMap;
  const NestedReader reader = NestedReader::Open(value, map ? 2 : 1);
  out += map ? '{' : type.kind() == TypeKind::kArray ? '[' : '(';
  for (uint32_t i = 0; i < reader.header.count; ++i) {
    if (i > 0) out += ", ";
    if (map) {
      AppendSlot(out, reader, 2 * i, type.children()[0], "NULL", append);
      out += '=';
      AppendSlot(out, reader, 2 * i + 1, type.children()[1], "NULL", append);
    } else {
      const size_t child = type.kind() == TypeKind::kRow ? i : 0;
      AppendSlot(out, reader, i, type.children()[child], "NULL", append);
    }
  }
  out += map ? '}' : type.kind() == TypeKind::kArray ? ']' : ')';
}

void AppendNestedJson(std::string& out, const DataType& type, const StringValue& value) {
  const auto append = [](std::string& to, const DataType& of, const void* from) {
    AppendJson(to, of, from);
  };
  const bool map = type.kind() == TypeKind::kMap;
  const bool array = type.kind() == TypeKind::kArray;
  const NestedReader reader = NestedReader::Open(value, map ? 2 : 1);
  out += array ? '[' : '{';
  for (uint32_t i = 0; i < reader.header.count; ++i) {
    if (i > 0) out += ',';
    if (map) {
      std::string key;  // the keys of an object are strings
      AppendSlot(
          key, reader, 2 * i, type.children()[0], "null",
          [](std::string& to, const DataType& of, const void* from) { AppendText(to, of, from); });
      AppendJsonString(out, key);
      out += ':';
      AppendSlot(out, reader, 2 * i + 1, type.children()[1], "null", append);
    } else if (array) {
      AppendSlot(out, reader, i, type.children()[0], "null", append);
    } else {
      AppendJsonString(out, type.field_names()[i]);
      out += ':';
      AppendSlot(out, reader, i, type.children()[i], "null", append);
    }
  }
  out += array ? ']' : '}';
}

const std::byte* CellAddress(const RecordBatch& batch, const DataType& type, size_t column,
                             int32_t row) {
  return batch.Values<std::byte>(column) + static_cast<size_t>(row) * ByteWidth(type.physical());
}

}  // namespace

void AppendInteger(std::string& out, int64_t value) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
}

void AppendDecimal(std::string& out, __int128 unscaled, int scale) {
  unsigned __int128 magnitude = static_cast<unsigned __int128>(unscaled);
  if (unscaled < 0) {
    out += '-';
    magnitude = 0 - magnitude;
  }
  char buffer[48];
  char* const end = buffer + sizeof(buffer);
  char* start = end;
  while (magnitude > UINT64_MAX) {
    *--start = static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
  }
  // 64-bit divisions as soon as they do.
  for (uint64_t rest = static_cast<uint64_t>(magnitude); rest != 0; rest /= 10) {
    *--start = static_cast<char>('0' + rest % 10);
  }
  while (end - start <= scale) *--start = '0';
  out.append(start, end - scale);
  if (scale == 0) return;
  out += '.';
  out.append(end - scale, end);
}

void AppendDouble(std::string& out, double value) { AppendFloating(out, value); }
void AppendFloat(std::string& out, float value) { AppendFloating(out, value); }

void AppendDate(std::string& out, int32_t days) { AppendCivil(out, days); }

void AppendTime(std::string& out, int64_t micros, int precision) {
  const int64_t seconds = micros / kMicrosPerSecond;
  AppendPadded(out, static_cast<uint64_t>(seconds / 3600), 2);
  out += ':';
  AppendPadded(out, static_cast<uint64_t>(seconds / 60 % 60), 2);
  out += ':';
  AppendPadded(out, static_cast<uint64_t>(seconds % 60), 2);
  if (precision == 0) return;
  out += '.';
  int64_t fraction = micros % kMicrosPerSecond;
  for (int digits = 6; digits > precision; --digits) fraction /= 10;
  AppendPadded(out, static_cast<uint64_t>(fraction), precision);
}

void AppendTimestamp(std::string& out, int64_t micros, int precision) {
  int64_t days = micros / kMicrosPerDay;
  int64_t of_day = micros % kMicrosPerDay;
  if (of_day < 0) {
    of_day += kMicrosPerDay;
    --days;
  }
  AppendCivil(out, days);
  out += ' ';
  AppendTime(out, of_day, precision);
}

void AppendIntervalMonths(std::string& out, int32_t months) {
  out += months < 0 ? '-' : '+';
  const uint64_t magnitude = static_cast<uint64_t>(std::abs(static_cast<int64_t>(months)));
  AppendPadded(out, magnitude / 12, 1);
  out += '-';
  AppendPadded(out, magnitude % 12, 2);
}

void AppendIntervalMicros(std::string& out, int64_t micros) {
  out += micros < 0 ? '-' : '+';
  const uint64_t magnitude =
      micros < 0 ? 0 - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  AppendPadded(out, magnitude / kMicrosPerDay, 1);
  out += ' ';
  AppendTime(out, static_cast<int64_t>(magnitude % kMicrosPerDay), magnitude % 1000 == 0 ? 3 : 6);
}

void AppendText(std::string& out, const DataType& type, const void* value) {
  switch (type.kind()) {
    case TypeKind::kNull:
      return;
    case TypeKind::kBoolean:
      out += Load<uint8_t>(value) != 0 ? "TRUE" : "FALSE";
      return;
    case TypeKind::kTinyint:
      return AppendInteger(out, Load<int8_t>(value));
    case TypeKind::kSmallint:
      return AppendInteger(out, Load<int16_t>(value));
    case TypeKind::kInt:
      return AppendInteger(out, Load<int32_t>(value));
    case TypeKind::kBigint:
      return AppendInteger(out, Load<int64_t>(value));
    case TypeKind::kFloat:
      return AppendFloat(out, Load<float>(value));
    case TypeKind::kDouble:
      return AppendDouble(out, Load<double>(value));
    case TypeKind::kDecimal:
      return AppendDecimal(out, LoadDecimal(type, value), type.scale());
    case TypeKind::kString:
    case TypeKind::kBytes: {
      const StringValue view = Load<StringValue>(value);
      out += view.view();
      return;
    }
    case TypeKind::kDate:
      return AppendDate(out, Load<int32_t>(value));
    case TypeKind::kTime:
      return AppendTime(out, Load<int64_t>(value), type.precision());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return AppendTimestamp(out, Load<int64_t>(value), type.precision());
    case TypeKind::kIntervalMonths:
      return AppendIntervalMonths(out, Load<int32_t>(value));
    case TypeKind::kIntervalMicros:
      return AppendIntervalMicros(out, Load<int64_t>(value));
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow:
      return AppendNestedText(out, type, Load<StringValue>(value));
  }
  CHECK(false);
}

void AppendJson(std::string& out, const DataType& type, const void* value) {
  switch (type.kind()) {
    case TypeKind::kNull:
      out += "null";
      return;
    case TypeKind::kBoolean:
      out += Load<uint8_t>(value) != 0 ? "true" : "false";
      return;
    case TypeKind::kFloat:
    case TypeKind::kDouble: {
      const double number =
          type.kind() == TypeKind::kFloat ? Load<float>(value) : Load<double>(value);
      const bool quoted = !std::isfinite(number);
      if (quoted) out += '"';
      AppendText(out, type, value);
      if (quoted) out += '"';
      return;
    }
    case TypeKind::kString: {
      const StringValue view = Load<StringValue>(value);
      return AppendJsonString(out, view.view());
    }
    case TypeKind::kBytes: {
      const StringValue view = Load<StringValue>(value);
      out += '"';
      AppendBase64(out, view.view());
      out += '"';
      return;
    }
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kIntervalMonths:
    case TypeKind::kIntervalMicros:
      out += '"';
      AppendText(out, type, value);
      out += type.kind() == TypeKind::kTimestampLtz ? "Z\"" : "\"";
      return;
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow:
      return AppendNestedJson(out, type, Load<StringValue>(value));
    default:
      return AppendText(out, type, value);  // numbers
  }
}

void AppendText(std::string& out, const RecordBatch& batch, const DataType& type, size_t column,
                int32_t row) {
  if (batch.IsNull(column, row)) return;
  AppendText(out, type, CellAddress(batch, type, column, row));
}

void AppendJson(std::string& out, const RecordBatch& batch, const DataType& type, size_t column,
                int32_t row) {
  if (batch.IsNull(column, row)) {
    out += "null";
  } else {
    AppendJson(out, type, CellAddress(batch, type, column, row));
  }
}

std::string_view KindText(RowKind kind) {
  switch (kind) {
    case RowKind::kInsert:
      return "+I";
    case RowKind::kUpdateBefore:
      return "-U";
    case RowKind::kUpdateAfter:
      return "+U";
    case RowKind::kDelete:
      return "-D";
  }
  return "?";
}

void AppendRowJson(std::string& out, const RecordBatch& batch, const Schema& schema, int32_t row) {
  out += '{';
  for (size_t i = 0; i < schema.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(out, schema[i].name);
    out += ':';
    AppendJson(out, batch, schema[i].type, i, row);
  }
  out += '}';
}

}  // namespace flinkc
