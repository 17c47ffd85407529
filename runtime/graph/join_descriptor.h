// A join of two streams as the plan has it, but for its condition, which is an expression.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace flinkc {

enum class JoinKind : uint8_t {
  kInner,
  kLeft,  // also the rows of the left side that have no match
  kRight,
  kFull,
  kSemi,  // the rows of the left side that have a match, alone
  kAnti,  // those that have none
};

// Whether rows of side `side` (0: left) leave without a match as well.
constexpr bool IsOuter(JoinKind kind, size_t side) {
  return kind == JoinKind::kFull || kind == (side == 0 ? JoinKind::kLeft : JoinKind::kRight);
}
// Whether the result has only the columns of the left side.
constexpr bool IsLeftOnly(JoinKind kind) {
  return kind == JoinKind::kSemi || kind == JoinKind::kAnti;
}

// Two rows match only if left.time + lower <= right.time <= left.time + upper (microseconds), so
// that what is older than the watermark allows can be forgotten.
struct JoinInterval {
  std::array<uint32_t, 2> times{};  // columns of event time
  int64_t lower_micros = 0;
  int64_t upper_micros = 0;

  // Rows that nothing can match any more are looked for once in so much event time.
  int64_t cleanup_micros() const {
    constexpr int64_t kLeast = 1000;
    constexpr int64_t kShare = 8;
    return std::max((upper_micros - lower_micros) / kShare, kLeast);
  }
  bool operator==(const JoinInterval&) const = default;
};

// A left row matches the one right row of its key that held at its time: the newest that is not
// after it. Only inner and left joins have it.
struct JoinVersions {
  std::array<uint32_t, 2> times{};  // the event time of a left row; since when a right row holds

  bool operator==(const JoinVersions&) const = default;
};

// Two rows match only within one window, whose rows leave when it is over. With a size: tumbling
// windows of the rows' event time; else the windows that the rows are already in, by their time.
struct JoinWindow {
  std::array<uint32_t, 2> times{};  // columns of event time
  int64_t size_micros = 0;          // 0: rows of one window have one time
  int64_t offset_micros = 0;

  bool operator==(const JoinWindow&) const = default;
};

struct JoinDescriptor {
  JoinKind kind = JoinKind::kInner;
  // Columns of left and right that must be equal, pairwise and of the same type but for NULL, which
  // equals nothing.
  std::array<std::vector<uint32_t>, 2> keys;
  // At most one of these.
  std::optional<JoinInterval> interval;
  std::optional<JoinVersions> versions;
  std::optional<JoinWindow> window;
  // Further condition: NativeLayout::conditions[0], over the columns of left, then of right.
  bool has_condition = false;
  // With an interval: outputs behind the first one, of the left side, then of the right, have the
  // rows that have found no match, with all columns of their side.
  std::array<bool, 2> gives_unmatched{};
  // The columns of each side that the result has: those of left, then of right.
  std::array<std::vector<uint32_t>, 2> columns;
  // How long a row of a side without a change of its key is kept, in processing time; 0: for ever.
  std::array<int64_t, 2> ttl_micros{};

  // Whether a kept row of side `side` must know if it has had a match.
  bool NotesMatches(size_t side) const {
    return interval &&
           (gives_unmatched[side] || IsOuter(kind, side) || (side == 0 && IsLeftOnly(kind)));
  }
  // Whether the last byte of a kept row of side `side` is a flag: that it has had a match, or of a
  // version that it says that the key is gone.
  bool HasFlag(size_t side) const { return NotesMatches(side) || (versions && side == 1); }
  // Whether a kept row of side `side` says, as a BIGINT behind its columns, how many matches it
  // has: without one it leaves alone, and which rows match is for the condition to say.
  bool CountsMatches(size_t side) const {
    return has_condition && times() == nullptr &&
           (IsOuter(kind, side) || (side == 0 && IsLeftOnly(kind)));
  }
  // The columns of time of both sides; nullptr: the join goes by none.
  const std::array<uint32_t, 2>* times() const {
    if (interval) return &interval->times;
    if (versions) return &versions->times;
    return window ? &window->times : nullptr;
  }
  std::array<uint32_t, 2>* times() {
    return const_cast<std::array<uint32_t, 2>*>(std::as_const(*this).times());
  }
  // Whether window_start, window_end and window_time stand behind the columns of both sides.
  bool makes_window() const { return window && window->size_micros > 0; }
  bool operator==(const JoinDescriptor&) const = default;
};

}  // namespace flinkc
