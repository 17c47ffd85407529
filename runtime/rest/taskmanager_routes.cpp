#include "runtime/rest/taskmanager_routes.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>

#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

int PortOf(const std::string& address) {
  const size_t colon = address.rfind(':');
  return colon == std::string::npos ? 0 : std::atoi(address.c_str() + colon + 1);
}

Json TaskManagerJson(const protocol::TaskManagerDescription& task_manager) {
  // Of the pool of batches, arenas and state.
  const int64_t free = task_manager.memory_bytes() - task_manager.usage().managed_bytes();
  return {{"id", task_manager.id()},
          {"path", task_manager.data_address().empty() ? "in the JobManager's process"
                                                       : task_manager.data_address()},
          {"dataPort", PortOf(task_manager.data_address())},
          {"timeSinceLastHeartbeat", task_manager.heard_at_millis()},
          {"slotsNumber", task_manager.slots()},
          {"freeSlots", task_manager.free_slots()},
          {"hardware",
           {{"cpuCores", task_manager.cpu_cores()},
            {"physicalMemory", task_manager.physical_memory_bytes()},
            {"freeMemory", std::max<int64_t>(free, 0)},
            {"managedMemory", task_manager.memory_bytes()}}},
          {"blocked", false}};
}

// One entry for each slot that a task of a job is in.
Json SlotsJson(const protocol::DescribeJobsReply& cluster, const std::string& task_manager_id) {
  Json slots = Json::array();
  for (const protocol::JobDescription& job : cluster.jobs()) {
    std::set<std::pair<std::string, int>> taken;
    for (const protocol::VertexDescription& vertex : job.vertices()) {
      for (int i = 0; i < vertex.tasks_size(); ++i) {
        const protocol::VertexDescription::Task& task = vertex.tasks(i);
        const bool runs = !IsTerminal(static_cast<TaskState>(task.state()));
        if (!runs || task.task_manager_id() != task_manager_id) continue;
        if (!taken.emplace(vertex.slot_sharing_group(), i).second) continue;
        slots.push_back({{"jobId", job.job_id()}});
      }
    }
  }
  return slots;
}

HttpResponse GetTaskManagers(const RestCall& call) {
  const auto cluster = call.gateway->Describe(protocol::DescribeJobs());
  if (!cluster) return FailureOf(cluster.error());
  Json task_managers = Json::array();
  for (const protocol::TaskManagerDescription& task_manager : cluster->task_manager_list()) {
    task_managers.push_back(TaskManagerJson(task_manager));
  }
  return JsonResponse({{"taskmanagers", std::move(task_managers)}});
}

HttpResponse GetTaskManager(const RestCall& call) {
  const auto cluster = DescribeWithDetails(call);
  if (!cluster) return FailureOf(cluster.error());
  const auto task_manager = TaskManagerOf(call, *cluster);
  if (!task_manager) return FailureOf(task_manager.error());
  Json json = TaskManagerJson(*task_manager);
  json["allocatedSlots"] = SlotsJson(*cluster, task_manager->id());
  return JsonResponse(json);
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/taskmanagers", GetTaskManagers},
    {HttpMethod::kGet, "/taskmanagers/:taskmanagerid", GetTaskManager},
};

}  // namespace

std::span<const RestRoute> TaskManagerRoutes() { return kRoutes; }

}  // namespace flinkc
