#include "stdlib-operators/formats/json_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

std::span<const OptionRecord> JsonOptions() {
  static constexpr std::string_view kTimestampFormats[] = {"sql", "iso", "epoch_ms"};
  static constexpr OptionRecord kOptions[] = {
      {"timestamp_format", OptionType::kChoice,
       "how timestamps are written: `2001-01-01 00:00:00.000`, `2001-01-01T00:00:00.000` or "
       "milliseconds since 1970-01-01",
       "sql", kTimestampFormats},
  };
  return kOptions;
}

Result<TimestampText> JsonTimestamps(const OptionMap& format_options) {
  const std::string format = OptionReader(JsonOptions(), format_options).Text("timestamp_format");
  if (format == "sql") return TimestampText::kSql;
  if (format == "iso") return TimestampText::kIso;
  if (format == "epoch_ms") return TimestampText::kEpochMillis;
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("format json: timestamp_format `{}` is none of sql, iso, epoch_ms", format));
}

JsonDecoder::JsonDecoder(const DecoderContext& context, TimestampText timestamps)
    : schema_(context.descriptor->BatchSchema()),
      policy_(context),
      cells_(context.memory),
      reader_(&cells_) {
  for (size_t i = 0; i < schema_.size(); ++i) {
    columns_.emplace_back(schema_[i].type, timestamps);
    Target target;
    target.width = ByteWidth(schema_[i].type.physical());
    if (schema_[i].type.kind() == TypeKind::kBigint) target.fast = FastKind::kBigint;
    if (schema_[i].type == DataType::String(0, false, schema_[i].type.nullable())) {
      target.fast = FastKind::kString;
    }
    targets_.push_back(target);
    column_of_name_.emplace(schema_[i].name, static_cast<int32_t>(i));
  }
  seen_.resize(schema_.size());
}

void JsonDecoder::StartSplit(std::shared_ptr<const SplitOrigin> origin, int64_t next_record) {
  policy_.StartSplit(std::move(origin));
  next_record_ = next_record;
  open_block_ = 0;
}

void JsonDecoder::OpenLines(const char* begin, const char* end) {
  open_begin_ = begin;
  line_by_line_ = reader_.Open(begin, static_cast<size_t>(end - begin)) != RowStatus::kOk;
}

Status JsonDecoder::Decode(const DecodeBlock& block, const char** cursor, RecordBatch& batch) {
  cells_.Reset();
  const char* at = *cursor;
  const char* end = block.end;
  if (!block.is_last) {
    const void* line_end = ::memrchr(at, '\n', static_cast<size_t>(end - at));
    if (line_end == nullptr) return {};
    end = static_cast<const char*>(line_end) + 1;
  }
  if (at == end) return {};
  // A block gives several batches; its index is made once.
  if (open_block_ != block.id) OpenLines(at, end);
  open_block_ = block.id;
  for (size_t i = 0; i < targets_.size(); ++i) {
    targets_[i].values = batch.Values<char>(i);
    targets_[i].validity = batch.layout().columns[i].validity;
  }
  int32_t rows = 0;
  const int64_t first_record = next_record_;
  bool skipped = false;
  while (at < end && rows < batch.capacity()) {
    const auto left = static_cast<size_t>(end - at);
    const auto* found = static_cast<const char*>(std::memchr(at, '\n', left));
    const char* line_end = found == nullptr ? end : found;
    const std::string_view line(at, static_cast<size_t>(line_end - at));
    RowStatus status = RowStatus::kOk;
    if (line_by_line_) {
      status = reader_.Open(line.data(), line.size());
    } else {
      reader_.SetLimit(static_cast<uint32_t>(line_end - open_begin_));
    }
    at = found == nullptr ? end : found + 1;
    if (status == RowStatus::kOk) {
      if (reader_.AtEnd()) {  // a blank line
        ++next_record_;
        skipped = true;
        continue;
      }
      status = ReadLine(batch, rows);
      reader_.SkipToLimit();
    }
    bool stays = true;
    if (status != RowStatus::kOk || !cell_failures_.empty()) [[unlikely]] {
      ASSIGN_OR_RETURN(stays, SettleLine(batch, rows, status, line));
    }
    if (!stays && !skipped) skipped = true;
    if (skipped) {
      while (batch.row_offsets().size() < static_cast<size_t>(rows)) {
        batch.row_offsets().push_back(first_record +
                                      static_cast<int64_t>(batch.row_offsets().size()));
      }
      if (stays) batch.row_offsets().push_back(next_record_);
    }
    ++next_record_;
    rows += stays ? 1 : 0;
  }
  *cursor = at;
  batch.set_row_count(rows);
  batch.set_origin(policy_.origin(), first_record);
  if (cells_.points_into_block) batch.KeepAlive(block.arena);
  if (cells_.scratch_in_use() != nullptr) batch.KeepAlive(cells_.scratch_in_use());
  return {};
}

RowStatus JsonDecoder::ReadLine(RecordBatch& batch, int32_t row) {
  cell_failures_.clear();
  ++line_stamp_;
  seen_count_ = 0;
  if (!reader_.Take('{')) return RowStatus::kMalformedRow;
  if (!reader_.Take('}')) {
    const RowStatus status = ReadFields(batch, row);
    if (status != RowStatus::kOk) return status;
  }
  if (!reader_.AtEnd()) return RowStatus::kMalformedRow;
  if (seen_count_ < columns_.size()) FillAbsent(batch, row);
  return RowStatus::kOk;
}

size_t JsonDecoder::ReadExpectedFields(int32_t row, bool* ended) {
  const char* const text = reader_.text();
  const uint32_t limit = reader_.limit();
  const bool has_escapes = reader_.has_escapes();
  const uint32_t* at = reader_.cursor();
  const size_t places = expected_.size();
  size_t place = 0;
  size_t seen = seen_count_;
  bool points_into_block = false;
  for (; place < places; ++place) {
    const ExpectedKey& key = expected_[place];
    // key, colon, value, and what stands behind it
    if (at[0] >= limit || at[1] >= limit || at[2] >= limit || at[3] >= limit) break;
    const char* raw = text + at[0];
    uint64_t head[2];
    __builtin_memcpy(head, raw + 1, sizeof(head));
    if (((head[0] & key.mask[0]) ^ key.head[0]) | ((head[1] & key.mask[1]) ^ key.head[1]) |
        static_cast<uint64_t>(*raw != '"') | static_cast<uint64_t>(text[at[1]] != ':') |
        static_cast<uint64_t>(!key.comparable)) {
      break;
    }
    if (!key.tail.empty() && std::memcmp(raw + 17, key.tail.data(), key.tail.size()) != 0) break;
    const char behind = text[at[3]];
    if (behind != ',' && behind != '}') break;  // also after a container
    const char* begin = text + at[2];
    const char* end = text + at[3];
    while (JsonReader::IsJsonBlank(end[-1])) --end;
    if (key.column != kUnknown) {
      const auto index = static_cast<size_t>(key.column);
      const Target& target = targets_[index];
      if (seen_[index] == line_stamp_) break;
      if (target.fast == FastKind::kString) {
        const auto size = static_cast<uint32_t>(end - begin);
        if (*begin != '"' || end[-1] != '"' || size < 2) break;
        if (has_escapes && std::memchr(begin, '\\', size) != nullptr) break;
        points_into_block |= size - 2 > StringValue::kInlineBytes;
        reinterpret_cast<StringValue*>(target.values)[row] =
            MakePaddedStringValue(begin + 1, size - 2);
      } else if (target.fast == FastKind::kBigint) {
        // Digits without a leading zero; all else goes the general way.
        const char first = *begin == '-' ? begin[1] : *begin;
        if (first < '1' || first > '9' ||
            ParseInt64(begin, end, reinterpret_cast<int64_t*>(target.values) + row) !=
                RowStatus::kOk) {
          break;
        }
      } else if (*begin == '{' || *begin == '[' || end - begin < 1 ||
                 columns_[index].ReadToken(
                     reader_, {begin, end},
                     target.values + static_cast<size_t>(row) * target.width) != RowStatus::kOk) {
        break;
      }
      if (target.validity != nullptr) {
        target.validity[row >> 6] |= uint64_t{1} << (row & 63);
      }
      seen_[index] = line_stamp_;
      ++seen;
    } else if (*begin == '{' || *begin == '[' || *begin == ',' || *begin == '}' || *begin == ']' ||
               *begin == ':') {
      break;
    }
    at += 4;
    if (behind == '}') {
      *ended = true;
      break;
    }
  }
  seen_count_ = seen;
  cells_.points_into_block |= points_into_block;
  reader_.SetCursor(at);
  return place;
}

RowStatus JsonDecoder::ReadFields(RecordBatch& batch, int32_t row) {
  bool ended = false;
  size_t place = ReadExpectedFields(row, &ended);
  if (ended) return RowStatus::kOk;
  do {
    int32_t column = kUnknown;
    if (MatchKey(place++, &column) != RowStatus::kOk) return RowStatus::kMalformedRow;
    if (column == kUnknown) {
      if (!reader_.SkipValue()) return RowStatus::kMalformedRow;
    } else if (ReadField(batch, row, column) != RowStatus::kOk) {
      return RowStatus::kMalformedRow;
    }
  } while (reader_.Take(','));
  return reader_.Take('}') ? RowStatus::kOk : RowStatus::kMalformedRow;
}

RowStatus JsonDecoder::MatchKey(size_t place, int32_t* column) {
  if (reader_.Peek() != '"') return RowStatus::kMalformedRow;
  const std::string_view token = reader_.Token();
  std::string_view name;
  if (!reader_.TakeKey(&name)) return RowStatus::kMalformedRow;
  const auto found = column_of_name_.find(std::string(name));
  *column = found == column_of_name_.end() ? kUnknown : found->second;
  Expect(place, token.substr(1), *column);
  return RowStatus::kOk;
}

void JsonDecoder::Expect(size_t place, std::string_view raw, int32_t column) {
  // An adversary's object of a million keys is not remembered.
  constexpr size_t kPlacesMax = 1024;
  constexpr size_t kNameBytesMax = 56;  // less than the padding behind a block
  if (place >= kPlacesMax || raw.size() > kNameBytesMax) return;
  if (place >= expected_.size()) expected_.resize(place + 1);
  ExpectedKey& key = expected_[place];
  key = {};
  key.comparable = raw.find('\\') == std::string_view::npos;
  key.column = column;
  const size_t head = std::min<size_t>(raw.size(), sizeof(key.head));
  std::memcpy(key.head, raw.data(), head);
  std::memset(key.mask, 0xFF, head);
  key.tail = raw.substr(head);
}

RowStatus JsonDecoder::ReadField(RecordBatch& batch, int32_t row, int32_t column) {
  const auto index = static_cast<size_t>(column);
  const uint32_t* const value_at = reader_.cursor();
  char* slot = targets_[index].values + static_cast<size_t>(row) * targets_[index].width;
  RowStatus status = columns_[index].Read(reader_, slot);
  // Of two fields of one name the last one counts.
  if (seen_[index] == line_stamp_) {
    std::erase_if(cell_failures_, [&](const CellFailure& f) { return f.column == column; });
  } else {
    ++seen_count_;
  }
  seen_[index] = line_stamp_;
  if (status == RowStatus::kOk) [[likely]] {
    batch.SetValid(index, row);
    return RowStatus::kOk;
  }
  if (status == RowStatus::kMalformedRow) return status;
  if (status == RowStatus::kNull) {
    if (schema_[index].type.nullable()) {
      batch.SetNull(index, row);
      return RowStatus::kOk;
    }
    status = RowStatus::kNullInNotNull;
  }
  // A nested value may have failed in its middle: go on behind it.
  reader_.SetCursor(value_at);
  const uint32_t begin = *value_at;
  if (!reader_.SkipValue()) return RowStatus::kMalformedRow;
  cell_failures_.push_back({status, column, reader_.TextBefore(begin)});
  return RowStatus::kOk;
}

void JsonDecoder::FillAbsent(RecordBatch& batch, int32_t row) {
  for (size_t i = 0; i < seen_.size(); ++i) {
    if (seen_[i] == line_stamp_) [[likely]]
      continue;
    if (schema_[i].type.nullable()) {
      batch.SetNull(i, row);
    } else {
      cell_failures_.push_back({RowStatus::kNullInNotNull, static_cast<int32_t>(i), {}});
    }
  }
}

Result<bool> JsonDecoder::SettleLine(RecordBatch& batch, int32_t row, RowStatus line_status,
                                     std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line_status != RowStatus::kOk) {
    cell_failures_.clear();
    RETURN_IF_ERROR(policy_.Handle(
        {line_status, -1, line, next_record_,
         fmt::format("found `{}`, expected one JSON object in a line", ShortenText(line))}));
    return false;
  }
  std::sort(cell_failures_.begin(), cell_failures_.end(),
            [](const CellFailure& a, const CellFailure& b) { return a.column < b.column; });
  for (const CellFailure& failure : cell_failures_) {
    const auto index = static_cast<size_t>(failure.column);
    std::string detail = failure.found.empty()
                             ? fmt::format("found no field `{}`, expected {}", schema_[index].name,
                                           schema_[index].type.ToString())
                             : FoundAndExpected(failure.found, schema_[index].type);
    ASSIGN_OR_RETURN(
        const FailureAction action,
        policy_.Handle({failure.status, failure.column, line, next_record_, std::move(detail)}));
    if (action == FailureAction::kDropRow) {
      cell_failures_.clear();
      return false;
    }
    batch.SetNull(index, row);
  }
  cell_failures_.clear();
  return true;
}

}  // namespace flinkc
