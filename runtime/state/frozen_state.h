// An operator's state at a barrier. Its tables may be read on another thread (TableSnapshot).
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/graph/chain_layout.h"
#include "runtime/state/slice_key.h"
#include "runtime/state/table_snapshot.h"

namespace flinkc {

// What is not in the tables of a window's state. The subtasks of a checkpoint have come equally far
// where barriers were aligned and time is the events'; behind a barrier that has overtaken, and by
// the clock, one may be behind another.
struct WindowProgress {
  int64_t watermark = INT64_MIN;
  int64_t fired_end = INT64_MIN;
};

// Of several, at least one.
inline int64_t LeastWatermarkOf(std::span<const WindowProgress> all) {
  return std::ranges::min(all, {}, &WindowProgress::watermark).watermark;
}
inline int64_t GreatestWatermarkOf(std::span<const WindowProgress> all) {
  return std::ranges::max(all, {}, &WindowProgress::watermark).watermark;
}

struct FrozenState {
  struct Table {
    SliceKey key;  // zero without a window
    std::shared_ptr<TableSnapshot> snapshot;
    bool has_stored = false;    // rows may be in the RowStore: those that no segment has
    std::string stored_prefix;  // before a RowStore: of its rows there
  };
  const StateLayout* layout = nullptr;
  std::vector<Table> tables;
  WindowProgress progress;
  // Before a RowStore: the first part of the keys there.
  std::optional<uint16_t> store_number;
};

}  // namespace flinkc
