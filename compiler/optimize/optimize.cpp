#include "compiler/optimize/optimize.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/optimize/rules.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"

namespace flinkc {

LogicalPlan Optimize(const LogicalPlan& plan, const OptimizeOptions& options,
                     OptimizeReport* report) {
  const SystemClock clock;
  LogicalPlan optimized = plan;
  for (const Rule& rule : AllRules()) {
    if (std::ranges::find(options.disabled_rules, rule.name) != options.disabled_rules.end()) {
      continue;
    }
    RuleReport entry{rule.name};
    const int64_t start = clock.MonotonicNanos();
    entry.changes = rule.apply(optimized, options);
    entry.nanos = clock.MonotonicNanos() - start;
    if (const std::string fault = Verify(optimized); !fault.empty()) {
      fmt::print(stderr, "rule {} broke the plan: {}\n{}", rule.name, fault, Print(optimized));
      CHECK(false && "a rule broke the plan");
    }
    if (options.trace && entry.changes > 0) entry.plan_text = Print(optimized);
    if (report != nullptr) report->rules.push_back(std::move(entry));
  }
  return optimized;
}

std::vector<std::string_view> RuleNames() {
  std::vector<std::string_view> names;
  for (const Rule& rule : AllRules()) names.push_back(rule.name);
  return names;
}

}  // namespace flinkc
