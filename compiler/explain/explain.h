// Plans as people and tools read them: `flinkc plan`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/plan/chained_job.h"
#include "compiler/plan/logical_plan.h"

namespace flinkc {

enum class ExplainFormat : uint8_t { kText, kDot, kMermaid, kJson, kSvg };

// "text", "dot", "mermaid", "json", "svg".
std::optional<ExplainFormat> ParseExplainFormat(std::string_view name);

// Operators and the streams between them. `level`: "logical" or "optimized".
std::string Explain(const LogicalPlan& plan, std::string_view level, ExplainFormat format);
// The level chains: what runs together, and what is exchanged.
std::string Explain(const ChainedJob& job, ExplainFormat format);

}  // namespace flinkc
