// All rows of a bounded source that is no input of the chain, for an operator that wants a table as
// a whole.
#pragma once

#include "runtime/base/result.h"
#include "runtime/data/record_batch.h"

namespace flinkc {

// One worker only.
class TableScan {
 public:
  virtual ~TableScan() = default;
  // Fills the empty `batch` (SourceDescriptor::BatchSchema) with the next rows, perhaps with none:
  // a bounded piece of work. False: there are no more.
  virtual Result<bool> Read(RecordBatch& batch) = 0;
};

}  // namespace flinkc
