#include "compiler/explain/plan_layout.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compiler/explain/text_width.h"

namespace flinkc {

namespace {

constexpr double kTextWidthMax = 330;
constexpr double kBoxWidthMin = 150;
constexpr double kLabelWidthMax = 240;
constexpr double kLabelHeight = 18;
constexpr size_t kDetailsMax = 12;
constexpr size_t kWrappedLinesMax = 4;
constexpr double kWrapIndent = 12;
constexpr double kKindGap = 14;

// What follows the first line of a text is indented.
std::vector<NodeBox::Line> WrapLines(const std::vector<NodeBox::Line>& lines) {
  std::vector<NodeBox::Line> wrapped;
  for (const NodeBox::Line& line : lines) {
    const bool strong = line.style == NodeBox::Line::Style::kStrong;
    double indent = 0;
    for (std::string& text : Wrap(line.text, kTextWidthMax - kWrapIndent, NodeBox::kLineSize,
                                  strong, kWrappedLinesMax)) {
      wrapped.push_back({std::move(text), line.style, indent});
      indent = kWrapIndent;
    }
  }
  return wrapped;
}

NodeBox MakeBox(const PlanNode& node) {
  using Style = NodeBox::Line::Style;
  NodeBox box;
  std::vector<std::string> details = node.details;
  // Hidden columns stand in the tooltip only.
  std::erase_if(details, [](const std::string& line) { return line.starts_with('$'); });
  const size_t shown = details.size() > kDetailsMax ? kDetailsMax - 1 : details.size();
  for (size_t i = 0; i < shown; ++i) box.lines.push_back({details[i], Style::kDetail});
  if (shown < details.size()) {
    box.lines.push_back({fmt::format("… {} more", details.size() - shown), Style::kMuted});
  }
  // Of all others the columns are their details, or those that come in.
  if (node.shape == PlanShape::kSource && !node.outputs.empty()) {
    std::string columns;
    for (const PlanColumn& column : node.outputs[0].columns) {
      if (column.name.starts_with('$')) continue;
      columns += (columns.empty() ? "→ " : ", ") + column.name;
    }
    if (!columns.empty()) box.lines.push_back({columns, Style::kMuted});
  }
  if (!node.state_id.empty()) box.lines.push_back({"state " + node.state_id, Style::kStrong});
  if (!node.delivery.empty()) box.lines.push_back({node.delivery, Style::kStrong});
  if (node.parallelism != 0) {
    box.lines.push_back({fmt::format("parallelism {}", node.parallelism), Style::kMuted});
  }
  const double kind = TextWidth(node.kind, NodeBox::kKindSize) + kKindGap;
  box.title = Shorten(node.title, kTextWidthMax - kind, NodeBox::kTitleSize, true);
  double width = TextWidth(box.title, NodeBox::kTitleSize, true) + kind;
  box.lines = WrapLines(box.lines);
  for (const NodeBox::Line& line : box.lines) {
    width = std::max(width, line.indent + TextWidth(line.text, NodeBox::kLineSize,
                                                    line.style == Style::kStrong));
  }
  box.rect.width = std::max(kBoxWidthMin, width + 2 * NodeBox::kPadding);
  box.rect.height = NodeBox::kTitleHeight + 14;
  if (!box.lines.empty()) {
    box.rect.height += 4 + NodeBox::kLineHeight * static_cast<double>(box.lines.size());
  }
  return box;
}

// One level of the picture: the inside of a chain, or everything around the chains.
struct Level {
  std::vector<LayoutNode> nodes;
  std::vector<LayoutEdge> edges;
  std::vector<size_t> plan_edges;  // by edge
};

class PlanLayouter {
 public:
  explicit PlanLayouter(const PlanGraph& graph) : graph_(graph) {}

  PlanLayout Run() {
    for (const PlanNode& node : graph_.nodes) layout_.nodes.push_back(MakeBox(node));
    for (const PlanEdge& edge : graph_.edges) {
      EdgePath path;
      path.label = Shorten(EdgeLabel(graph_, edge), kLabelWidthMax, EdgePath::kLabelSize);
      layout_.edges.push_back(std::move(path));
    }
    layout_.groups.resize(graph_.groups.size());
    exits_.resize(graph_.edges.size());
    for (size_t group = 0; group < graph_.groups.size(); ++group) LayOutGroup(group);
    LayOutAround();
    return std::move(layout_);
  }

 private:
  LayoutEdge MakeEdge(size_t plan_edge, size_t source, size_t target) const {
    LayoutEdge edge{source, target, 0, 0, std::nullopt};
    const std::string& label = layout_.edges[plan_edge].label;
    if (!label.empty()) {
      edge.label_width = TextWidth(label, EdgePath::kLabelSize) + 12;
      edge.label_height = kLabelHeight;
    }
    return edge;
  }

  bool IsInside(const PlanEdge& edge, size_t group) const {
    return graph_.nodes[edge.source].group == group && graph_.nodes[edge.target].group == group;
  }

  // Places a chain's operators from (0, 0), and for every stream that leaves it, the way down to
  // its lower side.
  void LayOutGroup(size_t group) {
    Level level;
    std::vector<size_t> members;
    std::vector<size_t> local(graph_.nodes.size(), 0);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].group != group) continue;
      local[i] = members.size();
      members.push_back(i);
      level.nodes.push_back({layout_.nodes[i].rect.width, layout_.nodes[i].rect.height, false});
    }
    for (size_t i = 0; i < graph_.edges.size(); ++i) {
      const PlanEdge& edge = graph_.edges[i];
      if (graph_.nodes[edge.source].group != group) continue;
      level.plan_edges.push_back(i);
      if (IsInside(edge, group)) {
        level.edges.push_back(MakeEdge(i, local[edge.source], local[edge.target]));
      } else {
        level.edges.push_back({local[edge.source], level.nodes.size(), 0, 0, std::nullopt});
        level.nodes.push_back({10, 0, true});
      }
    }
    const LayeredLayout inner = LayOut(level.nodes, level.edges);
    const double title =
        TextWidth(GroupTitle(graph_.groups[group]), PlanLayout::kGroupTitleSize, true);
    const double width = std::max(inner.width, title) + 2 * PlanLayout::kGroupPadding;
    const Point origin = {(width - inner.width) / 2, PlanLayout::kGroupTitleHeight + 6};
    const double height = origin.y + inner.height + PlanLayout::kGroupPadding;
    layout_.groups[group] = {0, 0, width, height};
    for (size_t i = 0; i < members.size(); ++i) {
      MoveTo(layout_.nodes[members[i]].rect, inner.nodes[i], origin);
    }
    for (size_t i = 0; i < level.edges.size(); ++i) {
      const size_t plan_edge = level.plan_edges[i];
      Append(plan_edge, inner.edges[i], origin);
      if (IsInside(graph_.edges[plan_edge], group)) continue;
      // Through the padding, down to the chain's border.
      Point& end = layout_.edges[plan_edge].points.back();
      end.y = height;
      exits_[plan_edge] = end.x;
    }
  }

  // Chains (and operators of no chain) as boxes.
  void LayOutAround() {
    Level level;
    std::vector<size_t> outer(graph_.nodes.size(), 0);
    for (const Rect& rect : layout_.groups) level.nodes.push_back({rect.width, rect.height, false});
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].group) {
        outer[i] = *graph_.nodes[i].group;
        continue;
      }
      outer[i] = level.nodes.size();
      level.nodes.push_back({layout_.nodes[i].rect.width, layout_.nodes[i].rect.height, false});
    }
    for (size_t i = 0; i < graph_.edges.size(); ++i) {
      const PlanEdge& edge = graph_.edges[i];
      if (edge.exchange.empty() && graph_.nodes[edge.source].group) continue;
      level.plan_edges.push_back(i);
      level.edges.push_back(MakeEdge(i, outer[edge.source], outer[edge.target]));
      if (graph_.nodes[edge.source].group) level.edges.back().exit = exits_[i];
    }
    const LayeredLayout around = LayOut(level.nodes, level.edges);
    layout_.width = around.width;
    layout_.height = around.height;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      NodeBox& box = layout_.nodes[i];
      const Rect& place = around.nodes[outer[i]];
      if (graph_.nodes[i].group) {
        MoveTo(box.rect, box.rect, {place.x, place.y});
      } else {
        box.rect = place;
      }
    }
    for (size_t i = 0; i < graph_.edges.size(); ++i) {
      const std::optional<size_t> group = graph_.nodes[graph_.edges[i].source].group;
      if (!group) continue;
      const Rect& place = around.nodes[*group];
      for (Point& point : layout_.edges[i].points) {
        point = {point.x + place.x, point.y + place.y};
      }
      MoveTo(layout_.edges[i].label_rect, layout_.edges[i].label_rect, {place.x, place.y});
    }
    for (size_t i = 0; i < level.edges.size(); ++i) {
      Append(level.plan_edges[i], around.edges[i], {0, 0});
    }
    for (size_t group = 0; group < layout_.groups.size(); ++group) {
      layout_.groups[group] = around.nodes[group];
    }
  }

  static void MoveTo(Rect& rect, const Rect& from, Point by) {
    rect = {from.x + by.x, from.y + by.y, from.width, from.height};
  }

  void Append(size_t plan_edge, const RoutedEdge& routed, Point by) {
    EdgePath& path = layout_.edges[plan_edge];
    for (const Point& point : routed.points)
      path.points.push_back({point.x + by.x, point.y + by.y});
    if (routed.label.width > 0) MoveTo(path.label_rect, routed.label, by);
  }

  const PlanGraph& graph_;
  PlanLayout layout_;
  std::vector<double> exits_;  // by edge: where it leaves its chain, from the chain's left side
};

}  // namespace

PlanLayout LayOutPlan(const PlanGraph& graph) { return PlanLayouter(graph).Run(); }

}  // namespace flinkc
