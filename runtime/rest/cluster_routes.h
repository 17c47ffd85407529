// The routes about the cluster and its jobs; those about checkpoints are in checkpoint_routes.h.
// Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> ClusterRoutes();

}  // namespace flinkc
