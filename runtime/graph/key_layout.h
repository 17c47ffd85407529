// Where the key of a state stands in its rows, for generated code and for operators that fill their
// keys natively; and the layouts of what the latter keep.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/data/schema.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

// A layout whose rows are hash and key: the columns of `key` one after the other, aligned to at
// most 8 bytes, then a byte that is 1 where a nullable one is NULL; in whole words.
StateLayout KeyLayout(std::string state_id, const Schema& key);

// The columns `columns` of `schema` as a key; NOT NULL, if no row with NULL in its key is kept.
Schema KeySchema(const Schema& schema, const std::vector<uint32_t>& columns, bool not_null);

// Rows for a key, a list or a multiset (runtime/state/keyed_rows.h). `ttl_micros` 0: for ever.
StateLayout RowsLayout(std::string state_id, StateKind kind, const Schema& key, const Schema& rows,
                       int64_t ttl_micros = 0);

// Timers (runtime/state/timer_state.h): `key` behind a BIGINT NOT NULL `time`, in microseconds.
StateLayout TimersLayout(std::string state_id, const Schema& key);

}  // namespace flinkc
