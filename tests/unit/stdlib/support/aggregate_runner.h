// Evaluates an aggregate's example, "sum(x) over (1, 2, NULL)", on its kernels alone.
#pragma once

#include <string>
#include <string_view>

#include "tests/unit/stdlib/support/expression_runner.h"

namespace flinkc {

class AggregateRunner {
 public:
  explicit AggregateRunner(const StandardLibrary& library) : library_(library), runner_(library) {}

  // The result as CAST(… AS STRING) prints it, "NULL" or "error: CODE". `parts`: the rows are
  // accumulated in so many states, in order, which are then merged.
  std::string Run(std::string_view example, size_t parts) const;

 private:
  const StandardLibrary& library_;
  ExpressionRunner runner_;
};

}  // namespace flinkc
