// Where the subtasks of a job run, as a deployment says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/graph/job_graph.h"
#include "runtime/protocol/messages.pb.h"

namespace flinkc {

class Placements {
 public:
  struct Place {
    uint32_t task_manager = 0;  // of task_managers()
    uint32_t slot = 0;
  };
  struct Address {
    std::string id;
    std::string data_address;
  };

  // kCorrupt: the deployment contradicts itself.
  static Result<Placements> Read(const protocol::DeployTasks& deploy, const JobGraph& graph);

  const std::vector<Address>& task_managers() const { return task_managers_; }
  // Nothing: nowhere.
  std::optional<Place> Of(const JobVertex& vertex, uint32_t subtask) const;
  // Whether the subtask is known to run on another TaskManager than `id`.
  bool IsElsewhere(const JobVertex& vertex, uint32_t subtask, const std::string& id) const;

 private:
  Placements() = default;

  std::vector<Address> task_managers_;
  // By slot sharing group and index.
  std::map<std::string, std::vector<std::optional<Place>>> groups_;
};

}  // namespace flinkc
