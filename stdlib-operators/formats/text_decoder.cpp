#include "stdlib-operators/formats/text_decoder.h"

#include <cstring>
#include <vector>

namespace flinkc {

Schema TextSchema() { return Schema({{"line", DataType::String().NotNull()}}); }

TextDecoder::TextDecoder(const DecoderContext& context)
    : needs_line_(!context.descriptor->needed_columns.empty()), policy_(context) {}

void TextDecoder::StartSplit(std::shared_ptr<const SplitOrigin> origin, int64_t next_record) {
  policy_.StartSplit(std::move(origin));
  next_record_ = next_record;
}

Status TextDecoder::Decode(const DecodeBlock& block, const char** cursor, RecordBatch& batch) {
  const char* at = *cursor;
  StringValue* lines = needs_line_ ? batch.Values<StringValue>(0) : nullptr;
  const int64_t first_record = next_record_;
  int32_t rows = 0;
  line_starts_.clear();
  while (at < block.end && rows < batch.capacity()) {
    const auto left = static_cast<size_t>(block.end - at);
    const auto* found = static_cast<const char*>(std::memchr(at, '\n', left));
    if (found == nullptr && !block.is_last) break;
    const char* end = found == nullptr ? block.end : found;
    if (end > at && end[-1] == '\r') --end;
    const auto size = static_cast<uint32_t>(end - at);
    if (needs_line_) {
      lines[rows] = MakePaddedStringValue(at, size);
      line_starts_.push_back(at);
    }
    at = found == nullptr ? block.end : found + 1;
    ++rows;
  }
  batch.set_row_count(rows);
  batch.set_origin(policy_.origin(), first_record);
  next_record_ += rows;
  if (needs_line_ && !IsUtf8({*cursor, static_cast<size_t>(at - *cursor)})) [[unlikely]] {
    std::vector<int32_t> dropped;
    for (int32_t row = 0; row < rows; ++row) {
      batch.row_offsets().push_back(first_record + row);
      const std::string_view line(line_starts_[static_cast<size_t>(row)], lines[row].size);
      if (IsUtf8(line)) continue;
      RETURN_IF_ERROR(policy_.Handle(
          {RowStatus::kInvalidUtf8, 0, line, first_record + row, "expected UTF-8 text"}));
      dropped.push_back(row);
    }
    RemoveRows(batch, TextSchema(), dropped);
  }
  *cursor = at;
  if (needs_line_) batch.KeepAlive(block.arena);
  return {};
}

}  // namespace flinkc
