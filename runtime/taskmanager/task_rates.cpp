#include "runtime/taskmanager/task_rates.h"

#include <algorithm>

namespace flinkc {

TaskRates::PerSecond TaskRates::Look(const Totals& totals, int64_t now_nanos) {
  if (!has_looked_) {
    has_looked_ = true;
    before_ = next_ = {{}, now_nanos};
    before_.totals = next_.totals = totals;
    return {};
  }
  if (now_nanos - next_.at_nanos >= kWindowNanos / 2) {
    before_ = next_;
    next_ = {totals, now_nanos};
  }
  const int64_t elapsed = now_nanos - before_.at_nanos;
  if (elapsed <= 0) return {};
  const auto share = [&](int64_t now, int64_t before) {
    return static_cast<uint32_t>(std::clamp<int64_t>((now - before) * 1000 / elapsed, 0, 1000));
  };
  const auto rate = [&](uint64_t now, uint64_t before) -> uint64_t {
    if (now <= before) return 0;
    return static_cast<uint64_t>(static_cast<double>(now - before) * 1e9 /
                                 static_cast<double>(elapsed));
  };
  const TaskTimes::Totals& times = totals.times;
  const TaskTimes::Totals& before = before_.totals.times;
  return {share(times.busy_nanos, before.busy_nanos), share(times.idle_nanos, before.idle_nanos),
          share(times.backpressured_nanos, before.backpressured_nanos),
          rate(totals.rows_in, before_.totals.rows_in),
          rate(totals.rows_out, before_.totals.rows_out)};
}

}  // namespace flinkc
