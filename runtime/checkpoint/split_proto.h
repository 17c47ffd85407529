// A source's split (runtime/connector) as it stands in a checkpoint, and back.
#pragma once

#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/connector/source.h"

namespace flinkc {

proto::SplitState ToProto(const Split& split);
Split ToSplit(const proto::SplitState& state);

}  // namespace flinkc
