#include "compiler/diagnostics/diagnostic.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace flinkc {

namespace {

constexpr DiagnosticInfo kInfos[] = {
#define FLINKC_DIAGNOSTIC(number, severity, name, title) \
  {DiagnosticCode::k##name, number, Severity::severity, #name, title},
#include "compiler/diagnostics/codes.def"
#undef FLINKC_DIAGNOSTIC
};

// A message that quotes a name of a megabyte helps nobody.
constexpr size_t kMaxMessageLength = 400;

void Abbreviate(std::string& message) {
  if (message.size() <= kMaxMessageLength) return;
  size_t end = kMaxMessageLength;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
  message.resize(end);
  message += "…";
}

}  // namespace

const DiagnosticInfo& Info(DiagnosticCode code) { return kInfos[static_cast<size_t>(code)]; }

std::span<const DiagnosticInfo> AllDiagnostics() { return kInfos; }

std::optional<DiagnosticCode> FindDiagnostic(std::string_view number) {
  for (const DiagnosticInfo& info : kInfos) {
    if (info.number == number) return info.code;
  }
  return std::nullopt;
}

Diagnostic& DiagnosticLog::Report(DiagnosticCode code, SourceSpan span, std::string message) {
  Severity severity = Info(code).severity;
  if (severity == Severity::kError) ++error_count_;
  Abbreviate(message);
  Diagnostic diagnostic{code, severity, std::move(message), span, {}, {}, {}};
  if (diagnostics_.size() >= kMaxKept) return not_kept_ = std::move(diagnostic);
  return diagnostics_.emplace_back(std::move(diagnostic));
}

std::vector<Diagnostic> DiagnosticLog::Sorted() const {
  // Files come in the order in which they were first reported on; what has no place comes first.
  std::map<const SourceBuffer*, size_t> file_order = {{nullptr, 0}};
  for (const Diagnostic& diagnostic : diagnostics_) {
    file_order.try_emplace(diagnostic.span.buffer, file_order.size());
  }
  // At one place the order of the reports holds, which has causes before what follows from them.
  // (std::stable_sort of libstdc++ 12 is deprecated to clang 19.)
  std::vector<std::tuple<size_t, uint32_t, size_t>> order;
  order.reserve(diagnostics_.size());
  for (size_t i = 0; i < diagnostics_.size(); ++i) {
    const SourceSpan& span = diagnostics_[i].span;
    order.emplace_back(file_order.at(span.buffer), span.begin, i);
  }
  std::sort(order.begin(), order.end());

  std::vector<Diagnostic> sorted;
  std::set<std::tuple<DiagnosticCode, const SourceBuffer*, uint32_t, uint32_t, std::string_view>>
      seen;
  size_t errors = 0;
  for (const auto& [file, position, index] : order) {
    const Diagnostic* diagnostic = &diagnostics_[index];
    const SourceSpan& span = diagnostic->span;
    std::string_view message = span.is_valid() ? std::string_view() : diagnostic->message;
    if (!seen.emplace(diagnostic->code, span.buffer, span.begin, span.end, message).second) {
      continue;
    }
    if (diagnostic->severity == Severity::kError && ++errors > kMaxErrorsShown) continue;
    sorted.push_back(*diagnostic);
  }
  return sorted;
}

}  // namespace flinkc
