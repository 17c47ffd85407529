// One value out of its column: for literals, options, error rows and tests. Never in a hot loop.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "runtime/data/record_batch.h"

namespace flinkc {

using Int128 = __int128;

struct Value;
using ValueList = std::vector<Value>;

// By physical type: bool and integers, dates, times and intervals as int64_t, DECIMAL as the
// unscaled Int128, FLOAT and DOUBLE as double, STRING and BYTES as std::string, ARRAY and ROW as
// their elements. monostate is NULL.
struct Value {
  std::variant<std::monostate, bool, int64_t, double, Int128, std::string, ValueList> data;

  bool is_null() const { return data.index() == 0; }
  bool operator==(const Value&) const = default;
};

// The value of one cell.
Value ReadValue(const RecordBatch& batch, const DataType& type, size_t column, int32_t row);
// Writes one cell; bytes longer than a view go to `arena`, which the batch must keep alive.
void WriteValue(RecordBatch& batch, const DataType& type, size_t column, int32_t row,
                const Value& value, Arena& arena);

// What the view of a value of a STRING, BYTES or nested type points at; not NULL.
std::string FlatBytes(const DataType& type, const Value& value);

// As CAST(value AS STRING) prints it; nested values as JSON-like text "[1, 2]".
std::string ToText(const Value& value, const DataType& type);
// As the json format prints it, strings quoted and escaped.
std::string ToJson(const Value& value, const DataType& type);
// One row as a JSON object.
std::string RowToJson(const RecordBatch& batch, const Schema& schema, int32_t row);

}  // namespace flinkc
