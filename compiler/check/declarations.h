// What a spec declares for its expressions: types, parameters, functions.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// Fills CheckState::types, parameters and macros.
void CheckDeclarations(CheckState& state);

// False, reported, if `name` is that of a hidden column, which no other may have.
bool IsFreeColumnName(CheckState& state, const std::string& name, SourceSpan span);

// The columns of a `schema:`; nullopt with errors reported.
std::optional<Schema> CheckSchema(CheckState& state, const SchemaSpec& schema);
// The columns of `types:` or `schema:`; an error where a name stands twice or is reserved.
std::optional<Schema> CheckColumns(CheckState& state, const std::vector<ColumnSpec>& columns);

}  // namespace flinkc::check
