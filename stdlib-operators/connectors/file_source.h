// The `file` source: reads files, directories and globs once; see file_split.h and block_reader.h.
#pragma once

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

SourceRecord FileSourceRecord();
Result<std::unique_ptr<SplitEnumerator>> MakeFileEnumerator(const SourceDescriptor& source);
Result<std::unique_ptr<SourceReader>> MakeFileReader(SourceContext context);
// Also of each file that the path names now.
Status CheckFileSourcePaths(const OptionMap& options, const AllowedPaths& allowed);

}  // namespace flinkc
