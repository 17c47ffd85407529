#include "stdlib-operators/formats/failure_policy.h"

#include <fmt/format.h>

#include <cstring>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr size_t kShownBytes = 80;

}  // namespace

FailurePolicy::FailurePolicy(const DecoderContext& context)
    : descriptor_(*context.descriptor),
      on_failure_(context.on_failure),
      schema_(context.descriptor->BatchSchema()) {}

void FailurePolicy::StartSplit(std::shared_ptr<const SplitOrigin> origin) {
  origin_ = std::move(origin);
  failed_record_ = nullptr;
}

Result<FailureAction> FailurePolicy::Handle(const RecordFailure& failure) {
  ErrorMode mode = descriptor_.on_error;
  std::string column;
  if (failure.column >= 0) {
    const auto index = static_cast<size_t>(failure.column);
    column = schema_[index].name;
    const auto own = descriptor_.column_on_error.find(descriptor_.needed_columns[index]);
    if (own != descriptor_.column_on_error.end()) mode = own->second;
    if (mode == ErrorMode::kNull && schema_[index].type.nullable()) {
      return FailureAction::kWriteNull;
    }
  }
  if (mode == ErrorMode::kFail) {
    failed_record_ = failure.raw.data();
    return MakeError(
        ErrorCode::kInvalidData,
        fmt::format("{}{}: {} [{}]; set on_error to drop, null or route to go on",
                    column.empty() ? "" : fmt::format("column `{}`: ", column),
                    RowErrorMessage(failure.status), failure.detail, RowErrorCode(failure.status)));
  }
  DecodeFailure told;
  told.status = static_cast<int32_t>(failure.status);
  told.column = std::move(column);
  told.raw = failure.raw;
  told.offset = failure.record;
  told.detail = failure.detail;
  told.origin = origin_.get();
  if (on_failure_) RETURN_IF_ERROR(on_failure_(told));
  return FailureAction::kDropRow;
}

void RemoveRows(RecordBatch& batch, const Schema& schema, const std::vector<int32_t>& dropped) {
  if (dropped.empty()) return;
  const int32_t rows = batch.row_count();
  for (size_t column = 0; column < schema.size(); ++column) {
    const uint32_t width = ByteWidth(schema[column].type.physical());
    char* values = batch.Values<char>(column);
    size_t next_dropped = 0;
    int32_t to = 0;
    for (int32_t row = 0; row < rows; ++row) {
      if (next_dropped < dropped.size() && dropped[next_dropped] == row) {
        ++next_dropped;
        continue;
      }
      if (to != row) {
        std::memcpy(values + static_cast<size_t>(to) * width,
                    values + static_cast<size_t>(row) * width, width);
        if (schema[column].type.nullable()) {
          if (batch.IsNull(column, row)) {
            batch.SetNull(column, to);
          } else {
            batch.SetValid(column, to);
          }
        }
      }
      ++to;
    }
  }
  std::vector<int64_t>& offsets = batch.row_offsets();
  if (!offsets.empty()) {
    size_t next_dropped = 0, to = 0;
    for (size_t row = 0; row < offsets.size(); ++row) {
      if (next_dropped < dropped.size() && static_cast<size_t>(dropped[next_dropped]) == row) {
        ++next_dropped;
        continue;
      }
      offsets[to++] = offsets[row];
    }
    offsets.resize(to);
  }
  batch.set_row_count(rows - static_cast<int32_t>(dropped.size()));
}

std::string ShortenText(std::string_view text) {
  size_t end = text.size();
  if (end > kShownBytes) {
    end = kShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  }
  std::string shown;
  for (const char c : text.substr(0, end)) {
    if (c == '\n') {
      shown += "\\n";
    } else if (c == '\r') {
      shown += "\\r";
    } else if (c == '\t') {
      shown += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      shown += fmt::format("\\x{:02x}", c);
    } else {
      shown += c;
    }
  }
  return end < text.size() ? shown + "…" : shown;
}

std::string FoundAndExpected(std::string_view found, const DataType& type) {
  return fmt::format("found `{}`, expected {}", ShortenText(found), type.ToString());
}

}  // namespace flinkc
