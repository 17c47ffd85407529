#include "tests/nexmark/nexmark_query.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/nexmark/row_text.h"

namespace flinkc {

const std::vector<NexmarkQuery>& AllNexmarkQueries() {
  // An event a second: the whole clock, and three days.
  constexpr int64_t kDays = 1;
  static const std::vector<NexmarkQuery> queries = {
      {"q0", ReferenceQ0},
      {"q1", ReferenceQ1},
      {"q2", ReferenceQ2},
      {"q3", ReferenceQ3},
      {"q4", ReferenceQ4, 1'000, {"id"}},
      {"q5", ReferenceQ5},
      {"q5_count", ReferenceQ5Count},
      {"q6", ReferenceQ6},
      {"q7", ReferenceQ7},
      {"q8", ReferenceQ8},
      {"q9", ReferenceQ9, 1'000, {"id"}},
      {"q10", ReferenceQ10, 100},
      {"q11", ReferenceQ11},
      {"q12", ReferenceQ12},
      {"q13", ReferenceQ13},
      {"q14", ReferenceQ14, kDays},
      {"q15", ReferenceQ15, kDays, {"day"}},
      {"q16", ReferenceQ16, kDays, {"channel", "day"}},
      {"q17", ReferenceQ17, kDays, {"auction", "day"}},
      {"q18", ReferenceQ18, 10'000, {"bidder", "auction"}},
      {"q19", ReferenceQ19, 1'000, {"auction", "rank_number"}},
      {"q20", ReferenceQ20},
      {"q21", ReferenceQ21},
      {"q22", ReferenceQ22},
      {"q23", ReferenceQ23, 1'000, {}, 70'000, true},
      {"as_of", ReferenceAsOf}};
  return queries;
}

std::string NexmarkSpecPath(const std::string& name) {
  const std::string directory = name.starts_with("q") ? "/specs/nexmark/" : "/tests/nexmark/";
  return FLINKC_SOURCE_DIR + directory + name + ".yaml";
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> WithoutClockWindows(const std::vector<std::string>& rows,
                                             std::string* wrong) {
  // `yyyy-MM-dd hh:mm:s0.000`
  const auto is_whole = [](const std::string& time) { return time.compare(18, 5, "0.000") == 0; };
  std::map<int64_t, int64_t> counts;
  for (const std::string& text : rows) {
    const nlohmann::json row = nlohmann::json::parse(text);
    const std::string start = row["starttime"], end = row["endtime"];
    if (!is_whole(start) || !is_whole(end) || start >= end) *wrong = "no window of 10 s: " + text;
    counts[row["bidder"]] += row["bid_count"].get<int64_t>();
  }
  std::vector<std::string> sums;
  for (const auto& [bidder, count] : counts) {
    sums.push_back(RowText().Number("bidder", bidder).Number("bid_count", count).Take());
  }
  return sums;
}

}  // namespace flinkc
