// What a row of session windows knows of its session, in front of the accumulators. The key of such
// a row ends with the session's number: 0 is the session that the key's last new one is, the head,
// which rows are added to in a few instructions; it knows the others. All times are microseconds.
#pragma once

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

}  // namespace flinkc
