// The pages of docs/diagnostics, which `flinkc explain-code` prints: what a code means, a spec that
// triggers it, and how to mend it. The build embeds them.
#pragma once

#include <string_view>

#include "compiler/diagnostics/diagnostic.h"

namespace flinkc {

// The page of `code` as Markdown, or "" if docs/diagnostics has none.
std::string_view ExplainPage(DiagnosticCode code);

}  // namespace flinkc
