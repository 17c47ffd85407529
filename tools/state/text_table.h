// Rows of text in aligned columns, and numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flinkc {

enum class Align : uint8_t { kLeft, kRight };

class TextTable {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns; those that are missing are empty.
  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  // The titles and the rows, each line with `indent` before it, without spaces at its end.
  std::string Text(std::string_view indent = "") const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

std::string WithThousands(uint64_t number);  // 12,345
std::string HumanBytes(uint64_t bytes);      // 17 B, 1.2 KiB, 340 MiB

}  // namespace flinkc
