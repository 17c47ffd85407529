// What a constant expression is worth. The checker asks for it where a function wants a constant
// argument, the optimizer to fold. Implemented on the interpreter and injected, so that this folder
// knows nothing of lowering.
#pragma once

#include <optional>

#include "compiler/expression/expr.h"
#include "runtime/data/value.h"

namespace flinkc {

class ConstantEvaluator {
 public:
  virtual ~ConstantEvaluator() = default;

  // The value of `expr`, which reads no column and no clock. nullopt: it fails, so it must be left
  // to fail where it stands.
  virtual std::optional<Value> Evaluate(const Expr& expr) const = 0;
};

}  // namespace flinkc
