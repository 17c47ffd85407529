// How much memory a job may use when its spec does not say.
#pragma once

#include <cstddef>

namespace flinkc {

// Three quarters of what the control group allows, or else of the machine's memory; 0 if neither
// can be found out.
size_t DefaultMemoryLimitBytes();

}  // namespace flinkc
