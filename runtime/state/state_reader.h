// The way back from a checkpoint: the segments of an operator's former subtasks into its tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/checkpoint/segment_handles.h"
#include "runtime/graph/state_schema.h"
#include "runtime/state/operator_state.h"
#include "runtime/state/row_store.h"
#include "runtime/state/table_snapshot.h"

namespace flinkc {

// Where segments are read from; over the checkpoint storage.
class SegmentSource {
 public:
  virtual ~SegmentSource() = default;
  // Exactly `length` bytes of `file` from `offset` on. kCorrupt: the file is shorter; kNotFound.
  virtual Result<std::string> Read(const std::string& file, uint64_t offset, uint64_t length) = 0;
  // What was read is not what the checkpoint says, for this reason, or could not be read: whether
  // it was a copy, and the next Read reads the file itself.
  virtual bool GiveUpCopy(const std::string& file [[maybe_unused]],
                          const Error& why [[maybe_unused]]) {
    return false;
  }
  // The file as later checkpoints may refer to it, the same one each time; nullptr: they may not.
  virtual std::shared_ptr<const StateFile> FileOf(const std::string& file [[maybe_unused]]) {
    return nullptr;
  }
};

// Adds the rows of `snapshot` whose key groups lie in `range` to `state`, before its first row and
// behind OperatorState::RestoreProgress; once for each former subtask, whose store is `store`
// (nullptr: it had none). kCorrupt names file and place; kStateIncompatible: what is stored cannot
// become what the job needs, and why; kMemoryLimit.
Status RestoreState(const proto::StateSnapshot& snapshot, const KeyGroupRange& range,
                    SegmentSource* source, OperatorState* state, RowStore* store = nullptr);
// The other way: `state` stands before the store of the only former subtask, which had the same key
// groups and columns, and takes over what is there; segments are newer.
Status AdoptState(const proto::StateSnapshot& snapshot, const KeyGroupRange& range,
                  SegmentSource* source, OperatorState* state);

// The segment, its checksum verified.
Result<std::string> ReadSegment(const SegmentHandle& handle, SegmentSource* source);

}  // namespace flinkc
