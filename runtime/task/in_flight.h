// The rows that an unaligned barrier has overtaken, as a file of the checkpoint: one frame an
// element (element_codec.h), each behind its length (u32, little-endian), channel by channel. The
// channel of a frame's address is the place of the channel in InFlight::channels.
#pragma once

#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/exchange/input_gate.h"
#include "runtime/state/state_writer.h"
#include "runtime/task/subtask.h"

namespace flinkc {

// `heads`: of the chain that the channels lead to. Any thread: the batches are only read.
Result<proto::InFlight> WriteInFlight(const std::vector<InFlightChannel>& channels,
                                      const std::vector<HeadLayout>& heads, StateFileSink* sink);

// What a subtask has to read before its channels: of the former subtasks of its vertex, the rows
// whose keys are its own; of those without a key, all of the former subtasks whose first key group
// it has. kCorrupt names the file; kStateIncompatible: the chain reads other rows now.
Result<std::vector<InFlightChannel>> ReadInFlight(const SubtaskDescriptor& descriptor);

}  // namespace flinkc
