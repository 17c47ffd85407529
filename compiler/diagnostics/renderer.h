// Diagnostics as a person or a tool reads them: text with the lines they point at
// (docs/language.md section 4), JSON, SARIF 2.1.0 for code scanners, and GitHub's workflow
// commands. Whatever the spec holds, the output is valid UTF-8 without control characters of its
// own making.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/diagnostics/diagnostic.h"

namespace flinkc {

enum class DiagnosticFormat : uint8_t { kText, kJson, kSarif, kGithub };

// "text", "json", "sarif", "github".
std::optional<DiagnosticFormat> ParseDiagnosticFormat(std::string_view name);

struct RenderOptions {
  DiagnosticFormat format = DiagnosticFormat::kText;
  bool color = false;  // ANSI colours; text only
};

// All of `log`, sorted, and for text a last line that counts. "" for an empty log as text or
// GitHub's commands; JSON and SARIF are always one document.
std::string RenderDiagnostics(const DiagnosticLog& log, const RenderOptions& options);

}  // namespace flinkc
