#include "tests/property/random_input.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc::property {

namespace {

constexpr int64_t kBeginMillis = 1'767'225'600'000;  // 2026-01-01 00:00:00
constexpr int64_t kNumberMax = 1'000;

struct InputColumn {
  RandomColumn column;
  bool nullable = false;
};

const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = {
      "a", "b", "", "ab", "Ab c", " zz ", "z", "bb", "B", "a text of more than twelve bytes"};
  return texts;
}

Value DrawValue(Chance& chance, const InputColumn& column) {
  if (column.nullable && chance.OneIn(5)) return {};
  // Half of all rows have the value that skews the data.
  const bool common = chance.Below(2) == 0;
  switch (column.column.type) {
    case ValueType::kBigint:
      if (common) return int64_t{1};
      if (chance.OneIn(6)) return static_cast<int64_t>(chance.Below(2 * kNumberMax)) - kNumberMax;
      return static_cast<int64_t>(chance.Below(8));
    case ValueType::kText:
      return common ? Texts()[0] : chance.Of(Texts());
    case ValueType::kBoolean:
      return chance.Below(2) == 0;
    case ValueType::kTime:
      break;
  }
  return {};
}

std::vector<InputColumn> DrawColumns(Chance& chance) {
  std::vector<InputColumn> columns = {{{"t", ValueType::kTime, 0}, false}};
  const uint32_t count = 1 + chance.Below(4);
  for (uint32_t i = 0; i < count; ++i) {
    constexpr ValueType kTypes[] = {ValueType::kBigint, ValueType::kText, ValueType::kBoolean};
    // Numbers and texts above all.
    const ValueType type = kTypes[chance.Below(5) % 3];
    const int64_t size_max = type == ValueType::kBigint ? kNumberMax : 40;
    columns.push_back(
        {{std::string(1, static_cast<char>('a' + i)), type, size_max}, chance.Below(2) == 1});
  }
  return columns;
}

std::string CsvCell(const InputColumn& column, const Value& value) {
  if (IsNull(value)) return "";
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const std::string* text = std::get_if<std::string>(&value)) return '"' + *text + '"';
  const int64_t number = std::get<int64_t>(value);
  return column.column.type == ValueType::kTime ? TimeText(number) : std::to_string(number);
}

std::string CsvLine(const std::vector<InputColumn>& columns, const std::vector<Value>& row) {
  std::string line;
  for (size_t i = 0; i < columns.size(); ++i) {
    line += (i == 0 ? "" : ",") + CsvCell(columns[i], row[i]);
  }
  return line + "\n";
}

}  // namespace

RandomInput DrawInput(Chance& chance, const std::string& name) {
  const std::vector<InputColumn> columns = DrawColumns(chance);
  const int64_t out_of_order = chance.Of(std::vector<int64_t>{0, 2, 5}) * 1000;
  const bool is_csv = chance.Below(2) == 0;
  const uint32_t file_count = 1 + chance.Below(3);
  const uint32_t stop_one_in = chance.Of(std::vector<uint32_t>{8, 40, 200});
  RandomInput input;
  input.stream.name = name;
  input.stream.event_time = 0;
  std::string names, schema;
  for (const InputColumn& column : columns) {
    input.stream.columns.push_back(column.column);
    names += (names.empty() ? "" : ",") + column.column.name;
    schema += fmt::format("{}{}: {}{}", schema.empty() ? "" : ", ", column.column.name,
                          TypeName(column.column.type), column.nullable ? "" : " NOT NULL");
  }
  for (uint32_t file = 0; file < file_count; ++file) {
    std::string text = is_csv ? names + "\n" : "";
    int64_t now = kBeginMillis + static_cast<int64_t>(chance.Below(3)) * 1'000;
    int64_t latest = INT64_MIN;
    // 0 stops: the simplest file is empty.
    while (chance.Below(stop_one_in) != 0) {
      now += static_cast<int64_t>(chance.Below(4)) * 500;
      const int64_t back = chance.OneIn(8) ? static_cast<int64_t>(chance.Below(40)) * 500 : 0;
      RandomRow row;
      row.watermark = latest == INT64_MIN ? INT64_MIN : latest - out_of_order;
      row.values.push_back(std::max(kBeginMillis - 5'000, now - back));
      latest = std::max(latest, std::get<int64_t>(row.values[0]));
      for (size_t i = 1; i < columns.size(); ++i) {
        row.values.push_back(DrawValue(chance, columns[i]));
      }
      text +=
          is_csv ? CsvLine(columns, row.values) : RowJson(input.stream.columns, row.values) + "\n";
      input.stream.rows.push_back(std::move(row));
    }
    input.files.push_back(
        {fmt::format("{}_{}.{}", name, file, is_csv ? "csv" : "json"), std::move(text)});
  }
  input.source = fmt::format(
      "  {}:\n    connector: file\n    options: {{path: \"${{dir}}/{}_*.{}\"}}\n"
      "    format: {}\n    schema: {{{}}}\n    event_time: {{column: t, out_of_order: {}s}}\n",
      name, name, is_csv ? "csv" : "json", is_csv ? "csv" : "json", schema, out_of_order / 1000);
  return input;
}

}  // namespace flinkc::property
