// The one STRING column of a row as a line; NULL is an empty line.
#pragma once

#include "stdlib-operators/formats/row_encoder.h"

namespace flinkc {

class TextEncoder final : public RowEncoder {
 public:
  void Encode(const RecordBatch& batch, int32_t row, std::string& out) override;
};

}  // namespace flinkc
