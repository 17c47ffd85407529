// What a stream of a random plan holds: typed columns, and the rows that the plain evaluation of
// the plan gives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace flinkc::property {

enum class ValueType { kBigint, kText, kBoolean, kTime };

// NULL, a BOOLEAN, a BIGINT or the milliseconds of a TIMESTAMP(3), a STRING.
using Value = std::variant<std::monostate, bool, int64_t, std::string>;
inline bool IsNull(const Value& value) { return value.index() == 0; }

struct RandomColumn {
  std::string name;
  ValueType type = ValueType::kBigint;
  // No number is larger, no text longer: so that nothing overflows.
  int64_t size_max = 0;
};

struct RandomRow {
  std::vector<Value> values;
  // Of its split, just before the row; milliseconds.
  int64_t watermark = INT64_MIN;
};

struct RandomStream {
  std::string name;  // as `from` takes it: `s3`, `s3.late`
  std::vector<RandomColumn> columns;
  // The column that windows go by.
  std::optional<size_t> event_time;
  // Its rows are replaced and taken back; `rows` is the table that is left.
  bool updates = false;
  std::vector<RandomRow> rows;

  std::vector<size_t> ColumnsOf(ValueType type) const;
  // Whether it is what a source reads, and nothing has been made of it.
  bool is_input() const { return name.starts_with("in"); }
};

// The name of a type in a schema.
std::string TypeName(ValueType type);
// A row as the `json` format writes it.
std::string RowJson(const std::vector<RandomColumn>& columns, const std::vector<Value>& values);
// `2026-01-01 00:00:00.000`
std::string TimeText(int64_t millis);

}  // namespace flinkc::property
