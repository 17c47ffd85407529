// The `datagen` source: rows of made-up values. Row i is a pure function of the seed and i; split s
// of the fixed 16 has the blocks s, s + 16, … of kDatagenBlockRows rows, and a reader takes the
// blocks of its splits in order, so that at parallelism 1 the rows come in theirs.
#pragma once

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

constexpr uint32_t kDatagenSplits = 16;
constexpr int32_t kDatagenBlockRows = 1'000;

ConnectorRecord DatagenRecord();
ConnectorRuntime DatagenRuntime();

}  // namespace flinkc
