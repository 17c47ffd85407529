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

// A time as Flink writes it: -1 for none.
int64_t OrNone(int64_t time);
// In milliseconds, up to now if it has no end yet; -1: it has not begun.
int64_t Duration(int64_t start, int64_t end, int64_t now);

// The tasks of a vertex, or those of them that one TaskManager runs, together.
struct TaskSums {
  int64_t start = 0;  // of the first; 0: none has begun
  int64_t last_end = 0;
  bool has_ended = true;
  uint64_t rows_in = 0, rows_out = 0, bytes = 0;
  protocol::TaskTimes times;
  std::map<TaskState, uint64_t> counts;

  void Add(const protocol::VertexDescription::Task& task);
  // 0: not all have ended.
  int64_t End() const { return has_ended ? last_end : 0; }
};

// How many tasks are in which state, under Flink's names of execution states; a task that is
// CREATED here has been sent.
Json CountsJson(const std::map<TaskState, uint64_t>& counts, bool lower_case, bool with_total);
// How they stand together: the first of these that any of them is in.
TaskState StateOf(const std::map<TaskState, uint64_t>& counts);

}  // namespace flinkc
