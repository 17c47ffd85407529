// The background half of a checkpoint of one subtask: writes the frozen tables' segments to one
// file and says where they are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/state/operator_state.h"
#include "runtime/state/store_snapshot.h"

namespace flinkc {

// Makes the file when the first bytes are appended. Implemented over the checkpoint storage.
class StateFileSink {
 public:
  virtual ~StateFileSink() = default;
  virtual Status Append(std::string_view bytes) = 0;
  // Everything is on the disk under the file's name.
  virtual Status Finish() = 0;
  // Relative to the checkpoint directory.
  virtual const std::string& path() const = 0;
};

struct WrittenState {
  std::vector<proto::StateSnapshot> states;
  // The new file; nullptr: nothing had changed.
  std::shared_ptr<const StateFile> file;
  // Of all segments referred to, and of those written now.
  uint64_t state_bytes = 0;
  uint64_t written_bytes = 0;
};

// Any thread, one for each call. Rows that are in a store only are said to be there; `store`: all
// rows of tables before one are written, as it was cut. kMemoryLimit: there was no memory for what
// changed meanwhile.
Result<WrittenState> WriteState(const std::vector<FrozenState>& states, StateFileSink* sink,
                                StoreSnapshot* store = nullptr);

}  // namespace flinkc
