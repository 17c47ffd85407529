// A sink that keeps its rows as texts.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "runtime/connector/sink.h"

namespace flinkc {

using Rows = std::vector<std::string>;

class RowsSink final : public SinkWriter {
 public:
  // "1 2 NULL": the columns, all BIGINT.
  Status Write(const BatchPtr& batch) override {
    for (int32_t row = 0; row < batch->row_count(); ++row) {
      std::string text;
      for (size_t column = 0; column < batch->column_count(); ++column) {
        text += column == 0 ? "" : " ";
        text += batch->IsNull(column, row) ? "NULL"
                                           : fmt::format("{}", batch->Values<int64_t>(column)[row]);
      }
      rows.push_back(text);
    }
    return {};
  }
  Rows rows;
};

}  // namespace flinkc
