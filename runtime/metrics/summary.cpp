#include "runtime/metrics/summary.h"

#include <algorithm>
#include <cmath>

namespace flinkc {

Summary Summarize(std::vector<int64_t> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  __int128 sum = 0;
  for (const int64_t value : values) sum += value;
  // The least value that at least `part` of all do not exceed.
  const auto at = [&](double part) {
    const auto rank = static_cast<size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::clamp<size_t>(rank, 1, values.size()) - 1];
  };
  return {values.front(), values.back(), static_cast<int64_t>(sum / std::ssize(values)),
          at(0.5),        at(0.9),       at(0.95),
          at(0.99),       at(0.999)};
}

}  // namespace flinkc
