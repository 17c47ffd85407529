// The routes about jobs: all of them, and one as a whole. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> JobRoutes();

}  // namespace flinkc
