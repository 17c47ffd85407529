// A join of a stream with a side table as the plan has it, but for its condition, which is an
// expression.
#pragma once

#include <cstdint>

#include "runtime/graph/descriptors.h"
#include "runtime/graph/join_descriptor.h"

namespace flinkc {

// Each subtask reads the whole table for itself and looks up the rows of its stream as they come.
struct LookupDescriptor {
  // Left is the stream, right the table, whose rows have the columns of table.BatchSchema(). Inner
  // or left, without an interval, outputs of unmatched rows and times to live.
  JoinDescriptor join;
  SourceDescriptor table;
  // How long after it was read the table is read again, in processing time; 0: never.
  int64_t refresh_micros = 0;
};

}  // namespace flinkc
