#include "stdlib-operators/formats/csv_encoder.h"

#include "runtime/data/text_writer.h"

namespace flinkc {

CsvEncoder::CsvEncoder(Schema schema, CsvDialect dialect)
    : schema_(std::move(schema)), dialect_(std::move(dialect)) {}

std::string CsvEncoder::Header() const {
  std::string line;
  if (!dialect_.header) return line;
  for (size_t i = 0; i < schema_.size(); ++i) {
    if (i > 0) line += dialect_.delimiter;
    AppendField(schema_[i].name, line);
  }
  return line + '\n';
}

bool CsvEncoder::NeedsQuotes(std::string_view text) const {
  if (text == dialect_.null_text) return true;
  for (const char c : text) {
    if (c == dialect_.delimiter || c == dialect_.quote || c == '\n' || c == '\r') return true;
  }
  return !text.empty() && (dialect_.IsBlank(text.front()) || dialect_.IsBlank(text.back()));
}

void CsvEncoder::AppendField(std::string_view text, std::string& out) const {
  if (!NeedsQuotes(text)) {
    out += text;
    return;
  }
  out += dialect_.quote;
  for (const char c : text) {
    if (c == dialect_.quote) out += c;
    out += c;
  }
  out += dialect_.quote;
}

void CsvEncoder::Encode(const RecordBatch& batch, int32_t row, std::string& out) {
  for (size_t i = 0; i < schema_.size(); ++i) {
    if (i > 0) out += dialect_.delimiter;
    const DataType& type = schema_[i].type;
    if (batch.IsNull(i, row)) {
      out += dialect_.null_text;
    } else if (type.kind() == TypeKind::kString) {
      AppendField(batch.Values<StringValue>(i)[row].view(), out);
    } else {
      field_.clear();
      if (type.kind() == TypeKind::kBoolean) {
        field_ = batch.Values<uint8_t>(i)[row] != 0 ? "true" : "false";
      } else if (type.kind() == TypeKind::kBytes) {
        // Base64, as the decoder expects it: JSON writes it so, in quotes.
        AppendJson(field_, batch, type, i, row);
        field_ = field_.substr(1, field_.size() - 2);
      } else {
        AppendText(field_, batch, type, i, row);
      }
      AppendField(field_, out);
    }
  }
  out += '\n';
}

}  // namespace flinkc
