// One rewrite of the plan. A rule is a function: it returns how many changes it made.
#pragma once

#include <span>
#include <string_view>

#include "compiler/optimize/optimize.h"

namespace flinkc {

struct Rule {
  std::string_view name;
  // Why it stands at this place of the list.
  std::string_view reason;
  uint32_t (*apply)(LogicalPlan& plan, const OptimizeOptions& options) = nullptr;
};

// All rules in the order in which they run.
std::span<const Rule> AllRules();

}  // namespace flinkc
