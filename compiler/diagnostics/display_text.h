// Source text made fit for a terminal: tabs become spaces, and what would move the cursor or is not
// UTF-8 becomes a visible sign. Columns are those of a terminal: a CJK character takes two, a
// combining one none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace flinkc {

struct DisplayLine {
  std::string text;
  // columns[i] is the column (from 0) at which byte i of the source line is shown; one more for the
  // end.
  std::vector<size_t> columns;
};

DisplayLine MakeDisplayLine(std::string_view line);

// The part of `line` in columns [begin, end).
std::string CutColumns(const DisplayLine& line, size_t begin, size_t end);

// A message's text: line ends and control characters as visible signs, bad UTF-8 as U+FFFD.
std::string CleanText(std::string_view text);

}  // namespace flinkc
