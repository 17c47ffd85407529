// What an accumulator of a stored row gives: count, sum, avg, min and max by the product's own
// kernels. Of other aggregates the bytes are not looked into: their kernels trust what generated
// code wrote, and these come from a file.
#pragma once

#include <string>
#include <vector>

#include "compiler/expression/function_registry.h"
#include "runtime/abi/native_symbol.h"
#include "runtime/graph/state_schema.h"

namespace flinkc {

class AccumulatorResult {
 public:
  // Finds the kernel; one that is not known, or lays its state out otherwise, is none.
  AccumulatorResult(const FunctionRegistry& registry, const std::vector<NativeSymbol>& kernels,
                    const StateSchema::Accumulator& accumulator);

  // The result of the accumulator in `row` as JSON; without a kernel an object that says what it is
  // and how large.
  std::string Json(const char* row) const;

 private:
  std::string Opaque(const char* row) const;

  const StateSchema::Accumulator& accumulator_;
  NativeSymbol kernel_;  // without a thunk: none
  std::vector<int64_t> immediates_;
  bool divides_ = false;
  bool extreme_ = false;
};

}  // namespace flinkc
