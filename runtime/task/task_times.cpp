#include "runtime/task/task_times.h"

#include <algorithm>

namespace flinkc {

void TaskTimes::Enter(Phase phase, int64_t now_nanos) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const uint32_t version = version_.load(kRelaxed);
  version_.store(version + 1, kRelaxed);
  std::atomic_thread_fence(std::memory_order_release);
  std::atomic<int64_t>& over = nanos_[phase_.load(kRelaxed)];
  over.store(over.load(kRelaxed) + std::max<int64_t>(now_nanos - since_nanos_.load(kRelaxed), 0),
             kRelaxed);
  phase_.store(static_cast<uint8_t>(phase), kRelaxed);
  since_nanos_.store(now_nanos, kRelaxed);
  version_.store(version + 2, std::memory_order_release);
}

TaskTimes::Totals TaskTimes::Read(int64_t now_nanos) const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  while (true) {
    const uint32_t version = version_.load(std::memory_order_acquire);
    int64_t nanos[4];
    for (int i = 0; i < 4; ++i) nanos[i] = nanos_[i].load(kRelaxed);
    const uint8_t phase = phase_.load(kRelaxed);
    const int64_t since = since_nanos_.load(kRelaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (version % 2 != 0 || version_.load(kRelaxed) != version) continue;
    nanos[phase] += std::max<int64_t>(now_nanos - since, 0);
    return {nanos[static_cast<int>(Phase::kBusy)], nanos[static_cast<int>(Phase::kIdle)],
            nanos[static_cast<int>(Phase::kBackpressured)]};
  }
}

}  // namespace flinkc
