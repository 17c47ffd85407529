// functions, connectors, schema, explain-code, version: what this flinkc knows, printed from the
// records.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/diagnostics/explain_page.h"
#include "compiler/expression/function_registry.h"
#include "compiler/schema/spec_schema.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/formats/registry.h"
#include "stdlib-operators/functions/registry.h"
#include "tools/flinkc/commands.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/output_file.h"
#include "tools/flinkc/spec_command.h"
#include "tools/flinkc/version.h"

namespace flinkc {

namespace {

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// One line, or with `full` everything the record says.
template <typename Record>
std::string FunctionText(const Record& record, bool full) {
  if (!full) return fmt::format("{:<24} {}\n", record.name, record.doc);
  std::string text = fmt::format("{}\n  {}\n", record.name, record.doc);
  if constexpr (requires { record.forms; }) {
    for (std::string_view form : record.forms) text += fmt::format("  {}\n", form);
  }
  for (const auto& overload : record.overloads) {
    text += fmt::format("  {}{}\n", record.name, overload.signature);
  }
  if (!record.nulls.empty()) text += fmt::format("  NULL: {}\n", record.nulls);
  for (std::string_view alias : record.aliases) text += fmt::format("  also called {}\n", alias);
  for (const FunctionExample& example : record.examples) {
    text += fmt::format("  {}  ->  {}\n", example.expression, example.result);
  }
  return text + "\n";
}

template <typename Records>
void AppendFunctions(const Records& records, const std::string& name, std::string* text) {
  for (const auto& record : records) {
    const bool named =
        record.name == name || std::ranges::find(record.aliases, name) != record.aliases.end();
    if (name.empty() || named) *text += FunctionText(record, !name.empty());
  }
}

int PrintFunctions(const std::string& name) {
  FunctionRegistry registry;
  RegisterStdFunctions(registry);
  RegisterStdAggregates(registry);
  std::string text;
  if (name.empty()) text += "Functions\n\n";
  AppendFunctions(registry.functions(), Lower(name), &text);
  if (name.empty()) text += "\nAggregates\n\n";
  AppendFunctions(registry.aggregates(), Lower(name), &text);
  if (text.empty()) {
    PrintError({ErrorCode::kInvalidArgument,
                fmt::format("there is no function `{}`;{} `flinkc functions` lists all", name,
                            SuggestText(Lower(name), registry.Names()))});
    return kExitUsage;
  }
  return WriteOutput("", text);
}

std::string OptionLines(std::span<const OptionRecord> options) {
  std::string text;
  for (const OptionRecord& option : options) {
    std::string about(option.doc);
    if (option.required) about += " (required)";
    if (!option.supported) about += " (not supported yet)";
    if (!option.default_value.empty()) about += fmt::format(" [{}]", option.default_value);
    text += fmt::format("    {:<26} {}\n", option.name, about);
  }
  return text;
}

int PrintConnectors(const std::string& name) {
  std::string text;
  for (const ConnectorRecord& record : StdConnectorRecords()) {
    if (!name.empty() && record.name != name) continue;
    text += fmt::format("{}: {}\n", record.name, record.doc);
    if (record.source.declared) text += "  as a source\n" + OptionLines(record.source.options);
    if (record.sink.declared) text += "  as a sink\n" + OptionLines(record.sink.options);
    text += "\n";
  }
  for (const FormatRecord& record : StdFormatRecords()) {
    if (!name.empty() && record.name != name) continue;
    text += fmt::format("format {}: {}\n", record.name, record.doc) + OptionLines(record.options) +
            "\n";
  }
  if (text.empty()) {
    std::vector<std::string_view> names;
    for (const ConnectorRecord& record : StdConnectorRecords()) names.push_back(record.name);
    for (const FormatRecord& record : StdFormatRecords()) names.push_back(record.name);
    PrintError({ErrorCode::kInvalidArgument,
                fmt::format("there is no connector or format `{}`;{} `flinkc connectors` lists all",
                            name, SuggestText(name, names))});
    return kExitUsage;
  }
  return WriteOutput("", text);
}

int PrintCode(std::string code) {
  std::ranges::transform(code, code.begin(), [](unsigned char c) { return std::toupper(c); });
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    if (info.number == code) return WriteOutput("", ExplainPage(info.code));
  }
  PrintError({ErrorCode::kInvalidArgument,
              fmt::format("there is no code `{}`; codes look like E0302", code)});
  return kExitUsage;
}

}  // namespace

void AddFunctionsCommand(CLI::App& app, int* exit_code) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("functions", "List functions and aggregates, or tell of one");
  command->add_option("name", *name, "A function's name");
  command->callback([name, exit_code] { *exit_code = PrintFunctions(*name); });
}

void AddConnectorsCommand(CLI::App& app, int* exit_code) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("connectors", "List connectors and formats with their options");
  command->add_option("name", *name, "A connector's or format's name");
  command->callback([name, exit_code] { *exit_code = PrintConnectors(*name); });
}

void AddSchemaCommand(CLI::App& app, int* exit_code) {
  auto output = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("schema", "Print the JSON Schema of specs, for editors");
  command->add_option("-o,--output", *output, "A file instead of standard output");
  command->callback([output, exit_code] {
    *exit_code = WriteOutput(*output, SpecSchema(StdConnectorRecords(), StdFormatRecords()));
  });
}

void AddExplainCodeCommand(CLI::App& app, int* exit_code) {
  auto code = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("explain-code", "Explain the code of an error or warning");
  command->add_option("code", *code, "Such as E0302")->required();
  command->callback([code, exit_code] { *exit_code = PrintCode(*code); });
}

void AddVersionCommand(CLI::App& app, int* exit_code) {
  app.add_subcommand("version", "Print the version")->callback([exit_code] {
    *exit_code = WriteOutput("", fmt::format("flinkc {}\n", kVersion));
  });
}

}  // namespace flinkc
