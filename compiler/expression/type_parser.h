// Types as text: "DECIMAL(12, 2) NOT NULL", "ARRAY<ROW<a INT, b STRING>>". expression_checker.h has
// the door for specs, ParseType.
#pragma once

#include <optional>

#include "compiler/expression/token_stream.h"
#include "runtime/data/data_type.h"

namespace flinkc {

// A type that starts at the next token; nullopt with an error reported. `allow_not_null`: whether
// NOT NULL may follow the outermost type (not in CAST).
std::optional<DataType> ParseTypeTokens(TokenStream& tokens, bool allow_not_null);

}  // namespace flinkc
