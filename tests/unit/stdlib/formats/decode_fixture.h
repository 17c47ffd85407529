// Decodes text with a format and gives the rows as JSON lines, for the decoders' tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/row_error.h"
#include "runtime/data/text_writer.h"
#include "stdlib-operators/formats/registry.h"

namespace flinkc {

struct Told {
  int32_t status;
  std::string column;
  std::string raw;
  int64_t offset;
  std::string detail;
};

struct Decoded {
  std::vector<std::string> rows;
  std::vector<int64_t> offsets;
  std::vector<Told> failures;
  std::string error;        // of Decode, "" if none
  std::string failed_text;  // where failed_record() points, to its line's end
};

// The text in a block of its own, exactly padded, so that a sanitizer sees reads beyond it.
inline DecodeBlock MakeBlock(std::string_view text, bool is_last) {
  static uint64_t next_id = 0;
  auto arena = std::make_shared<Arena>();
  char* bytes = arena->Allocate(text.size() + kBlockPadding);
  std::memcpy(bytes, text.data(), text.size());
  // What lies behind must not matter.
  std::memset(bytes + text.size(), '"', kBlockPadding);
  return {bytes, bytes + text.size(), is_last, ++next_id, std::move(arena)};
}

// `piece_bytes`: give the text in blocks of so many bytes, as a file source does (0: one block).
inline Decoded Decode(const SourceDescriptor& source, std::string_view text, size_t piece_bytes = 0,
                      int32_t capacity = RecordBatch::kRowsMax) {
  Decoded result;
  DecoderContext context;
  context.descriptor = &source;
  context.on_failure = [&](const DecodeFailure& failure) -> Status {
    result.failures.push_back(
        {failure.status, failure.column, std::string(failure.raw), failure.offset, failure.detail});
    return {};
  };
  Result<std::unique_ptr<RowDecoder>> decoder = MakeRowDecoder(context);
  if (!decoder) {
    result.error = decoder.error().message;
    return result;
  }
  const Schema schema = source.BatchSchema();
  auto origin = std::make_shared<SplitOrigin>(SplitOrigin{"file", "test", 0});
  (*decoder)->StartSplit(origin, 0);
  RecordBatch batch(schema, capacity, false, false, nullptr);
  std::string carry;
  size_t given = 0;
  bool header = (*decoder)->has_header();
  const size_t piece = piece_bytes == 0 ? text.size() : piece_bytes;
  do {
    const std::string_view next = text.substr(given, piece);
    given += next.size();
    carry += next;
    const DecodeBlock block = MakeBlock(carry, given == text.size());
    const char* cursor = block.begin;
    if (header) {
      const Result<size_t> size = (*decoder)->ReadHeader(block);
      if (!size) {
        result.error = size.error().message;
        return result;
      }
      if (*size == 0) continue;
      header = false;
      cursor += *size;
    }
    while (true) {
      const char* before = cursor;
      batch.Clear();
      const Status status = (*decoder)->Decode(block, &cursor, batch);
      if (!status) {
        result.error = status.error().message;
        if (const char* record = (*decoder)->failed_record()) {
          result.failed_text = std::string(record, std::find(record, block.end, '\n'));
        }
        return result;
      }
      for (int32_t row = 0; row < batch.row_count(); ++row) {
        result.rows.push_back("");
        AppendRowJson(result.rows.back(), batch, schema, row);
        result.offsets.push_back(batch.OffsetOf(row));
      }
      if (cursor == before) break;
    }
    carry.assign(cursor, block.end);
  } while (given < text.size());
  if (!carry.empty()) ADD_FAILURE() << "undecoded text left: " << carry.substr(0, 100);
  return result;
}

inline SourceDescriptor MakeSource(std::string format, Schema schema, OptionMap options = {}) {
  SourceDescriptor source;
  source.name = "s";
  source.connector = "file";
  source.format = std::move(format);
  source.format_options = std::move(options);
  source.schema = std::move(schema);
  for (uint32_t i = 0; i < source.schema.size(); ++i) source.needed_columns.push_back(i);
  return source;
}

}  // namespace flinkc
