// Connectors, formats and their options against the records of what there is.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// Whether the errors of `problems` were none; each is reported at the option that it is about.
bool ReportOptionProblems(CheckState& state, const OptionProblems& problems,
                          const std::string& owner, std::span<const OptionRecord> records,
                          const OptionEntries& options, SourceSpan owner_span);

struct CheckedOptions {
  OptionMap options;
  bool valid = false;
};
// `owner` is "connector `file`".
CheckedOptions CheckOptionEntries(CheckState& state, const std::string& owner,
                                  std::span<const OptionRecord> records,
                                  const OptionEntries& entries, SourceSpan owner_span);

// nullptr with an error reported, which suggests a name.
const ConnectorRecord* FindConnector(CheckState& state, const SourceText& name, bool is_source);

// The format of a source or sink.
struct CheckedFormat {
  bool valid = false;
  const FormatRecord* record = nullptr;  // nullptr: none, and none is needed
  OptionMap options;
};
CheckedFormat CheckFormat(CheckState& state, const SourceText& connector, FormatUse use,
                          const std::optional<FormatSpec>& format, bool is_source);

// Whether the format can hold every column; `span` is where the columns come from.
bool CheckFormatTypes(CheckState& state, const FormatRecord& format, const Schema& schema,
                      SourceSpan span);

}  // namespace flinkc::check
