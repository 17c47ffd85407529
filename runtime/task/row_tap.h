// Somebody who looks at the rows of a stream (ChainLayout::taps) of one subtask while it runs.
#pragma once

#include <cstdint>

#include "runtime/data/record_batch.h"

namespace flinkc {

// The worker of the subtask only.
class RowTap {
 public:
  virtual ~RowTap() = default;

  // Nobody looks any more: it may go.
  virtual bool is_closed() const = 0;
  // Whether it takes rows now.
  virtual bool WantsRows(int64_t now_micros) = 0;
  // Columns behind those of the tap's schema are nobody's business. What the rows point at is there
  // during this call only.
  virtual void Take(const RecordBatch& rows) = 0;
};

}  // namespace flinkc
