// The `file` sink: a directory of part files `part-<subtask>-<n>.<ext>`. A file has its final name
// only after all sinks of the job have finished, so whoever lists the directory sees whole files
// alone; unfinished ones begin with a dot, and go when the job fails or is cancelled.
//
// The worker writes by itself: a write goes to the system's memory, 256 KiB at a time; the disk is
// waited for in Finish.
#pragma once

#include "runtime/connector/connector_record.h"
#include "runtime/connector/connector_runtime.h"

namespace flinkc {

SinkRecord FileSinkRecord();
Status PrepareFileSink(const SinkDescriptor& sink);
Result<std::unique_ptr<SinkWriter>> MakeFileWriter(SinkContext context);

}  // namespace flinkc
