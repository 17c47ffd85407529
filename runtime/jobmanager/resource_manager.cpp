#include "runtime/jobmanager/resource_manager.h"

#include <algorithm>

namespace flinkc {

namespace {

int64_t FreeOf(const std::vector<std::string>& slots) { return std::ranges::count(slots, ""); }

}  // namespace

void ResourceManager::Register(const std::string& task_manager_id, uint32_t slots) {
  task_managers_[task_manager_id].assign(slots, "");
}

void ResourceManager::Request(const std::string& job_id, uint32_t slots) {
  pending_.push_back({job_id, slots});
}

void ResourceManager::Release(const std::string& job_id) {
  std::erase_if(pending_, [&](const Pending& pending) { return pending.job_id == job_id; });
  for (auto& [id, slots] : task_managers_) std::ranges::replace(slots, job_id, std::string());
}

uint32_t ResourceManager::free_slots_of(const std::string& task_manager_id) const {
  const auto found = task_managers_.find(task_manager_id);
  return found == task_managers_.end() ? 0 : static_cast<uint32_t>(FreeOf(found->second));
}

uint32_t ResourceManager::free_slots() const {
  int64_t free = 0;
  for (const auto& [id, slots] : task_managers_) free += FreeOf(slots);
  return static_cast<uint32_t>(free);
}

uint32_t ResourceManager::slots() const {
  size_t all = 0;
  for (const auto& [id, slots] : task_managers_) all += slots.size();
  return static_cast<uint32_t>(all);
}

std::optional<ResourceManager::Grant> ResourceManager::NextGrant() {
  if (pending_.empty() || pending_.front().slots > free_slots()) return std::nullopt;
  Grant grant{pending_.front().job_id, {}};
  for (uint32_t i = 0; i < pending_.front().slots; ++i) {
    const auto most_free = std::ranges::max_element(
        task_managers_, {}, [](const auto& entry) { return FreeOf(entry.second); });
    const auto slot = std::ranges::find(most_free->second, "");
    *slot = grant.job_id;
    grant.slots.push_back(
        {most_free->first, static_cast<uint32_t>(slot - most_free->second.begin())});
  }
  pending_.pop_front();
  return grant;
}

}  // namespace flinkc
