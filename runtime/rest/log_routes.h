// The routes to what the processes of the cluster have said last. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> LogRoutes();

}  // namespace flinkc
