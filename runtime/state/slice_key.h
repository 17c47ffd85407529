// Which table of a window's state a row belongs to (window_state.h).
#pragma once

#include <compare>
#include <cstdint>

namespace flinkc {

struct SliceKey {
  int64_t slice_end = 0;
  // The end of the first window that the rows count for.
  int64_t level = 0;
  auto operator<=>(const SliceKey&) const = default;
};

}  // namespace flinkc
