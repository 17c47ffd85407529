// What the options of a `file` sink say, read once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/connector/option_record.h"
#include "runtime/graph/descriptors.h"
#include "stdlib-operators/connectors/compression.h"

namespace flinkc {

struct FileSinkSettings {
  std::string path;  // without `/` at the end
  std::string mode;
  Compression compression = Compression::kNone;
  int64_t roll_bytes = INT64_MAX;
  int64_t roll_nanos = INT64_MAX;
  std::vector<std::string> partition_by;

  // A path relative to the directory, "" being itself, as the file system knows it.
  std::string Below(const std::string& relative) const {
    return relative.empty() ? path : path + "/" + relative;
  }
};

std::span<const OptionRecord> FileSinkOptions();
Result<FileSinkSettings> ReadFileSinkSettings(const SinkDescriptor& sink);

}  // namespace flinkc
