#include "runtime/checkpoint/split_proto.h"

namespace flinkc {

proto::SplitState ToProto(const Split& split) {
  proto::SplitState state;
  state.set_id(split.id);
  state.set_payload(split.payload);
  state.set_size_bytes(split.size_bytes);
  state.set_position(split.position);
  state.set_max_event_time(split.max_event_time);
  return state;
}

Split ToSplit(const proto::SplitState& state) {
  return {state.id(), state.payload(), state.size_bytes(), state.position(),
          state.max_event_time()};
}

}  // namespace flinkc
