// `${param}` in the leaves of the tree. The file's text is never touched, so a parameter's value
// cannot become a key, a list or another parameter.
#pragma once

#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "compiler/spec/job_spec.h"

namespace flinkc {

// True if `text` holds a `${` that is not escaped.
bool HasSubstitution(std::string_view text);

// `text` with each `${name}` replaced by the value of that parameter and each `\${` by `${`. Bytes
// of a value stand, for messages, at their `${name}`. Nothing is substituted within a value. An
// unknown name or a `${` without a name and `}` is reported, and counted in `problems`.
SourceText Substitute(const SourceText& text, const std::vector<ParamSpec>& params,
                      DiagnosticLog& log, size_t& problems);

}  // namespace flinkc
