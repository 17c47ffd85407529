// The routes about the cluster as a whole and its JobManager. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> ClusterRoutes();

}  // namespace flinkc
