#include "tests/simulation/workload.h"

#include <algorithm>
#include <utility>

namespace flinkc {

Workload::Workload(bool two_sources, bool with_apart, Chance* chance) {
  const int64_t split_count = chance->Between(1, 7);
  first_splits = static_cast<uint32_t>(split_count);
  if (two_sources) first_splits = static_cast<uint32_t>(chance->Between(1, split_count));
  apart_from = static_cast<uint32_t>(split_count);
  const int64_t apart_count = with_apart ? chance->Between(1, 5) : 0;
  const int64_t records_max = chance->OneOf({20, 300, 1'500});
  const int64_t keys = chance->OneOf({1, 5, 40, 3000});
  const int64_t step = chance->OneOf({1'000, 10'000});
  out_of_order_micros = chance->OneOf<int64_t>({0, 5'000, 50'000});
  window.size_micros = chance->OneOf<int64_t>({20'000, 200'000});
  window.slide_micros = window.size_micros / chance->OneOf({1, 1, 2, 4});
  window.slice_micros = window.slide_micros;
  for (int64_t i = 0; i < split_count + apart_count; ++i) {
    std::vector<Record>& records = splits.emplace_back();
    std::map<int64_t, int64_t> ordinals;
    const int64_t count =
        chance->Below(4) == 0 ? chance->Below(5) : chance->Between(1, records_max);
    for (int64_t n = 0; n < count; ++n) {
      Record& record = records.emplace_back();
      record.time = n * step + chance->Below(out_of_order_micros / 1000 + 1) * 1000;
      record.key = chance->Below(keys);
      record.kept = chance->Below(7) != 0;
      if (record.kept) record.ordinal = ++ordinals[record.key];
    }
  }
}

std::map<OutputRow, int64_t> Workload::ExpectedRows() const {
  std::map<OutputRow, int64_t> rows;
  for (size_t split = 0; split < apart_from; ++split) {
    for (size_t n = 0; n < splits[split].size(); ++n) {
      const Record& record = splits[split][n];
      if (!record.kept) continue;
      ++rows[{static_cast<int64_t>(split), static_cast<int64_t>(n), record.key, record.ordinal}];
    }
  }
  return rows;
}

std::map<OutputRow, int64_t> Workload::ExpectedWindows() const {
  std::map<std::vector<int64_t>, int64_t> counts;
  for (size_t split = 0; split < apart_from; ++split) {
    for (const Record& record : splits[split]) {
      if (!record.kept) continue;
      const int64_t last_begin = record.time / window.slide_micros * window.slide_micros;
      for (int64_t begin = last_begin; begin > record.time - window.size_micros;
           begin -= window.slide_micros) {
        ++counts[{begin, begin + window.size_micros, record.key}];
      }
    }
  }
  std::map<OutputRow, int64_t> rows;
  for (const auto& [window_and_key, count] : counts) {
    OutputRow row = window_and_key;
    row.push_back(count);
    ++rows[row];
  }
  return rows;
}

std::map<OutputRow, int64_t> Workload::ExpectedTotal() const {
  int64_t kept = 0;
  for (size_t split = 0; split < apart_from; ++split) {
    kept += std::ranges::count_if(splits[split], &Record::kept);
  }
  // A table without rows emits none.
  if (kept == 0) return {};
  return {{{kept, 0, 0, 0}, 1}};
}

std::map<OutputRow, int64_t> Workload::ExpectedApart() const {
  std::map<OutputRow, int64_t> rows;
  for (size_t split = apart_from; split < splits.size(); ++split) {
    for (size_t n = 0; n < splits[split].size(); ++n) {
      const Record& record = splits[split][n];
      if (!record.kept) continue;
      ++rows[{static_cast<int64_t>(split), static_cast<int64_t>(n), record.time, record.key}];
    }
  }
  return rows;
}

}  // namespace flinkc
