// JobSpec -> LogicalPlan: everything that can be wrong with a spec beyond its shape. Names, types,
// nullability, fallibility, time attributes, changelog modes, delivery, options of connectors.
#pragma once

#include <optional>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/expression/constant_evaluator.h"
#include "compiler/expression/function_registry.h"
#include "compiler/plan/logical_plan.h"
#include "compiler/spec/job_config.h"
#include "compiler/spec/job_spec.h"
#include "runtime/connector/connector_record.h"

namespace flinkc {

// What a spec may refer to, and under which settings it is checked.
struct CheckContext {
  const FunctionRegistry* registry = nullptr;
  const ConnectorRecords* connectors = nullptr;
  const FormatRecords* formats = nullptr;
  // Folds constant arguments of functions; may be nullptr: then only literals are constants.
  const ConstantEvaluator* evaluator = nullptr;
  // The job's settings, checked (compiler/spec/job_config.h).
  const JobConfig* config = nullptr;
  // `validate --strict`: what can fail must have an on_error that somebody chose.
  bool strict = false;
};

// The plan of what the sinks need, as the spec says it: nothing is optimized yet, each source reads
// all its columns. Every error is reported; nullopt if there is one.
std::optional<LogicalPlan> CheckSpec(const JobSpec& spec, const CheckContext& context,
                                     DiagnosticLog& log);

}  // namespace flinkc
