// The routes about one vertex of a job and its subtasks. Part of the RestRouter.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "runtime/protocol/job_state.h"
#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> VertexRoutes();

// The numbers of a subtask, or of all those of a vertex, under Flink's names.
Json TaskMetricsJson(uint64_t bytes, uint64_t rows_in, uint64_t rows_out,
                     const protocol::TaskTimes& times);

// How many tasks are in which state, under Flink's names of execution states; a task that is
// CREATED here has been sent.
Json CountsJson(const std::map<TaskState, uint64_t>& counts, bool lower_case, bool with_total);
// How they stand together: the first of these that any of them is in.
TaskState StateOf(const std::map<TaskState, uint64_t>& counts);

}  // namespace flinkc
