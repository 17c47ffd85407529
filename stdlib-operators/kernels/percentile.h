// Percentiles of values that lie in a block of an accumulator. Freestanding.
#pragma once

#include <algorithm>

#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/comparison.h"
#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

// The value at (count - 1) * share of the sorted values, interpolated between its neighbours. They
// are put into another order.
inline double SelectPercentile(double* values, int64_t count, double share) {
  const double position = static_cast<double>(count - 1) * share;
  const auto lower = static_cast<int64_t>(position);
  const auto less = [](double a, double b) { return Compare<double>(a, b) < 0; };
  std::nth_element(values, values + lower, values + count, less);
  const double low = values[lower];
  if (static_cast<double>(lower) == position) return CanonicalNan(low);
  const double high = *std::min_element(values + lower + 1, values + count, less);
  return CanonicalNan((static_cast<double>(lower + 1) - position) * low +
                      (position - static_cast<double>(lower)) * high);
}

// A copy of the doubles in `blob`, at the end of the arena, which is given back at once.
class ScratchDoubles {
 public:
  ScratchDoubles(KernelContext* context, const StateBlob& blob)
      : context_(context),
        scratch_(AllocateBytes(context, blob.size + static_cast<uint32_t>(alignof(double)))),
        count_(static_cast<int64_t>(blob.size / sizeof(double))) {
    const uintptr_t aligned =
        (reinterpret_cast<uintptr_t>(scratch_) + alignof(double) - 1) & ~(alignof(double) - 1);
    values_ = reinterpret_cast<double*>(aligned);
    __builtin_memcpy(values_, blob.data, blob.size);
  }
  ~ScratchDoubles() { context_->arena_cursor = scratch_; }
  ScratchDoubles(const ScratchDoubles&) = delete;
  ScratchDoubles& operator=(const ScratchDoubles&) = delete;

  double* values() const { return values_; }
  int64_t count() const { return count_; }

 private:
  KernelContext* context_;
  char* scratch_;
  double* values_;
  int64_t count_;
};

}  // namespace flinkc
