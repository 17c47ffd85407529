// Where the key of a state stands in its rows, for generated code and for operators
// that fill their keys natively.
#pragma once

#include <string>

#include "runtime/data/schema.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

// A layout whose rows are hash and key: the columns of `key` one after the other, aligned to at
// most 8 bytes, then a byte that is 1 where a nullable one is NULL; in whole words.
StateLayout KeyLayout(std::string state_id, const Schema& key);

}  // namespace flinkc
