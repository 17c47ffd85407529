// The routes about checkpoints, savepoints and stopping. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> CheckpointRoutes();

}  // namespace flinkc
