// What a file sink's writer seals at a barrier and its committer makes visible: files that are
// written whole and wait for their final names. As bytes it is part of a checkpoint:
//
//   {"files":[{"unfinished":"b=1/.part-0-0.csv.<tags>.inprogress","final":"b=1/part-0-0.csv",
//              "size":17}],
//    "replaces":[{"file":"part-0-9.csv","size":4}]}
//
// All paths are relative to the sink's directory; in them bytes that are not printable ASCII, `"`,
// `\` and `%` are written as %XX.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace flinkc {

struct SealedFile {
  std::string unfinished;
  std::string final_path;
  int64_t size_bytes = 0;
};

// A part file of an earlier run that goes when the unit is committed (mode: overwrite).
struct ReplacedFile {
  std::string path;
  int64_t size_bytes = 0;
};

struct SealedUnit {
  std::vector<SealedFile> files;
  std::vector<ReplacedFile> replaced;

  bool empty() const { return files.empty() && replaced.empty(); }
};

std::string EncodeSealedUnit(const SealedUnit& unit);
// Only what EncodeSealedUnit writes, with paths that lie below the directory and names as
// part_name.h makes them; all else is kCorrupt.
Result<SealedUnit> DecodeSealedUnit(std::string_view bytes);

}  // namespace flinkc
