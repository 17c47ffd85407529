// `{revenue: coalesce(sum(amount), 0)}`: YAML ends the value at the comma and makes a key `0)` of
// the rest. What such a list or map says is not what its writer meant, so it is found and told.
#pragma once

#include <cstddef>
#include <string_view>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/spec/yaml_tree.h"

namespace flinkc {

// Reports each plain text in the flow list or map `node` that a comma cut within its parentheses,
// marks it invalid and takes its other parts out of `node`.
void RepairCutText(std::string_view source, YamlNode& node, DiagnosticLog& log);

// `filter: 'a' = b`: YAML ends the value at its second quote. The column (from 0) in `line` of what
// stands behind a quoted value and cannot stand there, or npos.
size_t FindTextAfterQuote(std::string_view line);

}  // namespace flinkc
