// The routes about one vertex of a job and its subtasks. Part of the RestRouter.
#pragma once

#include <span>

#include "runtime/rest/rest_call.h"

namespace flinkc {

std::span<const RestRoute> VertexRoutes();

// The numbers of a subtask, or of all those of a vertex, under Flink's names.
Json TaskMetricsJson(uint64_t bytes, uint64_t rows_in, uint64_t rows_out,
                     const protocol::TaskTimes& times);

}  // namespace flinkc
