// Which columns of their rows joins, tops, overs and matches keep, and by what key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/data/schema.h"
#include "runtime/graph/join_descriptor.h"
#include "runtime/graph/match_descriptor.h"
#include "runtime/graph/over_descriptor.h"
#include "runtime/graph/top_descriptor.h"

namespace flinkc {

// The columns of a row that a join keeps of side `side`, whose rows have the columns of `schema`:
// the time first, if the join goes by one; else as they stand, without the hidden ones.
std::vector<uint32_t> KeptColumns(const Schema& schema, const JoinDescriptor& join, size_t side);
// Their schema, with a BOOLEAN behind them where the join keeps a flag: `matched`, or `deleted` of
// a version; or the BIGINT `matches`.
Schema KeptSchema(const Schema& schema, const JoinDescriptor& join, size_t side);
// The key of those rows, of either side: no NULL is kept. `left`: the schema of the left side. Of a
// join by window with the window's last moment behind it, as of a top.
Schema KeptKey(const Schema& left, const JoinDescriptor& join);

// The columns of a row that a top keeps: those of its order first, then the others, without the
// hidden ones.
std::vector<uint32_t> KeptColumns(const Schema& schema, const TopDescriptor& top);

// The key of those rows, whose columns are those of `schema`; of a top by window with the window's
// last moment (BIGINT NOT NULL `window`, microseconds) behind it.
Schema KeptKey(const Schema& schema, const TopDescriptor& top);

// The columns of a row that waits for its turn in an `over` by event time: the time first, then the
// others, without the hidden ones.
std::vector<uint32_t> WaitingColumns(const Schema& schema, const OverTime& time);
// What is kept of a row in a bounded frame: its time (BIGINT NOT NULL, microseconds), if the frame
// is a range, then the arguments.
Schema FrameSchema(const Schema& schema, const OverDescriptor& over);

// The columns of a row that a match keeps: its time first (UINT32_MAX: that it came at), then those
// of its order, then the others, without the hidden ones.
std::vector<uint32_t> KeptColumns(const Schema& schema, const MatchDescriptor& match);
Schema KeptSchema(const Schema& schema, const MatchDescriptor& match);
// What it keeps of a partial match: the step it is at, and for each of its rows the variable, as a
// byte. A step below 0 says how many rows stand before the search. The name of this column tells
// two patterns apart.
Schema PartialMatchSchema(const MatchDescriptor& match);

}  // namespace flinkc
