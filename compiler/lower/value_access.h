// Loads and stores of SQL values: columns of batches, fields of state rows, constants.
#pragma once

#include "compiler/codegen/function_builder.h"
#include "compiler/lower/lowered_value.h"
#include "runtime/data/value.h"

namespace flinkc {

// The value at `address`, which holds `type` in its physical form. `aligned`: the address has the
// physical type's natural alignment (columns have, state rows may not).
LoopValue LoadPayload(FunctionBuilder& fn, const DataType& type, LoopValue address, bool aligned);

// Writes the payload in the physical form of `type`.
void StorePayload(FunctionBuilder& fn, const DataType& type, LoopValue payload, LoopValue address);

// Element `row` of a column. `validity` is the address of the bitmap, or nothing for NOT NULL.
LoweredValue LoadColumn(FunctionBuilder& fn, const DataType& type, LoopValue values,
                        std::optional<LoopValue> validity, LoopValue row);

// A constant.
LoweredValue LoadLiteral(FunctionBuilder& fn, const DataType& type, const Value& value);

// NULL of a type: a payload that may be read, and `valid` = false.
LoweredValue LoadNull(FunctionBuilder& fn, const DataType& type);

// kI1: true where the value is not NULL.
LoopValue ValidOrTrue(FunctionBuilder& fn, const LoweredValue& value);

// kI1: both values are NULL, or neither is and they have the same bits.
LoopValue SameValue(FunctionBuilder& fn, const DataType& type, const LoweredValue& a,
                    const LoweredValue& b);

// kI64: the hash of one key column (runtime/abi/hash.h).
LoopValue HashValue(FunctionBuilder& fn, const DataType& type, const LoweredValue& value);

// kI64: the hash of several key columns together.
LoopValue HashKey(FunctionBuilder& fn, const std::vector<DataType>& types,
                  const std::vector<LoweredValue>& values);

}  // namespace flinkc
