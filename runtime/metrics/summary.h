// What is told of many values of one kind: the least, the greatest, the average and percentiles.
#pragma once

#include <cstdint>
#include <vector>

namespace flinkc {

struct Summary {
  int64_t min = 0, max = 0, avg = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0;
};

// Percentiles are values that occur (nearest rank); of no values everything is 0.
Summary Summarize(std::vector<int64_t> values);

}  // namespace flinkc
