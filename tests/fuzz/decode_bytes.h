// Decodes any bytes with a format, whole and in pieces: both must give the same rows and failures.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/check.h"
#include "runtime/data/text_writer.h"
#include "stdlib-operators/formats/registry.h"

namespace flinkc {

inline Schema AllTypes() {
  const DataType row =
      DataType::Row({"x", "y"}, {DataType(TypeKind::kInt, false), DataType::String()});
  return Schema({{"s", DataType::String()},
                 {"i", DataType(TypeKind::kInt)},
                 {"b", DataType(TypeKind::kBigint)},
                 {"d", DataType(TypeKind::kDouble)},
                 {"f", DataType(TypeKind::kFloat)},
                 {"m", DataType::Decimal(12, 2)},
                 {"w", DataType::Decimal(38, 4)},
                 {"o", DataType(TypeKind::kBoolean)},
                 {"t", DataType::Timestamp(3)},
                 {"z", DataType::TimestampLtz(6)},
                 {"e", DataType(TypeKind::kDate)},
                 {"v", DataType::String(4)},
                 {"y", DataType(TypeKind::kBytes)},
                 {"h", DataType(TypeKind::kIntervalMonths)},
                 {"u", DataType(TypeKind::kIntervalMicros)},
                 {"a", DataType::Array(DataType::String())},
                 {"r", DataType::Array(row)},
                 {"n", DataType::String().NotNull()}});
}

// Every row and failure as text.
inline std::string DecodeAll(const SourceDescriptor& source, std::string_view text,
                             size_t piece_bytes, int32_t capacity) {
  std::string result;
  DecoderContext context;
  context.descriptor = &source;
  context.on_failure = [&](const DecodeFailure& failure) -> Status {
    result += "failure ";
    AppendInteger(result, failure.offset);
    result.append(failure.column).append(failure.detail).append(failure.raw).append("\n");
    return {};
  };
  Result<std::unique_ptr<RowDecoder>> decoder = MakeRowDecoder(context);
  CHECK(decoder.has_value());
  const Schema schema = source.BatchSchema();
  (*decoder)->StartSplit(std::make_shared<SplitOrigin>(), 0);
  RecordBatch batch(schema, capacity, false, false, nullptr);
  bool header = (*decoder)->has_header();
  std::string carry;
  std::string failures;  // come before the rows of their batch: kept apart
  uint64_t id = 0;
  size_t given = 0;
  do {
    const std::string_view piece = text.substr(given, piece_bytes);
    given += piece.size();
    carry += piece;
    auto arena = std::make_shared<Arena>();
    char* bytes = arena->Allocate(carry.size() + kBlockPadding);
    std::memcpy(bytes, carry.data(), carry.size());
    std::memset(bytes + carry.size(), '"', kBlockPadding);
    const DecodeBlock block{bytes, bytes + carry.size(), given == text.size(), ++id, arena};
    const char* cursor = block.begin;
    if (header) {
      const Result<size_t> size = (*decoder)->ReadHeader(block);
      if (!size) return "header: " + size.error().message;
      if (*size == 0) continue;
      header = false;
      cursor += *size;
    }
    while (true) {
      const char* before = cursor;
      batch.Clear();
      const size_t rows_at = result.size();
      CHECK((*decoder)->Decode(block, &cursor, batch).has_value());
      CHECK(cursor >= before && cursor <= block.end);
      failures += result.substr(rows_at);
      result.resize(rows_at);
      for (int32_t row = 0; row < batch.row_count(); ++row) {
        AppendInteger(result, batch.OffsetOf(row));
        AppendRowJson(result, batch, schema, row);
        result += '\n';
      }
      if (cursor == before) break;
    }
    carry.assign(cursor, block.end);
  } while (given < text.size());
  CHECK(header || carry.empty());
  return result + failures;
}

inline void CheckDecoding(SourceDescriptor source, const uint8_t* data, size_t size) {
  if (size < 2) return;
  for (uint32_t i = 0; i < source.schema.size(); ++i) source.needed_columns.push_back(i);
  source.on_error = (data[0] & 1) != 0 ? ErrorMode::kNull : ErrorMode::kDrop;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = DecodeAll(source, text, text.size() + 1, 100);
  const size_t piece = std::max<size_t>(data[1], text.size() / 64 + 1);
  CHECK(DecodeAll(source, text, piece, 1 + data[1] % 7) == whole);
  // A decoder that reads less must find the same records.
  source.needed_columns = {1, 15};
  static_cast<void>(DecodeAll(source, text, piece, 3));
}

}  // namespace flinkc
