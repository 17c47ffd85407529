#include "compiler/check/side_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc::check {

namespace {

bool RoutesErrors(const SourceDescriptor& source) {
  return source.on_error == ErrorMode::kRoute ||
         std::ranges::any_of(source.column_on_error,
                             [](const auto& column) { return column.second == ErrorMode::kRoute; });
}

}  // namespace

std::optional<SourceDescriptor> CheckSideTable(CheckState& state, const StreamReference& reference,
                                               LogicalInput from, SourceSpan lookup) {
  const auto report = [&](std::string message, std::string help) {
    state.log.Report(DiagnosticCode::kLookupTable, reference.text.span, std::move(message))
        .Also(lookup, "looked up here")
        .Help(std::move(help));
    return std::nullopt;
  };
  const auto* source = state.plan.operators[from.op.value()].As<SourceOp>();
  if (source == nullptr || !reference.output.empty()) {
    return report(fmt::format("`{}` is no source: only a source can be read as a table",
                              reference.text.value),
                  "write what the stream is made of to a file, or leave `lookup` out, so that its "
                  "rows are kept as they come");
  }
  const ConnectorRecord* connector =
      FindConnectorRecord(*state.context.connectors, source->descriptor.connector);
  // One that is not known was reported with the source.
  if (connector == nullptr) return std::nullopt;
  if (connector->source.table_options == nullptr) {
    return report(
        fmt::format("connector `{}` cannot be read as a table", source->descriptor.connector),
        "leave `lookup` out, so that its rows are kept as they come");
  }
  if (RoutesErrors(source->descriptor)) {
    return report(fmt::format("rows of table `{}` that cannot be read are to be routed, but who "
                              "looks up has no output for them",
                              reference.text.value),
                  "let them be dropped: `on_error: drop`");
  }
  SourceDescriptor table = source->descriptor;
  table.options = connector->source.table_options(table.options);
  return table;
}

}  // namespace flinkc::check
