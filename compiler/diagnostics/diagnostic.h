// What the compiler says about a spec. Every phase reports into a DiagnosticLog and goes on; the
// driver shows all of them, sorted, with the lines they point at (renderer.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/source_buffer.h"

namespace flinkc {

enum class Severity : uint8_t { kError, kWarning, kNote };

// One enumerator for each line of codes.def: DiagnosticCode::kUnknownColumn is E0302.
enum class DiagnosticCode : uint16_t {
#define FLINKC_DIAGNOSTIC(number, severity, name, title) k##name,
#include "compiler/diagnostics/codes.def"
#undef FLINKC_DIAGNOSTIC
};

struct DiagnosticInfo {
  DiagnosticCode code;
  std::string_view number;  // "E0302"
  Severity severity;
  std::string_view name;   // "UnknownColumn"
  std::string_view title;  // one line, for lists and for SARIF
};

const DiagnosticInfo& Info(DiagnosticCode code);
// All codes in the order of codes.def.
std::span<const DiagnosticInfo> AllDiagnostics();
// The code with this number ("E0302"), if there is one.
std::optional<DiagnosticCode> FindDiagnostic(std::string_view number);

struct DiagnosticLabel {
  SourceSpan span;
  std::string text;
};

struct Diagnostic {
  DiagnosticCode code = {};
  Severity severity = Severity::kError;
  std::string message;                  // "unknown column `amuont` in stream `orders`"
  SourceSpan span;                      // what the carets underline
  std::string label;                    // beside the carets: "did you mean `amount`?"
  std::vector<DiagnosticLabel> labels;  // other places that explain it
  std::vector<std::string> help;        // how to mend it; one line each

  Diagnostic& Label(std::string text) {
    label = std::move(text);
    return *this;
  }
  Diagnostic& Also(SourceSpan place, std::string text) {
    labels.push_back({place, std::move(text)});
    return *this;
  }
  Diagnostic& Help(std::string text) {
    help.push_back(std::move(text));
    return *this;
  }
};

// Collects what all phases report. One thread.
class DiagnosticLog {
 public:
  static constexpr size_t kMaxErrorsShown = 50;
  // More are only counted: a hostile file must not fill the memory with complaints.
  static constexpr size_t kMaxKept = 1000;

  // The reference holds until the next Report.
  Diagnostic& Report(DiagnosticCode code, SourceSpan span, std::string message);

  bool has_errors() const { return error_count_ > 0; }
  size_t error_count() const { return error_count_; }
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  // In the order a person reads: by file and position, the causes before what follows from them;
  // the same code at the same place only once; at most kMaxErrorsShown errors.
  std::vector<Diagnostic> Sorted() const;

 private:
  std::vector<Diagnostic> diagnostics_;
  Diagnostic not_kept_;
  size_t error_count_ = 0;
};

// The candidate nearest to `name` by edit distance, or "" if none is near enough to be meant.
std::string_view Suggest(std::string_view name, const std::vector<std::string_view>& candidates);
// " did you mean `x`?" or "".
std::string SuggestText(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace flinkc
