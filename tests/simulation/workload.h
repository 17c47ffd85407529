// What the sources of a simulated job give, a pure function of the seed, and what must come out.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "runtime/graph/chain_layout.h"
#include "tests/simulation/chance.h"

namespace flinkc {

// All numbers of a row that leaves a sink.
using OutputRow = std::vector<int64_t>;

struct Record {
  // Event time in microseconds, whole milliseconds; out of order by at most out_of_order_micros.
  int64_t time = 0;
  int64_t key = 0;
  bool kept = true;     // the job's filter lets it pass
  int64_t ordinal = 0;  // of a kept one: which of its key in its split, from 1
};

struct Workload {
  Workload(bool two_sources, bool with_apart, Chance* chance);

  // By split; the first `first_splits` belong to the first source, those from `apart_from` on to
  // the one apart, what is between to the second.
  std::vector<std::vector<Record>> splits;
  uint32_t first_splits = 0;
  uint32_t apart_from = 0;
  int64_t out_of_order_micros = 0;
  WindowLayout window;

  // The rows of each sink after all records, each as often as it must be there.
  std::map<OutputRow, int64_t> ExpectedRows() const;     // split, record, key, ordinal
  std::map<OutputRow, int64_t> ExpectedWindows() const;  // begin, end, key, count
  std::map<OutputRow, int64_t> ExpectedTotal() const;    // one row: kept records
  std::map<OutputRow, int64_t> ExpectedApart() const;    // split, record, time, key
};

}  // namespace flinkc
