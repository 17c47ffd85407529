#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/explain/text_width.h"
#include "compiler/explain/write_graph.h"

namespace flinkc {

namespace {

constexpr size_t kColumnsMax = 100;

class TextWriter {
 public:
  explicit TextWriter(const PlanGraph& graph) : graph_(graph) {}

  std::string Write() {
    text_ = fmt::format("job {} · {}\n", graph_.job_name, JobSummary(graph_));
    if (graph_.groups.empty()) {
      for (size_t i = 0; i < graph_.nodes.size(); ++i) WriteNode(i, 0);
    }
    for (size_t i = 0; i < graph_.groups.size(); ++i) WriteChain(i);
    WriteDeliveries();
    WriteConfig();
    return std::move(text_);
  }

 private:
  void WriteChain(size_t group) {
    text_ += fmt::format("\n{}\n", GroupTitle(graph_.groups[group]));
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].group == group) WriteNode(i, 2);
    }
  }

  void WriteNode(size_t index, size_t indent) {
    const PlanNode& node = graph_.nodes[index];
    text_ += fmt::format("\n{:{}}#{} {}  [{}]\n", "", indent, node.id, node.title, node.kind);
    indent += 3;
    for (const PlanEdge& edge : graph_.edges) {
      if (edge.target == index) Line(indent, "<- " + InputText(edge));
    }
    for (const std::string& detail : node.details) Line(indent, detail);
    if (!node.state_id.empty()) Line(indent, "state " + node.state_id);
    if (node.parallelism != 0) Line(indent, fmt::format("parallelism {}", node.parallelism));
    for (const PlanOutput& output : node.outputs) WriteOutput(node, output, indent);
  }

  // "#1 flights .errors, hash by origin, append"
  std::string InputText(const PlanEdge& edge) const {
    const PlanNode& source = graph_.nodes[edge.source];
    const PlanOutput& output = graph_.OutputOf(edge);
    std::string text = fmt::format("#{} {}", source.id, source.title);
    if (!output.name.empty()) text += " ." + output.name;
    if (!edge.exchange.empty()) {
      text += fmt::format(", {} from {}", ExchangeText(edge),
                          graph_.groups[source.group.value_or(0)].title);
    }
    return text + ", " + ChangelogText(output);
  }

  void WriteOutput(const PlanNode& node, const PlanOutput& output, size_t indent) {
    std::string text = output.name.empty() ? "->" : "-> ." + output.name;
    if (node.passes && output.name != "errors") {
      // Columns as they came: not said again.
      if (!output.name.empty()) Line(indent, text + " " + ChangelogText(output));
      return;
    }
    text += " " + ChangelogText(output);
    if (!output.time_attribute.empty()) text += ", event time " + output.time_attribute;
    std::vector<std::string> words = {text + ":"};
    for (size_t i = 0; i < output.columns.size(); ++i) {
      const PlanColumn& column = output.columns[i];
      words.push_back(fmt::format("{} {}{}", column.name, column.type,
                                  i + 1 < output.columns.size() ? "," : ""));
    }
    Words(indent, words);
  }

  void Line(size_t indent, std::string_view line) {
    std::vector<std::string> words;
    while (!line.empty()) {
      const size_t space = std::min(line.find(' '), line.size());
      words.emplace_back(line.substr(0, space));
      line.remove_prefix(std::min(space + 1, line.size()));
    }
    Words(indent, words);
  }

  // What follows the first line is indented further. A word too long for a line stays whole.
  void Words(size_t indent, const std::vector<std::string>& words) {
    text_.append(indent, ' ');
    size_t column = indent;
    for (size_t i = 0; i < words.size(); ++i) {
      const size_t width = CountCodePoints(words[i]);
      if (i > 0 && column + 1 + width > kColumnsMax) {
        text_ += "\n";
        text_.append(indent + 3, ' ');
        column = indent + 3;
      } else if (i > 0) {
        text_ += ' ';
        ++column;
      }
      text_ += words[i];
      column += width;
    }
    text_ += "\n";
  }

  void WriteDeliveries() {
    size_t width = 0;
    for (const PlanNode& node : graph_.nodes) {
      if (!node.delivery.empty()) width = std::max(width, node.title.size());
    }
    if (width == 0) return;
    text_ += "\ndelivery\n";
    for (const PlanNode& node : graph_.nodes) {
      if (!node.delivery.empty()) {
        text_ += fmt::format("   {:{}}  {}\n", node.title, width, node.delivery);
      }
    }
  }

  // Defaults are in the manual.
  void WriteConfig() {
    std::vector<std::pair<std::string, const ConfigEntry*>> shown;
    size_t name_width = 0;
    size_t value_width = 0;
    for (const auto& [name, entry] : graph_.config) {
      if (entry.origin == "default") continue;
      shown.emplace_back(name, &entry);
      name_width = std::max(name_width, name.size());
      value_width = std::max(value_width, std::min<size_t>(entry.value.size(), 40));
    }
    if (shown.empty()) return;
    text_ += "\nconfiguration\n";
    for (const auto& [name, entry] : shown) {
      std::string line = fmt::format("   {:{}}  {:{}}  {}", name, name_width, entry->value,
                                     value_width, entry->origin);
      line.erase(line.find_last_not_of(' ') + 1);
      text_ += line + "\n";
    }
    const size_t defaults = graph_.config.size() - shown.size();
    if (defaults > 0) {
      text_ += fmt::format("   {} more option{} by default\n", defaults, defaults == 1 ? "" : "s");
    }
  }

  const PlanGraph& graph_;
  std::string text_;
};

}  // namespace

std::string WriteText(const PlanGraph& graph) { return TextWriter(graph).Write(); }

}  // namespace flinkc
