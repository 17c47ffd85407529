// The native operators that jobs are made of, one folder each: the factory for the runtime.
#pragma once

#include <memory>

#include "runtime/operator/native_operator.h"

namespace flinkc {

// Of the kind that context.layout->descriptor says. An OperatorFactory.
Result<std::unique_ptr<NativeOperator>> MakeStdOperator(OperatorContext context);

}  // namespace flinkc
