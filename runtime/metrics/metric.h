// One number of many that are shown together, and how Prometheus reads them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace flinkc {

enum class MetricType : uint8_t {
  kGauge,
  kCounter,  // only grows
};

struct Metric {
  using Labels = std::vector<std::pair<std::string, std::string>>;

  std::string name;  // letters, digits and `_`
  std::string help;  // one sentence
  MetricType type = MetricType::kGauge;
  Labels labels;
  int64_t value = 0;
};

// Prometheus' text format 0.0.4: metrics of one name together, in the order of their first.
std::string PrintPrometheus(const std::vector<Metric>& metrics);

}  // namespace flinkc
