// All rows of a table, those that only its store has among them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/base/result.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

// Calls `visit(char* row)` for each row. Before a store they come by ranges of hashes of some
// 4 MiB, through `scratch`, which is emptied.
template <typename Visit>
Status VisitAllRows(MemoryTable& table, MemoryTable* scratch, Visit visit) {
  constexpr uint64_t kRangeBytes = uint64_t{4} << 20;
  constexpr uint64_t kRangesMax = 1 << 16;
  if (!table.has_store()) {
    table.ForEachRow([&](uint64_t row) { visit(table.Row(row)); });
    return {};
  }
  const uint64_t ranges = std::clamp<uint64_t>(table.EstimateBytes() / kRangeBytes, 1, kRangesMax);
  const uint64_t step = UINT64_MAX / ranges;
  for (uint64_t i = 0; i < ranges; ++i) {
    scratch->Clear(0);
    const uint64_t last = i + 1 == ranges ? UINT64_MAX : step * (i + 1) - 1;
    RETURN_IF_ERROR(table.CopyRange(step * i, last, scratch));
    scratch->ForEachRow([&](uint64_t row) { visit(scratch->Row(row)); });
  }
  scratch->Clear(0);
  return {};
}

}  // namespace flinkc
