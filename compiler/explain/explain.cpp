#include "compiler/explain/explain.h"

namespace flinkc {

std::optional<ExplainFormat> ParseExplainFormat(std::string_view name) {
  if (name == "text") return ExplainFormat::kText;
  if (name == "dot") return ExplainFormat::kDot;
  if (name == "mermaid") return ExplainFormat::kMermaid;
  if (name == "json") return ExplainFormat::kJson;
  if (name == "svg") return ExplainFormat::kSvg;
  return std::nullopt;
}

std::string Explain(const LogicalPlan& plan, ExplainFormat) { return Print(plan); }
std::string Explain(const ChainedJob& job, ExplainFormat) {
  std::string text;
  for (const ChainPlan& chain : job.chains) text += chain.name + "\n";
  return text;
}

}  // namespace flinkc
