// Which table of a window's state a row belongs to (window_state.h).
#pragma once

#include <compare>
#include <cstdint>

namespace flinkc {

struct SliceKey {
  int64_t slice_end = 0;
  // The rows count for the first window that ends at or behind it, and for those that follow.
  int64_t level = 0;
  auto operator<=>(const SliceKey&) const = default;
};

}  // namespace flinkc
