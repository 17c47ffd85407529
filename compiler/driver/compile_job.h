// The list of phases: a spec's text in, a job that can be submitted out, and everything in between
// that `flinkc plan` shows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/chain/build_job_graph.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/expression/constant_evaluator.h"
#include "compiler/expression/function_registry.h"
#include "compiler/optimize/optimize.h"
#include "compiler/plan/logical_plan.h"
#include "compiler/source/source_buffer.h"
#include "compiler/spec/job_config.h"
#include "compiler/spec/parse_spec.h"
#include "runtime/base/result.h"
#include "runtime/connector/connector_record.h"

namespace flinkc {

// What the language consists of; made once by the composition root.
struct CompilerServices {
  const FunctionRegistry* registry = nullptr;
  const ConnectorRecords* connectors = nullptr;
  const FormatRecords* formats = nullptr;
  const ConstantEvaluator* evaluator = nullptr;
};

struct CompileRequest {
  // Must outlive the CompiledJob, whose spans point into it.
  const SourceBuffer* spec = nullptr;
  ParseOptions parse;
  std::vector<ConfigSetting> settings;  // -D
  std::vector<std::string> disabled_rules;
  bool trace_rules = false;
  bool strict = false;
};

struct CompiledJob {
  JobSpec spec;
  JobConfig config;
  LogicalPlan logical;    // as the spec says it
  LogicalPlan optimized;
  OptimizeReport report;  // what each rule did
  ChainedJob chained;
};

// nullopt: `log` has errors. Warnings may be there in any case.
std::optional<CompiledJob> CompileJob(const CompileRequest& request,
                                      const CompilerServices& services, DiagnosticLog& log);

// A compiled job as `flinkc compile` writes it, and what is needed of one to run it.
std::string WriteJobFile(const CompiledJob& job, const SourceBuffer& spec,
                         const std::string& flinkc_version);
struct JobFile {
  JobGraph graph;
  std::string spec_name;
  std::string spec_text;
};
Result<JobFile> ReadJobFile(std::string_view bytes);
// Whether the bytes begin as a job file does, so that `run` can tell it from a spec.
bool IsJobFile(std::string_view bytes);

}  // namespace flinkc
