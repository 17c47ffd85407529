// A variable of a loop program for a value that is set on several ways.
#pragma once

#include <optional>

#include "compiler/codegen/function_builder.h"
#include "compiler/lower/lowered_value.h"
#include "compiler/lower/value_access.h"
#include "runtime/data/data_type.h"

namespace flinkc {

struct ValueVariable {
  LoopVariable payload;
  std::optional<LoopVariable> valid;

  // Starts as NULL; `nullable`: keeps a validity.
  ValueVariable(FunctionBuilder& fn, const DataType& type, bool nullable) {
    const LoweredValue null = LoadNull(fn, type);
    payload = fn.DeclareVariable("value", null.payload);
    if (nullable) valid = fn.DeclareVariable("valid", *null.valid);
  }
  void Set(FunctionBuilder& fn, const LoweredValue& value) const {
    fn.Set(payload, value.payload);
    if (valid.has_value()) fn.Set(*valid, ValidOrTrue(fn, value));
  }
  LoweredValue Get(FunctionBuilder& fn) const {
    LoweredValue value{fn.Get(payload), std::nullopt};
    if (valid.has_value()) value.valid = fn.Get(*valid);
    return value;
  }
};

}  // namespace flinkc
