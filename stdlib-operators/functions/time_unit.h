// Units of time as expressions name them: YEAR, DAYS, MILLISECOND.
#pragma once

#include <optional>

#include "compiler/expression/function_record.h"
#include "stdlib-operators/kernels/temporal.h"

namespace flinkc {

// The unit that a literal argument names; nullopt: it is no literal or no unit.
std::optional<TimeUnit> UnitOf(const ArgumentInfo& argument);

// HOUR and below: what a DATE does not have.
bool IsUnitOfTime(TimeUnit unit);

}  // namespace flinkc
