#include "compiler/explain/explain.h"

#include "compiler/explain/plan_graph.h"
#include "compiler/explain/write_graph.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

std::string Write(const PlanGraph& graph, ExplainFormat format) {
  switch (format) {
    case ExplainFormat::kText:
      return WriteText(graph);
    case ExplainFormat::kDot:
      return WriteDot(graph);
    case ExplainFormat::kMermaid:
      return WriteMermaid(graph);
    case ExplainFormat::kJson:
      return WriteJson(graph);
    case ExplainFormat::kSvg:
      return WriteSvg(graph);
  }
  CHECK(false);
}

}  // namespace

std::optional<ExplainFormat> ParseExplainFormat(std::string_view name) {
  if (name == "text") return ExplainFormat::kText;
  if (name == "dot") return ExplainFormat::kDot;
  if (name == "mermaid") return ExplainFormat::kMermaid;
  if (name == "json") return ExplainFormat::kJson;
  if (name == "svg") return ExplainFormat::kSvg;
  return std::nullopt;
}

std::string Explain(const LogicalPlan& plan, std::string_view level, ExplainFormat format) {
  return Write(MakePlanGraph(plan, level), format);
}
std::string Explain(const ChainedJob& job, ExplainFormat format) {
  return Write(MakePlanGraph(job), format);
}

}  // namespace flinkc
