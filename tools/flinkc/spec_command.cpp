#include "tools/flinkc/spec_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/optimize/optimize.h"
#include "compiler/spec/source_reader.h"
#include "tools/flinkc/exit_code.h"

namespace flinkc {

namespace {

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

// Reads a file into `session`, or says why not.
const SourceBuffer* AddSource(const std::string& path, SpecSession& session) {
  Result<SourceBuffer> buffer = ReadSource(path);
  if (!buffer) {
    PrintError(buffer.error());
    session.exit_code = kExitEnvironment;
    return nullptr;
  }
  session.sources.push_back(std::make_unique<SourceBuffer>(*std::move(buffer)));
  return session.sources.back().get();
}

template <typename T>
bool Take(Result<T> parsed, std::vector<T>& into, SpecSession& session) {
  if (!parsed) {
    PrintError(parsed.error());
    session.exit_code = kExitUsage;
    return false;
  }
  into.push_back(*std::move(parsed));
  return true;
}

}  // namespace

void SpecOptions::AddTo(CLI::App& command) {
  command.add_option("spec", path, "The spec's file; - for standard input")->required();
  command.add_option("-p,--param", params, "Set a parameter: name=value")->allow_extra_args(false);
  command.add_option("--params-file", params_files, "A YAML map of parameters")
      ->allow_extra_args(false);
  command.add_option("-D", settings, "Set an option of the configuration: option=value")
      ->allow_extra_args(false);
  command.add_option("--disable-rule", disabled_rules, "Leave out a rule of the optimizer")
      ->allow_extra_args(false);
  command.add_option("--diagnostics", diagnostics, "How errors and warnings are written")
      ->check(CLI::IsMember({"text", "json", "sarif", "github"}));
  command.add_option("--color", color, "Colours in the output")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command.add_option("--jit", jit, "off: run in the interpreter, without LLVM")
      ->check(CLI::IsMember({"on", "off"}));
  command.add_option("--cache", cache, "off: do not keep machine code on disk")
      ->check(CLI::IsMember({"on", "off"}));
  command.add_flag("-q,--quiet", quiet, "Print no progress and no warnings");
}

EngineOptions SpecOptions::engine_options() const {
  EngineOptions options;
  options.jit = jit == "on";
  options.cache_directory = cache == "on" ? DefaultObjectCacheDirectory() : "";
  return options;
}

const char* SpecOptions::GivenForCompiling() const {
  if (!params.empty()) return "-p";
  if (!params_files.empty()) return "--params-file";
  if (!settings.empty()) return "-D";
  if (!disabled_rules.empty()) return "--disable-rule";
  return nullptr;
}

bool UseColor(const std::string& choice, int descriptor) {
  if (choice != "auto") return choice == "always";
  return isatty(descriptor) != 0 && std::getenv("NO_COLOR") == nullptr;
}

void PrintError(const Error& error) {
  std::fprintf(stderr, "flinkc: error: %s\n", error.message.c_str());
}

SpecSession OpenSpec(const SpecOptions& options) {
  SpecSession session;
  const SourceBuffer* spec = AddSource(options.path, session);
  if (spec == nullptr) return session;

  for (const std::string& rule : options.disabled_rules) {
    const std::vector<std::string_view> names = RuleNames();
    if (std::ranges::find(names, rule) != names.end()) continue;
    PrintError({ErrorCode::kInvalidArgument,
                fmt::format("the optimizer has no rule `{}`;{} its rules are {}", rule,
                            SuggestText(rule, names), fmt::join(names, ", "))});
    session.exit_code = kExitUsage;
    return session;
  }

  DiagnosticLog log;
  CompileRequest request;
  request.spec = spec;
  request.disabled_rules = options.disabled_rules;
  request.trace_rules = options.trace_rules;
  request.strict = options.strict;
  request.parse.environment = Environment;
  for (const std::string& path : options.params_files) {
    const SourceBuffer* file = AddSource(path, session);
    if (file == nullptr) return session;
    for (ParameterSetting& setting : ParseParametersFile(*file, log)) {
      request.parse.parameters.push_back(std::move(setting));
    }
  }
  for (const std::string& param : options.params) {
    if (!Take(ParseParameterOption(param), request.parse.parameters, session)) return session;
  }
  for (const std::string& setting : options.settings) {
    if (!Take(ParseConfigOption(setting), request.settings, session)) return session;
  }
  Result<std::unique_ptr<Engine>> engine = Engine::Make(options.engine_options());
  if (!engine) {
    PrintError(engine.error());
    session.exit_code = kExitEnvironment;
    return session;
  }
  session.engine = *std::move(engine);
  session.job = CompileJob(request, session.engine->services(), log);

  RenderOptions render;
  render.format = ParseDiagnosticFormat(options.diagnostics).value_or(DiagnosticFormat::kText);
  render.color = UseColor(options.color, STDERR_FILENO);
  if (log.has_errors() || !options.quiet) {
    const std::string text = RenderDiagnostics(log, render);
    // Documents for tools go to standard output, what people read to standard error.
    const bool for_people = render.format == DiagnosticFormat::kText;
    std::fwrite(text.data(), 1, text.size(), for_people ? stderr : stdout);
  }
  if (log.has_errors()) {
    session.job.reset();
    session.exit_code = kExitSpecWrong;
  }
  return session;
}

}  // namespace flinkc
