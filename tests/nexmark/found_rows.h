// The rows that a job printed, ready to be compared with a reference.
#pragma once

#include <string>
#include <vector>

#include "tests/nexmark/reference.h"

namespace flinkc {

// The table that printed rows leave: a line is a row, or with its kind (+I, -U, +U, -D) a change.
// Every change must be of a row that is there; otherwise `*wrong` says which is not.
std::vector<std::string> FinalTable(const std::vector<std::string>& lines, std::string* wrong);

// The table if changes are upserts by the columns `key`: what the last of each key says. Of a job
// that went back to a checkpoint and printed again what followed it; a line that was cut off when
// the job was killed does not count.
std::vector<std::string> LastOfEachKey(const std::vector<std::string>& lines,
                                       const std::vector<std::string>& key);

// "" if the rows are the reference's, in any order; otherwise what is missing and what is too much.
std::string Difference(std::vector<std::string> found, const ReferenceRows& reference);

}  // namespace flinkc
