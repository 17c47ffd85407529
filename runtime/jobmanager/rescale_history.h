// What is remembered of the changes of a job's parallelism for those who ask: why each began, what
// was wanted, what came of it. Plain data, kept by the JobMaster; times in milliseconds since 1970.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/graph/job_graph.h"
#include "runtime/jobmanager/resource_requirements.h"
#include "runtime/protocol/job_description.pb.h"
#include "runtime/protocol/job_state.h"

namespace flinkc {

enum class RescaleCause : uint8_t {
  kInitialSchedule,
  kUpdateRequirement,
  kNewResourceAvailable,
  kRecoverableFailover,
};

enum class RescaleEnd : uint8_t {
  kSucceeded,          // all tasks run
  kExceptionOccurred,  // there were too few slots for too long
  // It came to nothing:
  kResourceRequirementsUpdated,
  kNoResourcesOrParallelismsChange,
  kJobFinished,
  kJobFailing,
  kJobFailoverRestarting,
  kJobCanceling,
};

class RescaleHistory {
 public:
  static constexpr size_t kHistoryMax = 10;

  explicit RescaleHistory(std::string job_id) : job_id_(std::move(job_id)) {}

  // Other bounds hold from now on; what began with the former ones comes to nothing.
  void OnRequirements(int64_t now);
  // One that is under way comes to nothing. `before`: with which it ran, if it did.
  void OnTriggered(RescaleCause cause, const JobGraph& graph,
                   const ResourceRequirements& requirements,
                   const std::optional<Parallelisms>& before, JobState state, int64_t now);
  void OnState(JobState state, int64_t now);
  // No effect if none is under way. `after`: with which it runs, if it has succeeded.
  void OnEnded(RescaleEnd end, const Parallelisms& after, int64_t now);

  void Describe(protocol::RescalesDescription* description) const;

 private:
  std::string IdOf(std::string_view kind, uint64_t number) const;

  const std::string job_id_;
  uint64_t triggered_ = 0;
  uint64_t requirements_ = 1;                         // how often there were other bounds
  uint64_t attempts_ = 0;                             // with the present ones
  bool is_under_way_ = false;                         // history_.front()
  std::vector<std::string> groups_;                   // by vertex, of history_.front()
  std::deque<protocol::RescaleDescription> history_;  // the newest first
  struct Ended {
    std::optional<protocol::RescaleDescription> latest;
    uint64_t count = 0;
    std::deque<int64_t> durations;
  };
  Ended completed_, failed_, ignored_;
};

}  // namespace flinkc
