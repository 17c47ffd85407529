// The routes about TaskManagers. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> TaskManagerRoutes();

}  // namespace flinkc
