#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "compiler/explain/escape.h"
#include "compiler/explain/plan_layout.h"
#include "compiler/explain/text_width.h"
#include "compiler/explain/write_graph.h"

namespace flinkc {

namespace {

constexpr double kMargin = 28;
constexpr double kHeaderHeight = 62;
constexpr double kLegendHeight = 44;
constexpr double kJobNameSize = 19;
constexpr double kSummarySize = 12;

// One ink, one grey and three tints; every shape also differs in its outline.
constexpr std::string_view kStyle = R"(<style>
text { font-family: Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif; fill: #1d2229 }
.job { font-size: 19px; font-weight: bold }
.summary { font-size: 12px; fill: #5c6570 }
.title { font-size: 13px; font-weight: bold }
.kind { font-size: 10px; fill: #5c6570; text-anchor: end }
.line { font-size: 11px }
.muted { font-size: 11px; fill: #5c6570 }
.strong { font-size: 11px; font-weight: bold }
.label { font-size: 10.5px; fill: #3d4650; text-anchor: middle }
.chain-title { font-size: 11.5px; font-weight: bold; fill: #4a5460 }
.box { fill: #ffffff; stroke: #8a929c; stroke-width: 1.2 }
.source { fill: #e6f0ea; stroke: #3f7a5b }
.stateful { fill: #fbf1dd; stroke: #9a6b12 }
.inner { fill: none; stroke-width: 0.8 }
.sink { fill: #e4ecf6; stroke: #3b5f8f }
.bar { fill: #3b5f8f }
.chain { fill: #f5f6f8; stroke: #b9c0c8; stroke-width: 1.2 }
.edge { fill: none; stroke: #5c6570; stroke-width: 1.4 }
.exchange { stroke-width: 2; stroke-dasharray: 6 3 }
.paper { fill: #ffffff }
.tag { fill: #ffffff; stroke: #d3d8de; stroke-width: 0.8 }
</style>
)";

constexpr std::string_view kArrow =
    "<defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" "
    "markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">"
    "<path d=\"M0 1 L10 5 L0 9 z\" fill=\"#5c6570\"/></marker></defs>\n";

std::string_view ClassOf(PlanShape shape) {
  switch (shape) {
    case PlanShape::kSource:
      return "box source";
    case PlanShape::kStateful:
      return "box stateful";
    case PlanShape::kSink:
      return "box sink";
    case PlanShape::kStateless:
      break;
  }
  return "box";
}

std::string RectText(const Rect& rect, double radius, std::string_view style) {
  return fmt::format(
      R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}"/>)",
      style, rect.x, rect.y, rect.width, rect.height, radius);
}

std::string TextAt(double x, double y, std::string_view style, std::string_view text) {
  return fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>)", style, x, y,
                     EscapeXml(text));
}

// The outline by which a kind of operator is known: sources are round, sinks stand on a bar,
// operators with state have a double border.
std::string ShapeText(PlanShape shape, const Rect& rect) {
  switch (shape) {
    case PlanShape::kSource:
      return RectText(rect, std::min(16.0, rect.height / 2), ClassOf(shape));
    case PlanShape::kStateful:
      return RectText(rect, 5, ClassOf(shape)) +
             RectText({rect.x + 3, rect.y + 3, rect.width - 6, rect.height - 6}, 3,
                      "box stateful inner");
    case PlanShape::kSink:
      return RectText(rect, 0, ClassOf(shape)) +
             RectText({rect.x, rect.bottom() - 4, rect.width, 4}, 0, "bar");
    case PlanShape::kStateless:
      break;
  }
  return RectText(rect, 5, ClassOf(shape));
}

class SvgWriter {
 public:
  explicit SvgWriter(const PlanGraph& graph) : graph_(graph), layout_(LayOutPlan(graph)) {}

  std::string Write() {
    const std::string summary = JobSummary(graph_);
    const double width = std::max({layout_.width, TextWidth(graph_.job_name, kJobNameSize, true),
                                   TextWidth(summary, kSummarySize), LegendWidth()}) +
                         2 * kMargin;
    const double height = kHeaderHeight + kMargin + layout_.height + kLegendHeight + kMargin;
    text_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
        "width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\">\n<title>{2}</title>\n",
        width, height, EscapeXml(graph_.job_name));
    text_ += kStyle;
    text_ += kArrow;
    text_ += R"(<rect class="paper" width="100%" height="100%"/>)"
             "\n";
    text_ += TextAt(kMargin, kMargin + 16, "job", graph_.job_name) + "\n";
    text_ += TextAt(kMargin, kMargin + 38, "summary", summary) + "\n";
    text_ += fmt::format("<g transform=\"translate({:.1f} {:.1f})\">\n",
                         (width - layout_.width) / 2, kHeaderHeight + kMargin);
    // Chains lie below, boxes and labels above the edges.
    for (size_t i = 0; i < graph_.groups.size(); ++i) WriteGroup(i);
    for (size_t i = 0; i < graph_.edges.size(); ++i) WriteEdge(i);
    for (size_t i = 0; i < graph_.edges.size(); ++i) WriteLabel(i);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) WriteNode(i);
    text_ += "</g>\n";
    WriteLegend(height - kMargin);
    return std::move(text_) + "</svg>\n";
  }

 private:
  void WriteGroup(size_t index) {
    const Rect& rect = layout_.groups[index];
    text_ += RectText(rect, 10, "chain");
    text_ += TextAt(rect.x + PlanLayout::kGroupPadding, rect.y + 19, "chain-title",
                    GroupTitle(graph_.groups[index])) +
             "\n";
  }

  void WriteEdge(size_t index) {
    const EdgePath& path = layout_.edges[index];
    const PlanEdge& edge = graph_.edges[index];
    std::string d = fmt::format("M{:.1f} {:.1f}", path.points[0].x, path.points[0].y);
    for (size_t i = 1; i < path.points.size(); ++i) {
      const Point& from = path.points[i - 1];
      const Point& to = path.points[i];
      if (std::abs(from.x - to.x) < 0.05) {
        d += fmt::format(" V{:.1f}", to.y);
        continue;
      }
      const double middle = (from.y + to.y) / 2;
      d += fmt::format(" C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", from.x, middle, to.x, middle,
                       to.x, to.y);
    }
    text_ += fmt::format(
        "<path class=\"{}\" marker-end=\"url(#arrow)\" d=\"{}\"><title>{}</title></path>\n",
        edge.exchange.empty() ? "edge" : "edge exchange", d, EscapeXml(FullText(edge)));
  }

  void WriteLabel(size_t index) {
    const EdgePath& path = layout_.edges[index];
    if (path.label.empty()) return;
    const Rect& rect = path.label_rect;
    text_ += fmt::format("<g><title>{}</title>", EscapeXml(FullText(graph_.edges[index])));
    text_ += RectText(rect, rect.height / 2, "tag");
    text_ += TextAt(rect.x + rect.width / 2, rect.y + 12.6, "label", path.label) + "</g>\n";
  }

  void WriteNode(size_t index) {
    const PlanNode& node = graph_.nodes[index];
    const NodeBox& box = layout_.nodes[index];
    text_ += fmt::format("<g><title>{}</title>", EscapeXml(FullText(node)));
    text_ += ShapeText(node.shape, box.rect);
    const double left = box.rect.x + NodeBox::kPadding;
    double y = box.rect.y + 21;
    text_ += TextAt(left, y, "title", box.title);
    text_ += TextAt(box.rect.right() - NodeBox::kPadding, y, "kind", node.kind);
    y += 4;
    for (const NodeBox::Line& line : box.lines) {
      y += NodeBox::kLineHeight;
      const bool muted = line.style == NodeBox::Line::Style::kMuted;
      const bool strong = line.style == NodeBox::Line::Style::kStrong;
      text_ += TextAt(left + line.indent, y,
                      muted    ? "muted"
                      : strong ? "strong"
                               : "line",
                      line.text);
    }
    text_ += "</g>\n";
  }

  // What a browser shows under the pointer: nothing is shortened there.
  static std::string FullText(const PlanNode& node) {
    std::string text = fmt::format("#{} {} ({})", node.id, node.title, node.kind);
    for (const std::string& detail : node.details) text += "\n" + detail;
    if (!node.state_id.empty()) text += "\nstate " + node.state_id;
    if (!node.delivery.empty()) text += "\n" + node.delivery;
    for (const PlanOutput& output : node.outputs) {
      text += fmt::format("\n\n{} {}", output.name.empty() ? "output" : "." + output.name,
                          ChangelogText(output));
      for (const PlanColumn& column : output.columns) {
        text += fmt::format("\n  {} {}", column.name, column.type);
      }
    }
    return text;
  }

  std::string FullText(const PlanEdge& edge) const {
    std::string text =
        fmt::format("{} → {}\n{}", graph_.nodes[edge.source].title, graph_.nodes[edge.target].title,
                    ChangelogText(graph_.OutputOf(edge)));
    if (!edge.exchange.empty()) text += ", " + ExchangeText(edge);
    return text;
  }

  struct LegendEntry {
    PlanShape shape;
    std::string_view name;
  };
  static constexpr LegendEntry kLegend[] = {{PlanShape::kSource, "source"},
                                            {PlanShape::kStateless, "stateless"},
                                            {PlanShape::kStateful, "with state"},
                                            {PlanShape::kSink, "sink"}};
  static constexpr double kSymbolWidth = 22;
  static constexpr double kLegendGap = 20;
  static constexpr std::string_view kExchangeName = "exchange";
  static constexpr std::string_view kAppendNote = "streams append unless labelled";

  bool HasShape(PlanShape shape) const {
    return std::ranges::find(graph_.nodes, shape, &PlanNode::shape) != graph_.nodes.end();
  }
  bool HasExchange() const {
    return std::ranges::any_of(graph_.edges,
                               [](const PlanEdge& edge) { return !edge.exchange.empty(); });
  }

  // Only what the picture has.
  double LegendWidth() const {
    double width = TextWidth(kAppendNote, 11);
    for (const LegendEntry& entry : kLegend) {
      if (HasShape(entry.shape)) width += kSymbolWidth + 6 + TextWidth(entry.name, 11) + kLegendGap;
    }
    if (HasExchange()) width += kSymbolWidth + 6 + TextWidth(kExchangeName, 11) + kLegendGap;
    return width;
  }

  void WriteLegend(double y) {
    double x = kMargin;
    for (const LegendEntry& entry : kLegend) {
      if (!HasShape(entry.shape)) continue;
      text_ += ShapeText(entry.shape, {x, y - 13, kSymbolWidth, 16});
      x += kSymbolWidth + 6;
      text_ += TextAt(x, y, "muted", entry.name) + "\n";
      x += TextWidth(entry.name, 11) + kLegendGap;
    }
    if (HasExchange()) {
      text_ += fmt::format(R"(<path class="edge exchange" d="M{:.1f} {:.1f} h{:.1f}"/>)", x,
                           y - 4.5, kSymbolWidth);
      x += kSymbolWidth + 6;
      text_ += TextAt(x, y, "muted", kExchangeName) + "\n";
      x += TextWidth(kExchangeName, 11) + kLegendGap;
    }
    text_ += TextAt(x, y, "muted", kAppendNote) + "\n";
  }

  const PlanGraph& graph_;
  const PlanLayout layout_;
  std::string text_;
};

}  // namespace

std::string WriteSvg(const PlanGraph& graph) { return SvgWriter(graph).Write(); }

}  // namespace flinkc
