// The `file` sink: a directory of part files `part-<subtask>-<n>.<ext>`. Whoever lists it sees
// whole files alone: what is being written, and what is sealed at a barrier and waits for its
// checkpoint, has a name that begins with a dot (part_name.h). FileSinkWriter writes and seals,
// FileSinkCommitter gives the final names and clears up.
#pragma once

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

SinkRecord FileSinkRecord();
Status PrepareFileSink(const SinkDescriptor& sink);
Status CheckFileSinkPaths(const OptionMap& options, const AllowedPaths& allowed);
Result<std::unique_ptr<SinkWriter>> MakeFileWriter(SinkContext context);
Result<std::unique_ptr<SinkCommitter>> MakeFileCommitter(SinkCommitterContext context);

}  // namespace flinkc
