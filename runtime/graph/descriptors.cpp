#include "runtime/graph/descriptors.h"

namespace flinkc {

Schema SourceDescriptor::BatchSchema() const {
  Schema batch;
  for (uint32_t column : needed_columns) batch.Add(schema[column]);
  return batch;
}

}  // namespace flinkc
