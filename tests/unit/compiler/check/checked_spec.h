// A spec given as text, parsed and checked against the functions and formats of the standard
// library and a few connectors made for tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/check/check_spec.h"

namespace flinkc {

// `events` (source: bounded, schema and format given; sink: refuses updates, transactional),
// `ticks` (source: unbounded unless `rows` is given, columns fixed {id BIGINT NOT NULL, at
// TIMESTAMP(3) NOT NULL, note STRING}, event time `at` by itself), `console` and `blackhole`.
const ConnectorRecords& TestConnectors();
const FunctionRegistry& TestFunctions();

struct CheckedSpec {
  explicit CheckedSpec(std::string text, bool strict = false);

  // Each report, sorted, as "E0401 3:5 `underlined`: message".
  std::vector<std::string> reports() const;
  // Everything about the report with this code: labels and help as well.
  std::string Report(std::string_view code) const;
  // The printed plan; the reports if there is none.
  std::string Printed() const;

  SourceBuffer buffer;
  DiagnosticLog log;
  std::optional<JobSpec> spec;
  std::optional<LogicalPlan> plan;
};

// A spec with the source `orders` (bounded, event time ts): {id BIGINT NOT NULL, store STRING NOT
// NULL, amount DECIMAL(12, 2), price DOUBLE, tags ARRAY<STRING>, ts TIMESTAMP(3) NOT NULL}, and
// whatever `rest` adds; its text starts on line 5.
std::string WithOrders(std::string_view rest);

}  // namespace flinkc
