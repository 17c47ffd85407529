// Which of a job's sources are read in step (`event_time.align`), where the subtasks of each are,
// and how far they may read: as far ahead of the least of their group as each source allows. What
// has finished, has nothing to read, or is idle is waited for by nobody.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/job_graph.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

// JobMaster's thread only.
class SourceAlignment {
 public:
  struct Limit {
    uint32_t vertex = 0;
    int64_t watermark = 0;  // INT64_MAX: none
  };

  SourceAlignment() = default;
  // Nobody has been heard of, so that all who have read something wait.
  explicit SourceAlignment(const JobGraph& graph);

  // Of a source that is not aligned: nothing.
  void OnReport(const protocol::ReportAlignment& report);
  void OnFinished(uint32_t vertex, uint32_t subtask);
  // It starts again, and has not been heard of.
  void Restart(uint32_t vertex, uint32_t subtask);
  // What is to be told now: at the interval of each source, and to one that waits when it need not
  // any more.
  std::vector<Limit> TakeDue(int64_t now_micros);
  // How far it is ahead of its group's least, as far as both are known.
  std::optional<int64_t> DriftOf(uint32_t vertex, uint32_t subtask) const;

 private:
  struct Member {
    bool counts = true;
    int64_t watermark = INT64_MIN;
    bool is_held_back = false;
  };
  struct Source {
    WatermarkAlignment align;
    std::vector<Member> subtasks;
    std::optional<int64_t> told_micros;
    int64_t told = INT64_MIN;
  };

  Member* Find(uint32_t vertex, uint32_t subtask);
  // INT64_MIN: of one there is none yet. INT64_MAX: there is nobody to wait for.
  int64_t LeastOf(const std::string& group) const;
  int64_t LimitOf(const Source& source) const;

  std::map<uint32_t, Source> sources_;  // by vertex
};

}  // namespace flinkc
