// Where the key of a state stands in its rows, for generated code and for operators that fill their
// keys natively; and the layouts of what the latter keep.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/data/schema.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/graph/join_descriptor.h"
#include "runtime/graph/top_descriptor.h"

namespace flinkc {

// A layout whose rows are hash and key: the columns of `key` one after the other, aligned to at
// most 8 bytes, then a byte that is 1 where a nullable one is NULL; in whole words.
StateLayout KeyLayout(std::string state_id, const Schema& key);

// The columns `columns` of `schema` as a key; NOT NULL, if no row with NULL in its key is kept.
Schema KeySchema(const Schema& schema, const std::vector<uint32_t>& columns, bool not_null);

// Rows for a key, a list or a multiset (runtime/state/keyed_rows.h). `ttl_micros` 0: for ever.
StateLayout RowsLayout(std::string state_id, StateKind kind, const Schema& key, const Schema& rows,
                       int64_t ttl_micros = 0);

// The columns of a row that a join keeps of side `side`, whose rows have the columns of `schema`:
// with an interval the time first; else as they stand, without the hidden ones.
std::vector<uint32_t> KeptColumns(const Schema& schema, const JoinDescriptor& join, size_t side);
// Their schema, with a BOOLEAN `matched` behind them where that is noted.
Schema KeptSchema(const Schema& schema, const JoinDescriptor& join, size_t side);

// The columns of a row that a top keeps: those of its order first, then the others, without the
// hidden ones.
std::vector<uint32_t> KeptColumns(const Schema& schema, const TopDescriptor& top);

// Timers (runtime/state/timer_state.h): `key` behind a BIGINT NOT NULL `time`, in microseconds.
StateLayout TimersLayout(std::string state_id, const Schema& key);

}  // namespace flinkc
