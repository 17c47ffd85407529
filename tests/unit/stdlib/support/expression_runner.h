// Evaluates an expression without columns through checker and lowering, by the interpreter and as
// machine code.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/codegen/symbol_table.h"
#include "compiler/expression/expr.h"
#include "compiler/expression/function_registry.h"
#include "compiler/jit/jit_compiler.h"
#include "runtime/abi/chain_context.h"
#include "runtime/operator/output_arena.h"
#include "runtime/state/slab_heap.h"

namespace flinkc {

// The standard functions and everything that generated code may call.
class StandardLibrary {
 public:
  StandardLibrary();

  const FunctionRegistry& registry() const { return registry_; }
  const SymbolTable& symbols() const { return symbols_; }

 private:
  FunctionRegistry registry_;
  SymbolTable symbols_;
};

// What a task gives to a chain's kernels. The clock stands at 2020-02-29 12:34:56.789012 UTC.
struct RunContext {
  RunContext() { chain.kernel.now_micros = 1582979696789012; }

  ChainContext chain{};
  OutputArena arena{&chain.kernel, nullptr};
  // The modules that were run: a result may be a view of their literals.
  std::vector<std::shared_ptr<const void>> modules;
};

// Room for a value of any physical type.
struct alignas(16) ValueBytes {
  char bytes[16] = {};
};

struct EvaluatedValue {
  int32_t status = 0;  // a RowStatus
  ValueBytes bytes;
};

// As CAST(… AS STRING) prints the value; "NULL"; "error: CODE".
std::string DescribeValue(const EvaluatedValue& value, const DataType& type);

class ExpressionRunner {
 public:
  explicit ExpressionRunner(const StandardLibrary& library) : library_(library) {}

  // The checked expression, or nullptr and what was reported in `error`.
  ExprPtr Check(std::string_view text, std::string* error) const;

  // By the interpreter; text lives as long as the context.
  EvaluatedValue Evaluate(const Expr& expr, RunContext* context) const;

  // As DescribeValue; "check: …" if it does not check.
  std::string Interpret(std::string_view text) const;
  // The same of each, as machine code.
  std::vector<std::string> Compile(const std::vector<std::string_view>& texts) const;

 private:
  const StandardLibrary& library_;
};

}  // namespace flinkc
