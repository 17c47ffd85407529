// From batches to bytes: what a sink writes. One for each sink subtask.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/data/record_batch.h"

namespace flinkc {

// Worker thread only.
class RowEncoder {
 public:
  virtual ~RowEncoder() = default;
  // What each file begins with, or "".
  virtual std::string Header() const { return ""; }
  // Appends row `row` with its line end.
  virtual void Encode(const RecordBatch& batch, int32_t row, std::string& out) = 0;
};

}  // namespace flinkc
