// Which files a `file` source reads, and where large ones are cut so that every slot has something
// to read: always at the beginning of a record, so that any size of splits gives the same rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/connector/source.h"
#include "runtime/graph/descriptors.h"
#include "stdlib-operators/connectors/compression.h"

namespace flinkc {

// Bytes [begin, end) of a file; of a compressed one all, and `end` is the compressed size.
struct FileSplit {
  std::string path;
  int64_t begin = 0;
  int64_t end = 0;
  Compression compression = Compression::kNone;
};

std::string EncodeFileSplit(const FileSplit& split);
Result<FileSplit> DecodeFileSplit(const std::string& payload);

// The files that `path` (a file, a directory with all below it, or a glob) names now, in the order
// of their paths. Names that begin with a dot or an underscore are passed over in directories.
// Nothing there at all is kNotFound; an empty directory gives none.
Result<std::vector<std::string>> FindInputFiles(const std::string& path);

// What the compression option says about this file, looking at its first bytes under `auto`.
Result<Compression> CompressionOf(const std::string& option, const std::string& path);

// Splits of about `split_bytes`: ids are in the order of paths and positions.
Result<std::vector<Split>> MakeFileSplits(const SourceDescriptor& source, int64_t split_bytes,
                                          const std::string& compression);

}  // namespace flinkc
