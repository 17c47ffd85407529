#include "tests/unit/compiler/spec/parsed_spec.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace flinkc {

Parsed::Parsed(std::string text, ParseOptions options) : buffer("test.yaml", std::move(text)) {
  spec = ParseSpec(buffer, options, log);
}

std::string Covered(const SourceSpan& span) {
  if (!span.is_valid()) return "";
  return std::string(span.buffer->text().substr(span.begin, span.end - span.begin));
}

std::vector<std::string> Reports(const DiagnosticLog& log) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : log.Sorted()) {
    std::string place = "-";
    if (diagnostic.span.is_valid()) {
      LineColumn at = diagnostic.span.buffer->Locate(diagnostic.span.begin);
      place = fmt::format("{}:{} `{}`", at.line, at.column, Covered(diagnostic.span));
    }
    lines.push_back(
        fmt::format("{} {}: {}", Info(diagnostic.code).number, place, diagnostic.message));
  }
  return lines;
}

std::vector<std::string> Parsed::reports() const { return Reports(log); }

const StreamSpec& Parsed::stream(std::string_view name) const {
  static const StreamSpec none;
  if (spec) {
    for (const StreamSpec& stream : spec->streams) {
      if (stream.name.value == name) return stream;
    }
  }
  ADD_FAILURE() << "no stream " << name;
  return none;
}

std::string WithStreams(std::string_view streams) {
  return fmt::format(
      "flinkc: 1\nsources: {{a: {{connector: datagen}}}}\n"
      "sinks: {{o: {{from: s, connector: console}}}}\nstreams:\n{}",
      streams);
}

}  // namespace flinkc
