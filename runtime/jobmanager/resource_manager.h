// Knows the slots of all TaskManagers and gives them to jobs, in the order in which they asked. A
// state machine without I/O; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/jobmanager/job_master.h"

namespace flinkc {

class ResourceManager {
 public:
  // A TaskManager that registers again starts afresh: its slots are free.
  void Register(const std::string& task_manager_id, uint32_t slots);
  // It is gone, its slots with it.
  void Unregister(const std::string& task_manager_id);
  // 0: it is not known.
  uint32_t free_slots_of(const std::string& task_manager_id) const;
  // Remembers what the job needs: `slots`, or `least` of them where no more are free. In place of
  // what it has asked for before; what it has is free again, unless it `keeps` that and needs more.
  // It goes before those that wait if it has any. So many of each TaskManager, as far as they are
  // free, are `preferred` to others.
  void Request(const std::string& job_id, uint32_t slots, uint32_t least, bool keeps = false,
               SlotCounts preferred = {});
  // Forgets the job's request and frees its slots.
  void Release(const std::string& job_id);
  uint32_t free_slots() const { return free_slots_; }
  // Free slots that no other job waits for before it.
  uint32_t available_to(const std::string& job_id) const;
  uint32_t slots() const;
  uint32_t task_managers() const { return static_cast<uint32_t>(task_managers_.size()); }

  struct Grant {
    std::string job_id;
    std::vector<AllocatedSlot> slots;
  };
  // The next job whose request can be met: what it prefers first, the others spread over the
  // TaskManagers with the most free slots.
  // First come, first served: a job behind one that waits waits too.
  std::optional<Grant> NextGrant();

 private:
  struct Pending {
    std::string job_id;
    uint32_t slots = 0;
    uint32_t least = 0;
    SlotCounts preferred;
  };
  // Whether the job has slots.
  bool HasAny(const std::string& job_id) const;
  // Frees what the job has.
  void Free(const std::string& job_id);
  struct Slots {
    std::vector<std::string> jobs;  // that has the slot; "": it is free
    uint32_t free = 0;
  };
  // One that is free goes to the grant.
  void Take(const std::string& id, Slots& slots, Grant* grant);

  std::map<std::string, Slots> task_managers_;
  uint32_t free_slots_ = 0;  // of all
  std::deque<Pending> pending_;
};

}  // namespace flinkc
