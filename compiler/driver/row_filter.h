// The rows of a running stream for which a condition of the user's holds (`flinkc tap --where`), as
// the plan of a chain that a TaskManager runs over them.
#pragma once

#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/driver/compile_job.h"
#include "compiler/source/source_buffer.h"
#include "runtime/data/schema.h"

namespace flinkc {

struct RowFilterRequest {
  // Must outlive the log.
  const SourceText* condition = nullptr;
  std::string stream;
  Schema columns;
  // Its rows have kinds.
  bool updates = false;
  std::string time_zone = "UTC";
};

// A serialized ChainPlan from such rows to one sink of the same rows. A row for which the condition
// fails is none of them. nullopt: `log` says what is wrong.
std::optional<std::string> CompileRowFilter(const RowFilterRequest& request,
                                            const CompilerServices& services, DiagnosticLog& log);

}  // namespace flinkc
