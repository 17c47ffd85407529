// Cells as text without a detour through Value: what sinks and error rows print. All append to
// `out` and are deterministic: no locale, no time zone of the machine.
//
// Text is what CAST(value AS STRING) gives: timestamps `2001-01-01 00:00:00.000` with the type's
// precision, DECIMAL with its scale, FLOAT and DOUBLE as Java prints them (1.0, 1.0E10, NaN,
// -Infinity), booleans TRUE and FALSE, ARRAY [1, 2], ROW (1, a), MAP {k=v}, intervals +1-02 and
// +1 02:03:04.000. A cell that is NULL appends nothing, a NULL within a nested value NULL.
//
// JSON quotes and escapes strings (invalid UTF-8 as U+FFFD), writes BYTES as base64, dates, times
// and intervals as strings (TIMESTAMP_LTZ in UTC with a Z), NaN and Infinity as strings, ARRAY as
// an array, ROW and MAP as objects, NULL as null.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"

namespace flinkc {

void AppendText(std::string& out, const RecordBatch& batch, const DataType& type, size_t column,
                int32_t row);
void AppendJson(std::string& out, const RecordBatch& batch, const DataType& type, size_t column,
                int32_t row);
// {"a":1,"b":null}: every column of `schema`, in its order.
void AppendRowJson(std::string& out, const RecordBatch& batch, const Schema& schema, int32_t row);

// "+I", "-U", "+U", "-D".
std::string_view KindText(RowKind kind);

// One value as it lies in memory (a column's element, a slot of a state row). Not NULL.
void AppendText(std::string& out, const DataType& type, const void* value);
void AppendJson(std::string& out, const DataType& type, const void* value);

// `text` in double quotes, escaped.
void AppendJsonString(std::string& out, std::string_view text);
void AppendInteger(std::string& out, int64_t value);
// The unscaled value with `scale` digits behind the point.
void AppendDecimal(std::string& out, __int128 unscaled, int scale);
// As Java's Double.toString and Float.toString since JDK 19: the shortest digits that read back.
void AppendDouble(std::string& out, double value);
void AppendFloat(std::string& out, float value);
void AppendDate(std::string& out, int32_t days);
// Microseconds of the day, or since the epoch, with `precision` (0 to 6) digits of the second.
void AppendTime(std::string& out, int64_t micros, int precision);
void AppendTimestamp(std::string& out, int64_t micros, int precision);
void AppendIntervalMonths(std::string& out, int32_t months);
void AppendIntervalMicros(std::string& out, int64_t micros);

}  // namespace flinkc
