// Values of constant expressions, computed by the very code that a chain would run: lowered, then
// interpreted or compiled. Folds constants, and runs the examples of function records.
#pragma once

#include "compiler/codegen/symbol_table.h"
#include "compiler/expression/constant_evaluator.h"
#include "compiler/jit/jit_compiler.h"
#include "runtime/abi/row_error.h"

namespace flinkc {

class ExpressionEvaluator final : public ConstantEvaluator {
 public:
  // Both must outlive the evaluator. `jit` == nullptr: expressions are interpreted.
  explicit ExpressionEvaluator(const SymbolTable* symbols, JitCompiler* jit = nullptr)
      : symbols_(symbols), jit_(jit) {}

  std::optional<Value> Evaluate(const Expr& expr) const override;

  struct Outcome {
    RowStatus status = RowStatus::kOk;  // kOk, kNull (value is NULL), or why it failed
    Value value;
  };
  // Also of failing expressions. `now_micros` is what clock functions read.
  Result<Outcome> Run(const Expr& expr, int64_t now_micros = 0) const;

 private:
  const SymbolTable* symbols_;
  JitCompiler* jit_;
};

}  // namespace flinkc
