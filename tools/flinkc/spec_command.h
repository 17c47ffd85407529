// What every command that takes a spec has in common: the options, reading and compiling it, and
// showing what the compiler says.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "compiler/diagnostics/renderer.h"
#include "tools/embedded/engine.h"

namespace flinkc {

struct SpecOptions {
  std::string path;                 // "-": standard input
  std::vector<std::string> params;  // -p name=value
  std::vector<std::string> params_files;
  std::vector<std::string> settings;  // -D option=value
  std::vector<std::string> disabled_rules;
  std::string diagnostics = "text";
  std::string color = "auto";
  std::string jit = "on";
  std::string cache = "on";
  bool strict = false;
  bool trace_rules = false;
  bool quiet = false;
  bool verbose = false;  // of `run`

  void AddTo(CLI::App& command);
  EngineOptions engine_options() const;
  // The first option given that only matters while a spec is compiled; nullptr: none.
  const char* GivenForCompiling() const;
};

// A spec on its way through the compiler. The sources outlive the job, which points into them.
struct SpecSession {
  std::unique_ptr<Engine> engine;
  std::vector<std::unique_ptr<SourceBuffer>> sources;
  std::optional<CompiledJob> job;
  int exit_code = 0;  // not 0: already told why

  const SourceBuffer& spec() const { return *sources.front(); }
};

// Reads, compiles and prints diagnostics to standard error.
SpecSession OpenSpec(const SpecOptions& options);

// Prints "flinkc: error: …" to standard error.
void PrintError(const Error& error);
// Whether to write colours to this standard stream (1 or 2).
bool UseColor(const std::string& choice, int descriptor);

}  // namespace flinkc
