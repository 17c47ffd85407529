// The queries of specs/nexmark, and what none of them does, each with what computes its result a
// second time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/nexmark/reference.h"

namespace flinkc {

struct NexmarkQuery {
  std::string name;  // of the spec: "q5"
  ReferenceRows (*reference)(const NexmarkEvents&);
  // Events a second of event time, such that windows close, days pass and sessions end.
  int64_t rate = 1'000;
  // Of a query that updates its rows: what an update is addressed by.
  std::vector<std::string> key = {};
  // Enough to give rows, where not all 200,000 are wanted.
  int64_t few_events = 40'000;
  // All of them give hundreds of megabytes: only where every combination runs.
  bool is_large = false;
};

// All there are, whether there is a spec or not.
const std::vector<NexmarkQuery>& AllNexmarkQueries();

// Where the spec of a query stands.
std::string NexmarkSpecPath(const std::string& name);
std::string ReadText(const std::string& path);

// The rows of q12 without their windows, bids added up for each bidder. Windows of the clock differ
// from run to run; `*wrong` says which is none of ten seconds.
std::vector<std::string> WithoutClockWindows(const std::vector<std::string>& rows,
                                             std::string* wrong);

}  // namespace flinkc
