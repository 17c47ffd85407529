#include "compiler/check/options.h"

#include <fmt/format.h>

namespace flinkc::check {

namespace {

// Where option `name` stands: its value or its key; the whole owner where it is missing.
SourceSpan PlaceOf(const std::vector<FlatOption>& flat, const std::string& name, bool value) {
  for (const FlatOption& option : flat) {
    if (option.name == name) return value ? option.value_span : option.name_span;
  }
  // A list's problem may name the list as a whole.
  for (const FlatOption& option : flat) {
    if (option.name.starts_with(name + ".")) return option.name_span;
  }
  return {};
}

DiagnosticCode CodeOf(OptionProblemKind kind) {
  switch (kind) {
    case OptionProblemKind::kUnknown:
      return DiagnosticCode::kUnknownOption;
    case OptionProblemKind::kMissing:
      return DiagnosticCode::kMissingOption;
    case OptionProblemKind::kInvalidValue:
      return DiagnosticCode::kInvalidOptionValue;
    case OptionProblemKind::kUnsupported:
      return DiagnosticCode::kUnsupportedOption;
  }
  return DiagnosticCode::kInvalidOptionValue;
}

}  // namespace

bool ReportOptionProblems(CheckState& state, const OptionProblems& problems,
                          const std::string& owner, std::span<const OptionRecord> records,
                          const OptionEntries& options, SourceSpan owner_span) {
  std::vector<FlatOption> flat = FlattenOptions(options);
  for (const OptionProblem& problem : problems) {
    SourceSpan span =
        PlaceOf(flat, problem.option, problem.kind == OptionProblemKind::kInvalidValue);
    if (!span.is_valid()) span = owner_span;
    Diagnostic& diagnostic =
        state.log.Report(CodeOf(problem.kind), span, fmt::format("{}: {}", owner, problem.message));
    if (problem.kind == OptionProblemKind::kUnknown) {
      std::vector<std::string_view> names;
      for (const OptionRecord& record : records) names.push_back(record.name);
      diagnostic.Label(SuggestText(problem.option, names));
    }
    if (!problem.help.empty()) diagnostic.Help(problem.help);
  }
  return problems.empty();
}

CheckedOptions CheckOptionEntries(CheckState& state, const std::string& owner,
                                  std::span<const OptionRecord> records,
                                  const OptionEntries& entries, SourceSpan owner_span) {
  CheckedOptions checked;
  for (FlatOption& option : FlattenOptions(entries)) {
    checked.options[option.name] = std::move(option.value);
  }
  checked.valid = ReportOptionProblems(state, CheckOptions(records, checked.options), owner,
                                       records, entries, owner_span);
  return checked;
}

const ConnectorRecord* FindConnector(CheckState& state, const SourceText& name, bool is_source) {
  const ConnectorRecord* record = FindConnectorRecord(*state.context.connectors, name.value);
  const char* side = is_source ? "source" : "sink";
  if (record == nullptr) {
    std::vector<std::string_view> names;
    for (const ConnectorRecord& known : *state.context.connectors) {
      if (is_source ? known.source.declared : known.sink.declared) names.push_back(known.name);
    }
    state.log
        .Report(DiagnosticCode::kUnknownConnector, name.span,
                fmt::format("there is no connector `{}`", name.value))
        .Label(SuggestText(name.value, names))
        .Help("`flinkc connectors` lists them");
    return nullptr;
  }
  if (is_source ? record->source.declared : record->sink.declared) return record;
  state.log.Report(DiagnosticCode::kConnectorHasNoSuchSide, name.span,
                   fmt::format("connector `{}` cannot be used as a {}", name.value, side));
  return nullptr;
}

CheckedFormat CheckFormat(CheckState& state, const SourceText& connector, FormatUse use,
                          const std::optional<FormatSpec>& format, bool is_source) {
  CheckedFormat checked;
  if (!format) {
    checked.valid = use != FormatUse::kRequired;
    if (!checked.valid) {
      state.log
          .Report(DiagnosticCode::kFormatRequired, connector.span,
                  fmt::format("connector `{}` needs a `format`", connector.value))
          .Help("such as `format: json`; `flinkc connectors` lists the formats");
    }
    return checked;
  }
  if (use == FormatUse::kNone) {
    state.log.Report(DiagnosticCode::kFormatNotAllowed, format->span,
                     fmt::format("connector `{}` takes no format", connector.value));
    return checked;
  }
  const std::string& name = format->name.value;
  checked.record = FindFormatRecord(*state.context.formats, name);
  if (checked.record == nullptr) {
    std::vector<std::string_view> names;
    for (const FormatRecord& known : *state.context.formats) names.push_back(known.name);
    state.log
        .Report(DiagnosticCode::kUnknownFormat, format->name.span,
                fmt::format("there is no format `{}`", name))
        .Label(SuggestText(name, names));
    return checked;
  }
  if (is_source ? !checked.record->decodes : !checked.record->encodes) {
    state.log.Report(DiagnosticCode::kFormatNotAllowed, format->name.span,
                     fmt::format("format `{}` cannot be {}", name, is_source ? "read" : "written"));
    return checked;
  }
  std::string owner = fmt::format("format `{}`", name);
  CheckedOptions options =
      CheckOptionEntries(state, owner, checked.record->options, format->options, format->span);
  checked.valid = options.valid;
  if (checked.valid && checked.record->validate != nullptr) {
    OptionProblems problems;
    checked.record->validate(options.options, &problems);
    checked.valid = ReportOptionProblems(state, problems, owner, checked.record->options,
                                         format->options, format->span);
  }
  checked.options = std::move(options.options);
  return checked;
}

bool CheckFormatTypes(CheckState& state, const FormatRecord& format, const Schema& schema,
                      SourceSpan span) {
  if (format.refuses_type == nullptr) return true;
  bool valid = true;
  for (const Field& field : schema) {
    std::string reason = format.refuses_type(field.type);
    if (reason.empty()) continue;
    state.log.Report(DiagnosticCode::kFormatRefusesType, span,
                     fmt::format("format `{}` cannot hold column `{}`, which is {}: {}",
                                 format.name, field.name, field.type.ToString(), reason));
    valid = false;
  }
  return valid;
}

}  // namespace flinkc::check
