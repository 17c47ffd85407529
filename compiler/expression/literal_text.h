// Literals as SQL text, for printing expressions: 'it''s', 0.908, DATE '2020-02-29',
// INTERVAL '5' MINUTE. And names as an expression must write them.
#pragma once

#include <string>
#include <string_view>

#include "runtime/data/data_type.h"
#include "runtime/data/value.h"

namespace flinkc {

// `value` of type `type` as a literal that reads back as the same value.
std::string LiteralText(const Value& value, const DataType& type);

// `name`, in backticks where it is no plain identifier or a reserved word.
std::string IdentifierText(std::string_view name);

// Whether an expression cannot use `word` (any case) as a plain column name.
bool IsReservedWord(std::string_view word);

}  // namespace flinkc
