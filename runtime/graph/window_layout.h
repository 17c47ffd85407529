// Which windows a state groups its rows by.
#pragma once

#include <cstdint>

namespace flinkc {

// Event times are clamped to ± this, far beyond the years that a TIMESTAMP can show, so that no sum
// overflows; in microseconds.
inline constexpr int64_t kWindowTimeMax = int64_t{1} << 61;

enum class WindowKind : uint8_t {
  kHop,       // all of one size; one begins every slide (tumble: slide == size)
  kCumulate,  // those of one multiple of the size begin together, each a slide longer than the last
  kSession,   // one key's rows, as long as each is at most `size` behind another
};

// What a row of a window with early results says of itself in its first accumulator, an i64: what
// changed it has not been emitted; something of it has been.
inline constexpr int64_t kRowChanged = 1;
inline constexpr int64_t kRowEmitted = 2;

// All in microseconds.
struct WindowLayout {
  int64_t size_micros = 0;   // of a session: its gap
  int64_t slide_micros = 0;  // == size: tumble
  // The largest length that all begins and ends are multiples of, from the offset on; of a session
  // its gap.
  int64_t slice_micros = 0;
  int64_t offset_micros = 0;
  int64_t lateness_micros = 0;
  WindowKind kind = WindowKind::kHop;
  // A row's time is when it is read: none is late, and windows end with the clock.
  bool processing_time = false;
  // Updating windows: each has a table of its own (but for sessions), and what it has given changes
  // with each row; by the clock, each so long after the last time (0: not); with rows behind its
  // end, when it has emitted.
  bool each_row = false;
  int64_t early_micros = 0;
  bool late_updates = false;
  // Rows are taken back from its windows: each has a table of its own, too, which has all that may
  // be taken back from it.
  bool takes_back = false;

  bool is_updating() const { return each_row || early_micros != 0 || late_updates; }
  bool has_own_tables() const { return kind != WindowKind::kSession && changes(); }
  bool has_changing_sessions() const { return kind == WindowKind::kSession && changes(); }
  bool operator==(const WindowLayout&) const = default;

 private:
  bool changes() const { return is_updating() || takes_back; }
};

}  // namespace flinkc
