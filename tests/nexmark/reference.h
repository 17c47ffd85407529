// NEXMark's queries a second time, plain and slow: loops and maps over vectors of events, written
// from the SQL of github.com/nexmark/nexmark and sharing nothing with the engine. What a query
// gives in the end: all rows of one that only adds rows, the final table of one that updates.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/nexmark/nexmark_events.h"

namespace flinkc {

struct ReferenceRows {
  std::vector<std::string> rows;  // JSON
  // Where a query leaves it open which of several rows it gives (an equal price, an equal time):
  // the row that stands in `rows` for each of them.
  std::map<std::string, std::string> stands_for;
};

// What q13 looks up: keys from 0 on, each with a text of its own.
constexpr int64_t kSideInputRows = 10'000;
std::string SideInputValue(int64_t key);

// Row by row.
ReferenceRows ReferenceQ0(const NexmarkEvents& events);
ReferenceRows ReferenceQ1(const NexmarkEvents& events);
ReferenceRows ReferenceQ2(const NexmarkEvents& events);
ReferenceRows ReferenceQ10(const NexmarkEvents& events);
ReferenceRows ReferenceQ14(const NexmarkEvents& events);
ReferenceRows ReferenceQ21(const NexmarkEvents& events);
ReferenceRows ReferenceQ22(const NexmarkEvents& events);

// Joins, and what is made of them.
ReferenceRows ReferenceQ3(const NexmarkEvents& events);
ReferenceRows ReferenceQ4(const NexmarkEvents& events);
ReferenceRows ReferenceQ6(const NexmarkEvents& events);
ReferenceRows ReferenceQ9(const NexmarkEvents& events);
ReferenceRows ReferenceQ13(const NexmarkEvents& events);
ReferenceRows ReferenceQ20(const NexmarkEvents& events);
ReferenceRows ReferenceQ23(const NexmarkEvents& events);

// What no query does: each bid with the highest price of its auction in the last second before it
// that had bids on it (tests/nexmark/as_of.yaml).
ReferenceRows ReferenceAsOf(const NexmarkEvents& events);

// Windows.
ReferenceRows ReferenceQ5(const NexmarkEvents& events);
ReferenceRows ReferenceQ5Count(const NexmarkEvents& events);
ReferenceRows ReferenceQ7(const NexmarkEvents& events);
ReferenceRows ReferenceQ8(const NexmarkEvents& events);
ReferenceRows ReferenceQ11(const NexmarkEvents& events);
// Without its windows, which are the clock's: the bids of each bidder.
ReferenceRows ReferenceQ12(const NexmarkEvents& events);

// Groups without windows, and the first of a group.
ReferenceRows ReferenceQ15(const NexmarkEvents& events);
ReferenceRows ReferenceQ16(const NexmarkEvents& events);
ReferenceRows ReferenceQ17(const NexmarkEvents& events);
ReferenceRows ReferenceQ18(const NexmarkEvents& events);
ReferenceRows ReferenceQ19(const NexmarkEvents& events);

}  // namespace flinkc
