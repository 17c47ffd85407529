#include "runtime/jobmanager/resource_manager.h"

#include <algorithm>

namespace flinkc {

uint32_t ResourceManager::TaskManagerSlots::free() const {
  return static_cast<uint32_t>(std::ranges::count(jobs, ""));
}

void ResourceManager::Register(const std::string& task_manager_id, uint32_t slots,
                               const std::string& data_address) {
  task_managers_[task_manager_id] = {data_address, std::vector<std::string>(slots)};
}

void ResourceManager::Request(const std::string& job_id, uint32_t slots) {
  pending_.push_back({job_id, slots});
}

void ResourceManager::Release(const std::string& job_id) {
  std::erase_if(pending_, [&](const Pending& pending) { return pending.job_id == job_id; });
  for (auto& [id, slots] : task_managers_) std::ranges::replace(slots.jobs, job_id, std::string());
}

uint32_t ResourceManager::slots_of(const std::string& task_manager_id) const {
  const auto found = task_managers_.find(task_manager_id);
  return found == task_managers_.end() ? 0 : static_cast<uint32_t>(found->second.jobs.size());
}

uint32_t ResourceManager::free_slots_of(const std::string& task_manager_id) const {
  const auto found = task_managers_.find(task_manager_id);
  return found == task_managers_.end() ? 0 : found->second.free();
}

uint32_t ResourceManager::free_slots() const {
  uint32_t free = 0;
  for (const auto& [id, slots] : task_managers_) free += slots.free();
  return free;
}

uint32_t ResourceManager::slots() const {
  size_t all = 0;
  for (const auto& [id, slots] : task_managers_) all += slots.jobs.size();
  return static_cast<uint32_t>(all);
}

std::optional<ResourceManager::Grant> ResourceManager::NextGrant() {
  if (pending_.empty() || pending_.front().slots > free_slots()) return std::nullopt;
  Grant grant{pending_.front().job_id, {}};
  for (uint32_t i = 0; i < pending_.front().slots; ++i) {
    auto& [id, most_free] = *std::ranges::max_element(
        task_managers_, {}, [](const auto& entry) { return entry.second.free(); });
    const auto slot = std::ranges::find(most_free.jobs, "");
    *slot = grant.job_id;
    grant.slots.push_back(
        {id, static_cast<uint32_t>(slot - most_free.jobs.begin()), most_free.data_address});
  }
  pending_.pop_front();
  return grant;
}

}  // namespace flinkc
