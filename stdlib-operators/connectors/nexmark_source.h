// The `nexmark` source: NexmarkGenerator's events as one of its three tables, or all of them as the
// envelope (event_type, person, auction, bid, dateTime).
//
// Split s of the fixed 64 has the blocks s, s + 64, s + 128, … of kBlockEvents events; a reader
// takes the blocks of its splits in the order of their numbers, so that event time advances evenly
// over them. What a split holds never depends on the parallelism.
#pragma once

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

constexpr uint32_t kNexmarkSplits = 64;
constexpr int32_t kNexmarkBlockEvents = 2'000;

ConnectorRecord NexmarkRecord();
ConnectorRuntime NexmarkRuntime();

}  // namespace flinkc
