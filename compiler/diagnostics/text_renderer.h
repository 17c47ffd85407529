// Diagnostics as text for a person: the lines of docs/language.md section 4. Used by
// renderer.cpp.
#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace flinkc {

// One diagnostic with its source lines, ended by a line end.
std::string RenderText(const Diagnostic& diagnostic, bool color);

}  // namespace flinkc
