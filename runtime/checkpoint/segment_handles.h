// The segments of a stored state's tables, which a checkpoint keeps column by column.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"

namespace flinkc {

// Bytes [offset, offset + length) of a file.
struct SegmentHandle {
  const std::string& file;  // of the state: StateSnapshot::segment_files
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t checksum = 0;  // XXH3, 64 bits
  uint64_t rows = 0;
};

// Whether all segments of all tables are whole and lie in files of the state; otherwise kCorrupt.
// Of a state from elsewhere before anything below is asked about it.
Status CheckSegments(const proto::StateSnapshot& state);

int SegmentCount(const proto::TableSnapshotHandle& table);
// Segment `i` of a table of `state`.
SegmentHandle SegmentAt(const proto::StateSnapshot& state, const proto::TableSnapshotHandle& table,
                        int i);

}  // namespace flinkc
