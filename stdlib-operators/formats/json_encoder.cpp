#include "stdlib-operators/formats/json_encoder.h"

#include "runtime/data/text_writer.h"

namespace flinkc {

JsonEncoder::JsonEncoder(Schema schema, TimestampText timestamps)
    : schema_(std::move(schema)), timestamps_(timestamps) {
  for (const Field& field : schema_) {
    std::string key = keys_.empty() ? "{" : ",";
    AppendJsonString(key, field.name);
    keys_.push_back(key + ":");
  }
}

void JsonEncoder::AppendTimestamp(const RecordBatch& batch, size_t column, int32_t row,
                                  std::string& out) const {
  const int64_t micros = batch.Values<int64_t>(column)[row];
  if (timestamps_ == TimestampText::kEpochMillis) {
    // Towards minus infinity, so that every value before 1970 keeps its millisecond.
    AppendInteger(out, micros >= 0 ? micros / 1'000 : -((999 - micros) / 1'000));
    return;
  }
  out += '"';
  const size_t begin = out.size();
  flinkc::AppendTimestamp(out, micros, schema_[column].type.precision());
  if (timestamps_ == TimestampText::kIso) {
    out[out.find(' ', begin)] = 'T';
    if (schema_[column].type.kind() == TypeKind::kTimestampLtz) out += 'Z';
  }
  out += '"';
}

void JsonEncoder::Encode(const RecordBatch& batch, int32_t row, std::string& out) {
  for (size_t i = 0; i < schema_.size(); ++i) {
    out += keys_[i];
    if (schema_[i].type.is_timestamp() && !batch.IsNull(i, row)) {
      AppendTimestamp(batch, i, row, out);
    } else {
      AppendJson(out, batch, schema_[i].type, i, row);
    }
  }
  out += keys_.empty() ? "{}\n" : "}\n";
}

}  // namespace flinkc
