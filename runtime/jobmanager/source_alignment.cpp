#include "runtime/jobmanager/source_alignment.h"

#include <algorithm>

namespace flinkc {

SourceAlignment::SourceAlignment(const JobGraph& graph) {
  for (const JobVertex& vertex : graph.vertices) {
    if (!vertex.event_time || !vertex.event_time->align) continue;
    Source& source = sources_[vertex.id.value()];
    source.align = *vertex.event_time->align;
    source.subtasks.resize(vertex.parallelism);
  }
}

SourceAlignment::Member* SourceAlignment::Find(uint32_t vertex, uint32_t subtask) {
  const auto source = sources_.find(vertex);
  if (source == sources_.end() || subtask >= source->second.subtasks.size()) return nullptr;
  return &source->second.subtasks[subtask];
}

void SourceAlignment::OnReport(const protocol::ReportAlignment& report) {
  Member* const member = Find(report.task().vertex(), report.task().subtask());
  if (member == nullptr) return;
  *member = {report.counts(), report.watermark(), report.is_held_back()};
}

void SourceAlignment::OnFinished(uint32_t vertex, uint32_t subtask) {
  if (Member* const member = Find(vertex, subtask)) *member = {.counts = false};
}

void SourceAlignment::Restart(uint32_t vertex, uint32_t subtask) {
  Member* const member = Find(vertex, subtask);
  if (member == nullptr) return;
  *member = {};
  sources_.at(vertex).told_micros.reset();
}

int64_t SourceAlignment::LeastOf(const std::string& group) const {
  int64_t least = INT64_MAX;
  for (const auto& [vertex, source] : sources_) {
    if (source.align.group != group) continue;
    for (const Member& member : source.subtasks) {
      if (member.counts) least = std::min(least, member.watermark);
    }
  }
  return least;
}

int64_t SourceAlignment::LimitOf(const Source& source) const {
  const int64_t least = LeastOf(source.align.group);
  if (least == INT64_MIN || least > INT64_MAX - source.align.max_drift_micros) return least;
  return least + source.align.max_drift_micros;
}

std::vector<SourceAlignment::Limit> SourceAlignment::TakeDue(int64_t now_micros) {
  std::vector<Limit> due;
  for (auto& [vertex, source] : sources_) {
    const bool is_time = !source.told_micros ||
                         now_micros - *source.told_micros >= source.align.update_interval_micros;
    const bool waits = std::ranges::any_of(source.subtasks, &Member::is_held_back);
    if (!is_time && !waits) continue;
    const int64_t limit = LimitOf(source);
    if (!is_time && limit <= source.told) continue;
    source.told = limit;
    source.told_micros = now_micros;
    due.push_back({vertex, limit});
  }
  return due;
}

std::optional<int64_t> SourceAlignment::DriftOf(uint32_t vertex, uint32_t subtask) const {
  const auto source = sources_.find(vertex);
  if (source == sources_.end() || subtask >= source->second.subtasks.size()) return std::nullopt;
  const Member& member = source->second.subtasks[subtask];
  const int64_t least = LeastOf(source->second.align.group);
  if (!member.counts || member.watermark == INT64_MIN || least == INT64_MIN) return std::nullopt;
  const bool fits = least >= 0 || member.watermark <= INT64_MAX + least;
  return fits ? member.watermark - least : INT64_MAX;
}

}  // namespace flinkc
