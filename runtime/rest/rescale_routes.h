// The routes about how a job came to its parallelism. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> RescaleRoutes();

}  // namespace flinkc
