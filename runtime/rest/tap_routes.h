// The routes by which users look at the rows of a stream while its job runs. Part of the
// RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> TapRoutes();

}  // namespace flinkc
