// LogicalPlan -> LogicalPlan: a fixed list of named rules (rules.h), one file each. Each can be
// switched off, is timed, and the plan is verified after it. No rule changes the rows of any
// output,
// `.errors` included.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/expression/constant_evaluator.h"
#include "compiler/expression/function_registry.h"
#include "compiler/plan/logical_plan.h"

namespace flinkc {

struct OptimizeOptions {
  std::vector<std::string> disabled_rules;
  // Keep the plan's text after each rule that changed it.
  bool trace = false;
  const ConstantEvaluator* evaluator = nullptr;
  // Says which aggregates depend on the order of rows; nullptr: all may.
  const FunctionRegistry* registry = nullptr;
};

// What one rule did.
struct RuleReport {
  std::string_view name;
  uint32_t changes = 0;
  int64_t nanos = 0;
  std::string plan_text;  // with trace, if it changed anything
};

struct OptimizeReport {
  std::vector<RuleReport> rules;  // in the order in which they ran
};

LogicalPlan Optimize(const LogicalPlan& plan, const OptimizeOptions& options,
                     OptimizeReport* report);

// The names of all rules, for --disable-rule and its suggestions.
std::vector<std::string_view> RuleNames();

}  // namespace flinkc
