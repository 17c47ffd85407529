#include "compiler/diagnostics/renderer.h"

#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/display_text.h"
#include "compiler/diagnostics/text_renderer.h"

namespace flinkc {

namespace {

using Json = nlohmann::ordered_json;

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "";
}

size_t CountWarnings(const DiagnosticLog& log) {
  size_t count = 0;
  for (const Diagnostic& diagnostic : log.diagnostics()) {
    count += diagnostic.severity == Severity::kWarning;
  }
  return count;
}

std::string Plural(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The label belongs to what the message says where there are no carets to stand beside.
std::string FullMessage(const Diagnostic& diagnostic) {
  std::string message = CleanText(diagnostic.message);
  if (!diagnostic.label.empty()) message += ": " + CleanText(diagnostic.label);
  return message;
}

std::string RenderAllText(const DiagnosticLog& log, bool color) {
  std::string out;
  std::vector<Diagnostic> sorted = log.Sorted();
  size_t errors_shown = 0;
  for (const Diagnostic& diagnostic : sorted) {
    if (!out.empty()) out += "\n";
    out += RenderText(diagnostic, color);
    errors_shown += diagnostic.severity == Severity::kError;
  }
  size_t warnings = CountWarnings(log);
  bool has_more =
      errors_shown == DiagnosticLog::kMaxErrorsShown && log.error_count() > errors_shown;
  if (sorted.size() <= 1 && !has_more) return out;
  std::string counts;
  if (errors_shown > 0) counts = Plural(has_more ? log.error_count() : errors_shown, "error");
  if (warnings > 0) counts += (counts.empty() ? "" : ", ") + Plural(warnings, "warning");
  if (has_more) counts += fmt::format(" (the first {} errors are shown)", errors_shown);
  if (!counts.empty()) out += "\n" + counts + "\n";
  return out;
}

Json JsonPlace(const SourceSpan& span) {
  if (!span.is_valid()) return nullptr;
  LineColumn begin = span.buffer->Locate(span.begin);
  LineColumn end = span.buffer->Locate(span.end);
  return {{"file", span.buffer->name()},
          {"start", {{"line", begin.line}, {"column", begin.column}}},
          {"end", {{"line", end.line}, {"column", end.column}}}};
}

std::string RenderJson(const DiagnosticLog& log) {
  Json list = Json::array();
  for (const Diagnostic& diagnostic : log.Sorted()) {
    Json labels = Json::array();
    for (const DiagnosticLabel& label : diagnostic.labels) {
      labels.push_back({{"place", JsonPlace(label.span)}, {"text", label.text}});
    }
    list.push_back({{"code", Info(diagnostic.code).number},
                    {"severity", SeverityName(diagnostic.severity)},
                    {"message", diagnostic.message},
                    {"place", JsonPlace(diagnostic.span)},
                    {"label", diagnostic.label},
                    {"labels", std::move(labels)},
                    {"help", diagnostic.help}});
  }
  return Dump({{"diagnostics", std::move(list)},
               {"errors", log.error_count()},
               {"warnings", CountWarnings(log)}});
}

// --- SARIF 2.1.0 ---

Json SarifLocation(const SourceSpan& span, std::string_view text) {
  LineColumn begin = span.buffer->Locate(span.begin);
  LineColumn end = span.buffer->Locate(span.end);
  Json location = {{"physicalLocation",
                    {{"artifactLocation", {{"uri", span.buffer->name()}}},
                     {"region",
                      {{"startLine", begin.line},
                       {"startColumn", begin.column},
                       {"endLine", end.line},
                       {"endColumn", end.column}}}}}};
  if (!text.empty()) location["message"] = {{"text", text}};
  return location;
}

std::string RenderSarif(const DiagnosticLog& log) {
  Json rules = Json::array();
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    rules.push_back({{"id", info.number},
                     {"name", info.name},
                     {"shortDescription", {{"text", info.title}}},
                     {"defaultConfiguration", {{"level", SeverityName(info.severity)}}}});
  }
  Json results = Json::array();
  for (const Diagnostic& diagnostic : log.Sorted()) {
    std::string message = FullMessage(diagnostic);
    for (const std::string& help : diagnostic.help) message += "\n" + CleanText(help);
    Json result = {{"ruleId", Info(diagnostic.code).number},
                   {"ruleIndex", static_cast<size_t>(diagnostic.code)},
                   {"level", SeverityName(diagnostic.severity)},
                   {"message", {{"text", message}}}};
    if (diagnostic.span.is_valid()) {
      result["locations"] = Json::array({SarifLocation(diagnostic.span, "")});
    }
    Json related = Json::array();
    for (const DiagnosticLabel& label : diagnostic.labels) {
      if (label.span.is_valid()) related.push_back(SarifLocation(label.span, label.text));
    }
    if (!related.empty()) result["relatedLocations"] = std::move(related);
    results.push_back(std::move(result));
  }
  Json run = {{"tool", {{"driver", {{"name", "flinkc"}, {"rules", std::move(rules)}}}}},
              {"columnKind", "unicodeCodePoints"},
              {"results", std::move(results)}};
  return Dump({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
               {"version", "2.1.0"},
               {"runs", Json::array({std::move(run)})}});
}

// --- GitHub's workflow commands ---

// '%' and line ends would end the command; in a property also ':' and ','.
std::string EscapeCommand(std::string_view text, bool is_property) {
  std::string escaped;
  for (char c : text) {
    bool special = c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','));
    if (special) {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string RenderGithub(const DiagnosticLog& log) {
  std::string out;
  for (const Diagnostic& diagnostic : log.Sorted()) {
    // GitHub calls a note "notice".
    std::string_view level =
        diagnostic.severity == Severity::kNote ? "notice" : SeverityName(diagnostic.severity);
    out += fmt::format("::{} ", level);
    if (diagnostic.span.is_valid()) {
      const SourceBuffer& buffer = *diagnostic.span.buffer;
      LineColumn begin = buffer.Locate(diagnostic.span.begin);
      LineColumn end = buffer.Locate(diagnostic.span.end);
      out += fmt::format("file={},line={},endLine={},",
                         EscapeCommand(CleanText(buffer.name()), true), begin.line, end.line);
      // Columns are allowed on one line only.
      if (begin.line == end.line)
        out += fmt::format("col={},endColumn={},", begin.column, end.column);
    }
    std::string message = FullMessage(diagnostic);
    for (const std::string& help : diagnostic.help) message += "\n" + CleanText(help);
    out +=
        fmt::format("title={}::{}\n", Info(diagnostic.code).number, EscapeCommand(message, false));
  }
  return out;
}

}  // namespace

std::optional<DiagnosticFormat> ParseDiagnosticFormat(std::string_view name) {
  if (name == "text") return DiagnosticFormat::kText;
  if (name == "json") return DiagnosticFormat::kJson;
  if (name == "sarif") return DiagnosticFormat::kSarif;
  if (name == "github") return DiagnosticFormat::kGithub;
  return std::nullopt;
}

std::string RenderDiagnostics(const DiagnosticLog& log, const RenderOptions& options) {
  switch (options.format) {
    case DiagnosticFormat::kText:
      return RenderAllText(log, options.color);
    case DiagnosticFormat::kJson:
      return RenderJson(log);
    case DiagnosticFormat::kSarif:
      return RenderSarif(log);
    case DiagnosticFormat::kGithub:
      return RenderGithub(log);
  }
  return "";
}

}  // namespace flinkc
