// The routes that give numbers: by name, aggregated, and all of them for Prometheus. Part of the
// RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> MetricsRoutes();

}  // namespace flinkc
