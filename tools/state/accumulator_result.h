// What an accumulator of a stored row gives, by the product's own kernels. They trust what
// generated code wrote, and these bytes come from a file: what a kernel relies on is checked first.
// Not shown are nested values, and percentiles, whose share only the spec has.
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

  // The result of the accumulator in `row` as JSON; where none can be had an object that says what
  // it is and how large.
  std::string Json(const char* row) const;

 private:
  std::string Opaque(const char* row) const;

  const StateSchema::Accumulator& accumulator_;
  NativeSymbol kernel_;  // without a thunk: none
  std::vector<int64_t> immediates_;
  // Whether the kernel may be given this state.
  bool (*is_sound_)(const StateSchema::Accumulator& accumulator, const char* state) = nullptr;
};

}  // namespace flinkc
