// Operators in words, the same in every print and picture of a plan.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/plan/logical_plan.h"

namespace flinkc {

// "source", "filter", "project", "unnest", "route", "aggregate", "union", "sink", "join", "top",
// "over".
std::string_view KindName(const LogicalOperator& op);
// "append", "upsert", "retract".
std::string_view Name(ChangelogMode mode);
// "fail", "drop", "null", "route".
std::string_view Name(ErrorMode mode);
// "1m", "1h 30m", "500ms", "0s".
std::string DurationText(int64_t micros);
// "upsert (store, day)": the changelog mode of an output with its unique key.
std::string ChangelogText(const LogicalOutput& output);

// What the operator does, a line for each thing: "by store, day", "window tumble 1m on ts",
// "count(*)". `inputs` are the schemas of its inputs; none for a source.
std::vector<std::string> DescribeOperator(const LogicalOperator& op,
                                          const std::vector<const Schema*>& inputs);

}  // namespace flinkc
