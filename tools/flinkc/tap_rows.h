// The rows of a tap as they are printed: a table, or lines of JSON or CSV as the console sink's.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace flinkc {

class TapRows {
 public:
  virtual ~TapRows() = default;
  // What of a row of the REST API is wanted: "json" or "cells".
  virtual const char* rest_format() const = 0;
  // The text of some rows, as /jobs/:jobid/taps/:tapid gives them; with the names of the columns
  // before the first where the format has such a line.
  virtual std::string Print(const std::vector<nlohmann::json>& rows) = 0;
};

// Fit for a terminal: spaces in place of control characters.
std::string WithoutControl(std::string text);

// `format`: "table", "json" or "csv". `updates`: the kind of each row stands before it.
std::unique_ptr<TapRows> MakeTapRows(const std::string& format, std::vector<std::string> columns,
                                     bool updates);

}  // namespace flinkc
