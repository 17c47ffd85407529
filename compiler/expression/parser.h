// The grammar of expressions: text to syntax tree, by precedence (precedence.h). No recursion is
// deeper than kSyntaxDepthMax, whatever the text.
#pragma once

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/expression/syntax.h"
#include "compiler/source/source_buffer.h"

namespace flinkc {

// nullptr with one error reported where the text is no expression.
SyntaxPtr ParseSyntax(const SourceText& text, DiagnosticLog& log);

}  // namespace flinkc
