#include "runtime/metrics/metric.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

namespace flinkc {

namespace {

std::string Escape(std::string_view text, bool is_label) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || (is_label && c == '"')) escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string LabelsOf(const Metric& metric) {
  if (metric.labels.empty()) return "";
  std::string text;
  for (const auto& [name, value] : metric.labels) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "{" : ",", name, Escape(value, true));
  }
  return text + "}";
}

}  // namespace

std::string PrintPrometheus(const std::vector<Metric>& metrics) {
  std::vector<const Metric*> first;
  std::map<std::string_view, std::string> lines;
  for (const Metric& metric : metrics) {
    const auto [entry, is_first] = lines.try_emplace(metric.name);
    if (is_first) first.push_back(&metric);
    entry->second += fmt::format("{}{} {}\n", metric.name, LabelsOf(metric), metric.value);
  }
  std::string text;
  for (const Metric* metric : first) {
    text += fmt::format(
        "# HELP {0} {1}\n# TYPE {0} {2}\n{3}", metric->name, Escape(metric->help, false),
        metric->type == MetricType::kCounter ? "counter" : "gauge", lines.at(metric->name));
  }
  return text;
}

}  // namespace flinkc
