// StateSchema (runtime/graph) as it stands in a checkpoint, and back. Reading trusts nothing.
#pragma once

#include <optional>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/graph/state_schema.h"

namespace flinkc {

struct StoredStateSchema {
  StateSchema schema;
  std::optional<WindowLayout> window;
};

proto::StateSchema ToProto(const StateSchema& schema, const std::optional<WindowLayout>& window);
// kCorrupt: fields that overlap or lie outside of the row, types that do not fit.
Result<StoredStateSchema> FromProto(const proto::StateSchema& message);

}  // namespace flinkc
