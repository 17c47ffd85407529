// SQL values and rows as the generated loop holds them: in loop values, not in memory.
#pragma once

#include <optional>
#include <vector>

#include "compiler/codegen/loop_program.h"
#include "runtime/data/data_type.h"

namespace flinkc {

// One SQL value. `payload` is
//   - the number itself for types of up to 64 bits (BOOLEAN as kI1),
//   - the address of an Int128 with the unscaled value for every DECIMAL,
//   - the address of a StringValue for STRING, BYTES and nested types.
// An address may always be read, also when the value is NULL.
struct LoweredValue {
  LoopValue payload;
  // kI1: not NULL. Nothing: it never is.
  std::optional<LoopValue> valid;
};

struct LoweredRow {
  std::vector<LoweredValue> columns;
  // kI8, a RowKind, on updating streams.
  std::optional<LoopValue> kind;
};

// The type of a payload.
ValueType PayloadType(const DataType& type);

}  // namespace flinkc
