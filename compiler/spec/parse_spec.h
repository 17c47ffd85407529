// From a spec's text to its tree: YAML, shape, names and parameters. What is wrong is reported,
// all of it, and parsing goes on; only YAML that cannot be read at all gives no tree. Checking may
// go on with a tree that had errors: what they touch is marked (job_spec.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "compiler/spec/job_spec.h"
#include "compiler/spec/parameter.h"

namespace flinkc {

struct ParseOptions {
  // -p and --params-file, in their order.
  std::vector<ParameterSetting> parameters;
  // Looks an environment variable up that a parameter names; empty: there are none.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

// `buffer` must outlive the tree. Any bytes are accepted; nothing is thrown.
std::optional<JobSpec> ParseSpec(const SourceBuffer& buffer, const ParseOptions& options,
                                 DiagnosticLog& log);

}  // namespace flinkc
