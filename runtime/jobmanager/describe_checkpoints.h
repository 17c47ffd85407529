// What is told of a job's checkpoints, as a message.
#pragma once

#include <string>

#include "runtime/checkpoint/checkpoint_options.h"
#include "runtime/checkpoint/checkpoint_statistics.h"
#include "runtime/protocol/job_description.pb.h"

namespace flinkc {

// `directory`: of the job's checkpoints; "": it takes none.
void DescribeCheckpoints(const CheckpointStatistics& statistics, const std::string& directory,
                         protocol::CheckpointsDescription* description);
void DescribeCheckpointConfig(const CheckpointOptions& options, const std::string& directory,
                              protocol::CheckpointConfigDescription* description);
void DescribeSummary(const Summary& summary, protocol::SummaryDescription* description);

}  // namespace flinkc
