// Parses a spec given as text and gives what was reported as short lines, for exact comparison.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "compiler/spec/job_spec.h"
#include "compiler/spec/parse_spec.h"

namespace flinkc {

struct Parsed {
  explicit Parsed(std::string text, ParseOptions options = {});

  // Each report, sorted, as "E0201 3:5 `underlined`: message".
  std::vector<std::string> reports() const;
  const StreamSpec& stream(std::string_view name) const;

  SourceBuffer buffer;
  DiagnosticLog log;
  std::optional<JobSpec> spec;
};

// The reports of a log, as above.
std::vector<std::string> Reports(const DiagnosticLog& log);

// What `span` covers.
std::string Covered(const SourceSpan& span);

// A spec that is whole but for `streams`, whose text starts on line 5.
std::string WithStreams(std::string_view streams);

}  // namespace flinkc
