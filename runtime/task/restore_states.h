// What a subtask's state begins with: the checkpoint that it was given, if any, before the store
// that it was given, if any.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/state/kept_store.h"
#include "runtime/state/state_store.h"
#include "runtime/task/chain_executor.h"
#include "runtime/task/subtask.h"

namespace flinkc {

// The store that an executor's tables stand before.
struct StateStart {
  std::unique_ptr<StateStore> store;
  // See ExecutorOptions.
  std::vector<uint16_t> store_numbers;
  // The store begins with the files of the checkpoint, and all rows in them are the subtask's.
  bool adopted = false;
  // Those files, if the next checkpoint may refer to them.
  KeptFiles kept_files;
};

// Of a subtask with descriptor.state_backend: adopts what is stored where key groups and columns
// are the same, or makes an empty store.
Result<StateStart> StartStateStore(const SubtaskDescriptor& descriptor);

// Fills the executor's states from descriptor.restore, before its first input. `adopted`: see
// StateStart.
Status RestoreStates(const SubtaskDescriptor& descriptor, bool adopted, ChainExecutor* executor);

}  // namespace flinkc
