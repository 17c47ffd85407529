#include "runtime/jobmanager/resource_manager.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace flinkc {

void ResourceManager::Register(const std::string& task_manager_id, uint32_t slots) {
  Unregister(task_manager_id);
  task_managers_[task_manager_id] = {std::vector<std::string>(slots), slots};
  free_slots_ += slots;
}

void ResourceManager::Unregister(const std::string& task_manager_id) {
  const auto found = task_managers_.find(task_manager_id);
  if (found == task_managers_.end()) return;
  free_slots_ -= found->second.free;
  task_managers_.erase(found);
}

void ResourceManager::Request(const std::string& job_id, uint32_t slots, uint32_t least, bool keeps,
                              SlotCounts preferred) {
  const bool has_any = HasAny(job_id);
  if (!keeps) Free(job_id);
  const auto waiting = std::ranges::find(pending_, job_id, &Pending::job_id);
  Pending request{job_id, slots, least, std::move(preferred)};
  if (waiting != pending_.end()) {
    *waiting = std::move(request);
  } else if (has_any) {
    pending_.push_front(std::move(request));
  } else {
    pending_.push_back(std::move(request));
  }
}

void ResourceManager::Release(const std::string& job_id) {
  std::erase_if(pending_, [&](const Pending& pending) { return pending.job_id == job_id; });
  Free(job_id);
}

bool ResourceManager::HasAny(const std::string& job_id) const {
  return std::ranges::any_of(task_managers_, [&](const auto& entry) {
    return std::ranges::find(entry.second.jobs, job_id) != entry.second.jobs.end();
  });
}

void ResourceManager::Free(const std::string& job_id) {
  for (auto& [id, slots] : task_managers_) {
    const auto held = static_cast<uint32_t>(std::ranges::count(slots.jobs, job_id));
    std::ranges::replace(slots.jobs, job_id, std::string());
    slots.free += held;
    free_slots_ += held;
  }
}

uint32_t ResourceManager::available_to(const std::string& job_id) const {
  const bool others_wait = !pending_.empty() && pending_.front().job_id != job_id;
  return others_wait ? 0 : free_slots_;
}

uint32_t ResourceManager::free_slots_of(const std::string& task_manager_id) const {
  const auto found = task_managers_.find(task_manager_id);
  return found == task_managers_.end() ? 0 : found->second.free;
}

uint32_t ResourceManager::slots() const {
  size_t all = 0;
  for (const auto& [id, slots] : task_managers_) all += slots.jobs.size();
  return static_cast<uint32_t>(all);
}

void ResourceManager::Take(const std::string& id, Slots& slots, Grant* grant) {
  const auto slot = std::ranges::find(slots.jobs, "");
  *slot = grant->job_id;
  --slots.free;
  --free_slots_;
  grant->slots.push_back({id, static_cast<uint32_t>(slot - slots.jobs.begin())});
}

std::optional<ResourceManager::Grant> ResourceManager::NextGrant() {
  if (pending_.empty() || pending_.front().least > free_slots_) return std::nullopt;
  Grant grant{pending_.front().job_id, {}};
  const uint32_t granted = std::min(pending_.front().slots, free_slots_);
  // One of each in turn: fewer slots than there were are spread as those were.
  for (bool took = true; took;) {
    took = false;
    for (auto& [id, count] : pending_.front().preferred) {
      const auto found = task_managers_.find(id);
      if (found == task_managers_.end() || found->second.free == 0) continue;
      if (count == 0 || grant.slots.size() == granted) continue;
      Take(id, found->second, &grant);
      --count;
      took = true;
    }
  }
  // The most free slots first; of equals the smallest id.
  using Candidate = std::pair<uint32_t, std::reference_wrapper<const std::string>>;
  const auto comes_later = [](const Candidate& a, const Candidate& b) {
    return a.first != b.first ? a.first < b.first : a.second.get() > b.second.get();
  };
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(comes_later)> candidates(
      comes_later);
  for (const auto& [id, slots] : task_managers_) candidates.emplace(slots.free, std::cref(id));
  while (grant.slots.size() < granted) {
    const std::string& id = candidates.top().second;
    candidates.pop();
    Slots& slots = task_managers_.at(id);
    Take(id, slots, &grant);
    candidates.emplace(slots.free, std::cref(id));
  }
  pending_.pop_front();
  return grant;
}

}  // namespace flinkc
