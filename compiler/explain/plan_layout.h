// Where everything of a plan's picture lies: boxes of operators, chains around them, streams
// between them. Each chain is laid out by itself; then the chains are, as boxes. So a chain is one
// rectangle that holds its operators and no others.
#pragma once

#include <string>
#include <vector>

#include "compiler/explain/layered_layout.h"
#include "compiler/explain/plan_graph.h"

namespace flinkc {

// What the picture says in an operator's box, wrapped and shortened to fit.
struct NodeBox {
  struct Line {
    enum class Style : uint8_t { kDetail, kMuted, kStrong };
    std::string text;
    Style style = Style::kDetail;
    double indent = 0;
  };
  std::string title;
  std::vector<Line> lines;
  Rect rect;

  static constexpr double kPadding = 12;
  static constexpr double kTitleSize = 13;
  static constexpr double kKindSize = 10;
  static constexpr double kLineSize = 11;
  static constexpr double kTitleHeight = 20;
  static constexpr double kLineHeight = 16;
};

struct EdgePath {
  std::vector<Point> points;  // as RoutedEdge::points
  std::string label;          // shortened; "" without one
  Rect label_rect;

  static constexpr double kLabelSize = 10.5;
};

struct PlanLayout {
  std::vector<NodeBox> nodes;   // by PlanGraph::nodes
  std::vector<EdgePath> edges;  // by PlanGraph::edges
  std::vector<Rect> groups;     // by PlanGraph::groups
  double width = 0;
  double height = 0;

  static constexpr double kGroupPadding = 16;
  static constexpr double kGroupTitleHeight = 26;
  static constexpr double kGroupTitleSize = 11.5;
};

PlanLayout LayOutPlan(const PlanGraph& graph);

}  // namespace flinkc
