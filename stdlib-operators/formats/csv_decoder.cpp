#include "stdlib-operators/formats/csv_decoder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

namespace flinkc {

CsvDecoder::CsvDecoder(const DecoderContext& context, CsvDialect dialect)
    : dialect_(std::move(dialect)),
      schema_(context.descriptor->BatchSchema()),
      declared_(context.descriptor->schema),
      memory_(context.memory),
      policy_(context),
      scanner_(dialect_),
      cells_(memory_) {
  field_count_ = static_cast<uint32_t>(declared_.size());
  for (size_t i = 0; i < schema_.size(); ++i) {
    Column column;
    column.type = schema_[i].type;
    column.field = static_cast<int32_t>(context.descriptor->needed_columns[i]);
    column.decode =
        column.type.is_nested() ? &CsvDecoder::DecodeNested : &CsvDecoder::DecodeScalars;
    reads_text_ |= column.type.kind() == TypeKind::kString || column.type.is_nested();
    if (column.type.is_nested()) {
      column.nested = std::make_unique<JsonCell>(column.type, TimestampText::kSql);
      if (json_ == nullptr) json_ = std::make_unique<JsonReader>(&cells_);
    }
    columns_.push_back(std::move(column));
  }
}

Result<size_t> CsvDecoder::ReadHeader(const DecodeBlock& block) {
  cells_.Reset();
  scanner_.Scan(block.begin, block.end, block.is_last, 1, &index_);
  text_ = block.begin;
  if (index_.record_count == 0) return 0;
  if (index_.unterminated || !index_.misquoted.empty()) {
    return MakeError(ErrorCode::kInvalidData, "the header's quotes are not closed properly");
  }
  std::vector<std::string> names;
  for (int32_t field = 0; field <= static_cast<int32_t>(index_.record_ends[0]) - 1; ++field) {
    std::string_view text = FieldText(0, field);
    if (text.ends_with('\r')) text.remove_suffix(1);
    const Cell cell = Unwrap(text.data(), text.data() + text.size());
    names.emplace_back(cell.begin, cell.end);
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = schema_[i].name;
    const auto found = std::find(names.begin(), names.end(), name);
    columns_[i].field = kMissing;
    if (found == names.end()) {
      if (columns_[i].type.nullable()) continue;
      return MakeError(ErrorCode::kInvalidData,
                       fmt::format("the header has no column `{}`, which is NOT NULL; it has: {}",
                                   name, fmt::join(names, ", ")));
    }
    if (std::find(found + 1, names.end(), name) != names.end()) {
      return MakeError(ErrorCode::kInvalidData,
                       fmt::format("the header has the column `{}` more than once", name));
    }
    columns_[i].field = static_cast<int32_t>(found - names.begin());
  }
  field_count_ = static_cast<uint32_t>(names.size());
  const uint32_t line_end = index_.separators[index_.record_ends[0]];
  return std::min<size_t>(line_end + 1, static_cast<size_t>(block.end - block.begin));
}

void CsvDecoder::StartSplit(std::shared_ptr<const SplitOrigin> origin, int64_t next_record) {
  policy_.StartSplit(std::move(origin));
  next_record_ = next_record;
}

std::string_view CsvDecoder::RecordText(uint32_t record) const {
  const uint32_t first = record == 0 ? 1 : index_.record_ends[record - 1] + 1;
  const uint32_t begin = index_.separators[first - 1] + 1;
  std::string_view text(text_ + begin, index_.separators[index_.record_ends[record]] - begin);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string_view CsvDecoder::FieldText(uint32_t record, int32_t field) const {
  const uint32_t at =
      (record == 0 ? 1 : index_.record_ends[record - 1] + 1) + static_cast<uint32_t>(field);
  const uint32_t begin = index_.separators[at - 1] + 1;
  return {text_ + begin, index_.separators[at] - begin};
}

void CsvDecoder::CollectRows() {
  const auto count = static_cast<uint32_t>(index_.record_count);
  first_separators_.clear();
  records_.clear();
  failures_.clear();
  first_separators_.reserve(count);
  size_t next_misquoted = 0;
  uint32_t first = 1;
  for (uint32_t record = 0; record < count; ++record) {
    const uint32_t end = index_.record_ends[record];
    const uint32_t fields = end - first + 1;
    RowStatus status = RowStatus::kOk;
    if (fields != field_count_) {
      status = fields < field_count_ ? RowStatus::kTooFewFields : RowStatus::kTooManyFields;
    }
    if (next_misquoted < index_.misquoted.size() && index_.misquoted[next_misquoted] == record) {
      ++next_misquoted;
      status = RowStatus::kMalformedRow;
    }
    if (index_.unterminated && record + 1 == count) status = RowStatus::kUnterminatedQuote;
    const bool blank =
        fields == 1 && field_count_ > 1 && status != RowStatus::kOk && RecordText(record).empty();
    if (status == RowStatus::kOk && records_.empty() && first_separators_.size() == record) {
      first_separators_.push_back(first);
    } else {
      // From here on rows and records are counted apart.
      if (records_.empty()) {
        for (uint32_t row = 0; row < first_separators_.size(); ++row) records_.push_back(row);
      }
      if (status == RowStatus::kOk) {
        first_separators_.push_back(first);
        records_.push_back(record);
      } else if (!blank) {
        failures_.push_back({record, -1, status});
      }
    }
    first = end + 1;
  }
}

CsvDecoder::Cell CsvDecoder::Unwrap(const char* begin, const char* end) {
  if (dialect_.trim) {
    while (begin < end && dialect_.IsBlank(*begin)) ++begin;
    while (begin < end && dialect_.IsBlank(end[-1])) --end;
  }
  // A field that begins with a quote ends with one: else its record was misquoted.
  if (end - begin < 2 || *begin != dialect_.quote) return {begin, end, false};
  ++begin;
  --end;
  const auto size = static_cast<size_t>(end - begin);
  if (std::memchr(begin, dialect_.quote, size) == nullptr) return {begin, end, true};
  char* plain = cells_.AllocatePadded(size);
  char* to = plain;
  for (const char* from = begin; from < end; ++from) {
    *to++ = *from;
    if (*from == dialect_.quote) ++from;
  }
  return {plain, to, true};
}

bool CsvDecoder::IsNullText(const Cell& cell) const {
  return !cell.quoted && std::string_view(cell.begin, static_cast<size_t>(cell.end - cell.begin)) ==
                             dialect_.null_text;
}

template <typename Parser, bool kLastField>
void CsvDecoder::DecodeCells(const Column& column, size_t index, RecordBatch& batch,
                             const Parser& parser) {
  auto* values = batch.Values<typename Parser::Value>(index);
  uint64_t* validity = batch.layout().columns[index].validity;
  const uint32_t* separators = index_.separators.data();
  const auto field = static_cast<uint32_t>(column.field);
  const size_t null_size = dialect_.null_text.size();
  const bool trims = dialect_.trim;
  const char quote = dialect_.quote;
  const size_t rows = first_separators_.size();
  for (size_t row = 0; row < rows; ++row) {
    const uint32_t at = first_separators_[row] + field;
    Cell cell{text_ + static_cast<uint32_t>(separators[at - 1] + 1), text_ + separators[at], false};
    if (kLastField && cell.begin < cell.end && cell.end[-1] == '\r') --cell.end;
    // An empty field's first byte is its separator, so reading it is safe.
    if (*cell.begin == quote || trims) [[unlikely]]
      cell = Unwrap(cell.begin, cell.end);
    RowStatus status;
    if (static_cast<size_t>(cell.end - cell.begin) == null_size && IsNullText(cell)) {
      if (validity != nullptr) {
        validity[row >> 6] &= ~(uint64_t{1} << (row & 63));
        continue;
      }
      status = RowStatus::kNullInNotNull;
    } else {
      status = parser(cells_, cell.begin, cell.end, values + row);
      if (status == RowStatus::kOk) [[likely]]
        continue;
    }
    const auto record = records_.empty() ? static_cast<uint32_t>(row) : records_[row];
    failures_.push_back({record, static_cast<int32_t>(index), status});
  }
}

template <typename Parser>
void CsvDecoder::DecodeColumn(const Column& column, size_t index, RecordBatch& batch,
                              const Parser& parser) {
  if (static_cast<uint32_t>(column.field) + 1 == field_count_) {
    DecodeCells<Parser, true>(column, index, batch, parser);
  } else {
    DecodeCells<Parser, false>(column, index, batch, parser);
  }
}

void CsvDecoder::DecodeScalars(const Column& column, size_t index, RecordBatch& batch) {
  VisitCellParser(column.type, TimestampText::kEither,
                  [&](const auto& parser) { DecodeColumn(column, index, batch, parser); });
}

namespace {

struct NestedParser {
  using Value = StringValue;
  const JsonCell& cell;
  JsonReader& json;

  RowStatus operator()(CellContext& context, const char* begin, const char* end,
                       StringValue* out) const {
    const std::string_view text(begin, static_cast<size_t>(end - begin));
    return json.ReadNestedText(text, cell, out);
  }
};

}  // namespace

void CsvDecoder::DecodeNested(const Column& column, size_t index, RecordBatch& batch) {
  DecodeColumn(column, index, batch, NestedParser{*column.nested, *json_});
}

void CsvDecoder::FillMissing(size_t index, RecordBatch& batch) {
  const size_t words = (first_separators_.size() + 63) / 64;
  std::memset(batch.layout().columns[index].validity, 0, words * sizeof(uint64_t));
}

Status CsvDecoder::Decode(const DecodeBlock& block, const char** cursor, RecordBatch& batch) {
  cells_.Reset();
  text_ = *cursor;
  scanner_.Scan(text_, block.end, block.is_last, static_cast<size_t>(batch.capacity()), &index_);
  if (index_.record_count == 0) return {};
  const uint32_t last_end = index_.separators[index_.record_ends[index_.record_count - 1]];
  const char* consumed = std::min(text_ + last_end + 1, block.end);
  if (reads_text_) {
    cells_.text_is_utf8 = IsUtf8({text_, static_cast<size_t>(consumed - text_)});
  }
  CollectRows();
  const size_t words = (first_separators_.size() + 63) / 64;
  for (size_t i = 0; i < columns_.size(); ++i) {
    uint64_t* validity = batch.layout().columns[i].validity;
    if (columns_[i].field == kMissing) {
      FillMissing(i, batch);
      continue;
    }
    if (validity != nullptr) std::memset(validity, 0xFF, words * sizeof(uint64_t));
    (this->*columns_[i].decode)(columns_[i], i, batch);
  }
  batch.set_row_count(static_cast<int32_t>(first_separators_.size()));
  if (!records_.empty()) {
    batch.row_offsets().assign(records_.begin(), records_.end());
    for (int64_t& offset : batch.row_offsets()) offset += next_record_;
  }
  RETURN_IF_ERROR(SettleFailures(batch));
  batch.set_origin(policy_.origin(), next_record_);
  if (cells_.points_into_block) batch.KeepAlive(block.arena);
  if (cells_.scratch_in_use() != nullptr) batch.KeepAlive(cells_.scratch_in_use());
  next_record_ += static_cast<int64_t>(index_.record_count);
  *cursor = consumed;
  return {};
}

Status CsvDecoder::SettleFailures(RecordBatch& batch) {
  if (failures_.empty()) return {};
  std::sort(failures_.begin(), failures_.end(), [](const Failure& a, const Failure& b) {
    return a.record != b.record ? a.record < b.record : a.column < b.column;
  });
  if (batch.row_offsets().empty()) {
    for (int32_t row = 0; row < batch.row_count(); ++row) {
      batch.row_offsets().push_back(next_record_ + row);
    }
  }
  std::vector<int32_t> dropped;
  int64_t dropped_record = -1;
  for (const Failure& failure : failures_) {
    if (failure.record == dropped_record) continue;
    ASSIGN_OR_RETURN(const FailureAction action,
                     policy_.Handle({failure.status, failure.column, RecordText(failure.record),
                                     next_record_ + failure.record, Explain(failure)}));
    if (failure.column < 0) {
      dropped_record = failure.record;
      continue;
    }
    const auto row = records_.empty()
                         ? static_cast<int32_t>(failure.record)
                         : static_cast<int32_t>(
                               std::lower_bound(records_.begin(), records_.end(), failure.record) -
                               records_.begin());
    if (action == FailureAction::kWriteNull) {
      batch.SetNull(static_cast<size_t>(failure.column), row);
    } else {
      dropped_record = failure.record;
      dropped.push_back(row);
    }
  }
  RemoveRows(batch, schema_, dropped);
  return {};
}

std::string CsvDecoder::Explain(const Failure& failure) const {
  if (failure.column >= 0) {
    const Column& column = columns_[static_cast<size_t>(failure.column)];
    std::string_view text = FieldText(failure.record, column.field);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return FoundAndExpected(text, column.type);
  }
  const std::string_view record = RecordText(failure.record);
  switch (failure.status) {
    case RowStatus::kUnterminatedQuote:
      return fmt::format("the field begins with {} but the file ends before it is closed",
                         dialect_.quote);
    case RowStatus::kMalformedRow:
      return fmt::format("found text behind a closing quote, in `{}`", ShortenText(record));
    default: {
      const uint32_t first = failure.record == 0 ? 1 : index_.record_ends[failure.record - 1] + 1;
      return fmt::format("found {} fields, expected {}, in `{}`",
                         index_.record_ends[failure.record] - first + 1, field_count_,
                         ShortenText(record));
    }
  }
}

}  // namespace flinkc
