// The routes about the parallelism that a job may run with. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> RequirementRoutes();

}  // namespace flinkc
