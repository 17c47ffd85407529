// NEXMark queries as one would write them by hand, for one query and nothing else: the same
// generator, every field of every event drawn, plain loops over its columns and hash tables made to
// measure; no plan, no exchange, no worker. What the engine is measured against.
#pragma once

#include <cstdint>
#include <string_view>

namespace flinkc {

struct HandwrittenRun {
  double seconds = 0;
  uint64_t rows_out = 0;
  uint64_t checksum = 0;  // of every value of every row, so that nothing can be left out
};

// `query`: q0, q1, q2, q5, q5_count, q7, q8 or q17. `events` in all, `rate` events a second of
// event time.
HandwrittenRun RunHandwritten(std::string_view query, int64_t events, double rate);

}  // namespace flinkc
