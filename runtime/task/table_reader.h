// Reads a bounded source as a whole in one subtask: its enumerator's splits, one after the other,
// by its reader.
#pragma once

#include <memory>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/connector/connector_runtime.h"
#include "runtime/operator/table_scan.h"

namespace flinkc {

// Errors say which table it is. `table` and what else is pointed at must outlive the scan.
// `allowed_paths`: as in SourceContext.
Result<std::unique_ptr<TableScan>> ScanTable(const SourceDescriptor& table,
                                             const ConnectorRuntimes& connectors,
                                             MemoryPool* memory, const Clock* clock,
                                             const AllowedPaths* allowed_paths = nullptr);

}  // namespace flinkc
