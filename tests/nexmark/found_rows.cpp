#include "tests/nexmark/found_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace flinkc {

namespace {

constexpr size_t kKindBytes = 3;  // "+I "
constexpr size_t kShownMax = 5;

bool HasKind(const std::string& line) { return !line.starts_with('{'); }

std::string Shown(const std::vector<std::string>& rows) {
  std::string text;
  for (size_t i = 0; i < std::min(rows.size(), kShownMax); ++i) text += "  " + rows[i] + "\n";
  return text;
}

}  // namespace

std::vector<std::string> FinalTable(const std::vector<std::string>& lines, std::string* wrong) {
  std::unordered_map<std::string, int64_t> counts;
  for (const std::string& line : lines) {
    if (!HasKind(line)) {
      ++counts[line];
      continue;
    }
    const std::string row = line.substr(kKindBytes);
    if (line[0] == '+') {
      ++counts[row];
    } else if (--counts[row] < 0 && wrong->empty()) {
      *wrong = "takes back what is not there: " + line;
    }
  }
  std::vector<std::string> rows;
  for (const auto& [row, count] : counts) {
    for (int64_t i = 0; i < count; ++i) rows.push_back(row);
  }
  return rows;
}

std::vector<std::string> LastOfEachKey(const std::vector<std::string>& lines,
                                       const std::vector<std::string>& key) {
  std::unordered_map<std::string, std::string> table;
  for (const std::string& line : lines) {
    if (line.size() < kKindBytes || line.starts_with("-U")) continue;
    const std::string text = HasKind(line) ? line.substr(kKindBytes) : line;
    const nlohmann::json row = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (row.is_discarded()) continue;
    std::string of_key;
    for (const std::string& column : key) of_key += row[column].dump() + " ";
    if (line.starts_with("-D")) {
      table.erase(of_key);
    } else {
      table[of_key] = text;
    }
  }
  std::vector<std::string> rows;
  for (const auto& [of_key, row] : table) rows.push_back(row);
  return rows;
}

std::string Difference(std::vector<std::string> found, const ReferenceRows& reference) {
  for (std::string& row : found) {
    const auto known = reference.stands_for.find(row);
    if (known != reference.stands_for.end()) row = known->second;
  }
  std::vector<std::string> expected = reference.rows;
  std::ranges::sort(found);
  std::ranges::sort(expected);
  if (found == expected) return "";
  std::vector<std::string> missing, surplus;
  std::ranges::set_difference(expected, found, std::back_inserter(missing));
  std::ranges::set_difference(found, expected, std::back_inserter(surplus));
  return fmt::format(
      "{} rows instead of {}; {} are missing, such as\n{}{} are too many, such as\n{}",
      found.size(), expected.size(), missing.size(), Shown(missing), surplus.size(),
      Shown(surplus));
}

}  // namespace flinkc
