// Compiles and runs a spec in this process, and gives back what came out of each sink.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/protocol/job_state.h"
#include "tools/embedded/engine.h"

namespace flinkc {

struct RunOutcome {
  std::string diagnostics;  // rendered as text
  std::optional<std::string> logical_plan;
  std::optional<std::string> optimized_plan;
  // With RunSetup::hot_calls: the calls left in the hot paths of the machine code, a line each.
  std::optional<std::string> hot_calls;
  // Rows of each sink as JSON lines, in the order in which they came; empty: it did not compile.
  std::map<std::string, std::vector<std::string>> outputs;
  std::string console;  // with keep_sinks: all that was printed
  std::optional<JobState> state;
  std::optional<Error> error;
};

struct RunSetup {
  std::string spec_name;
  std::string spec;
  std::map<std::string, std::string> params;
  std::map<std::string, std::string> settings;  // -D
  bool jit = true;
  bool run = true;  // false: only compile
  bool hot_calls = false;
  bool keep_sinks = false;  // true: they write where the spec says; `console` gets the lines
  // Chains run the code that they run while somebody looks at their streams.
  bool probed = false;
};

// Every sink becomes a console that prints JSON, so that its rows can be looked at, unless
// `keep_sinks` says otherwise.
RunOutcome RunSpec(const RunSetup& setup);

// One engine of each kind serves all tests of a process; there is no object cache.
Engine& SharedEngine(bool jit);

}  // namespace flinkc
