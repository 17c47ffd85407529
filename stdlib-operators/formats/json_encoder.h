// Rows as JSON lines: one object a line, the columns in the schema's order, NULL as null.
#pragma once

#include <string>
#include <vector>

#include "stdlib-operators/formats/cell_parsers.h"
#include "stdlib-operators/formats/row_encoder.h"

namespace flinkc {

class JsonEncoder final : public RowEncoder {
 public:
  JsonEncoder(Schema schema, TimestampText timestamps);

  void Encode(const RecordBatch& batch, int32_t row, std::string& out) override;

 private:
  void AppendTimestamp(const RecordBatch& batch, size_t column, int32_t row,
                       std::string& out) const;

  // Constant after construction.
  const Schema schema_;
  const TimestampText timestamps_;
  std::vector<std::string> keys_;  // `{"a":`, `,"b":`
};

}  // namespace flinkc
