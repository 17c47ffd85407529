// What a row of session windows knows of its session, in front of the accumulators. The key of such
// a row ends with the session's number: 0 is the session that the key's last new one is, the head,
// which rows are added to in a few instructions; it knows the others. All times are microseconds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/abi/state_heap.h"

namespace flinkc {

struct SessionRow {
  int64_t start;  // of its first row
  int64_t end;    // of its last row, plus the gap
  // Head: a row between start and end whose own end is below this touches no other session.
  int64_t limit;
  // When it is looked at next; at most the end.
  int64_t timer;
  // Head: OtherSessions by their ends.
  StateBlob others;
};
static_assert(sizeof(SessionRow) == 48);

struct OtherSession {
  int64_t start;
  int64_t end;
  int64_t number;
};
static_assert(sizeof(OtherSession) == 24);

// The same of sessions that change (runtime/state/changing_sessions.h). Number 0 is no session but
// the row of the key, which lists all others.
struct ChangingSessionRow {
  // Of a row on its way out: the bounds of the session. Of a key: start is 1 if something of it
  // changed since it was emitted last (early results only).
  int64_t start;
  int64_t end;
  // Of a key: the watermark at which it is looked at next. On its way out: a RowKind.
  int64_t timer;
  // Of a key: its SessionParts by their ends; and with early results, what was emitted of it.
  StateBlob parts;
  StateBlob shown;
};
static_assert(sizeof(ChangingSessionRow) == 56);
static_assert(offsetof(ChangingSessionRow, start) == offsetof(SessionRow, start));
static_assert(offsetof(ChangingSessionRow, end) == offsetof(SessionRow, end));

// A session; where rows are taken back, all rows of one time.
struct SessionPart {
  int64_t start;
  int64_t end;
  int64_t number;
  int64_t rows;   // where rows are taken back: how many
  int64_t flags;  // kPartShown, kPartChanged
};
static_assert(sizeof(SessionPart) == 40);
inline constexpr int64_t kPartShown = 1;    // its session has been emitted as it is
inline constexpr int64_t kPartChanged = 2;  // since it was emitted last

// What generated code does with a row that flinkc_rt_next_session gives: below kUpdate it is a
// RowKind, with which the row leaves.
enum class SessionStep : int8_t {
  kUpdate = 4,  // adds the input's row to it, or takes it back
  kDone = 5,    // there was no row, as with all that follow
  kLate = 6,
  kFailed = 7,  // no memory, or it was told
};

}  // namespace flinkc
