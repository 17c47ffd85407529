// A slot: one worker that runs the subtasks sharing the slot, cooperatively and without locks. It
// knows no thread: whoever owns it calls Poll; WorkerThread does so in a process, a simulation does
// so from its own loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/exchange/parking.h"
#include "runtime/task/subtask.h"

namespace flinkc {

struct WorkerPoll {
  bool progressed = false;
  int64_t wake_at_micros = INT64_MAX;  // processing time; INT64_MAX: only when woken
};

class Worker {
 public:
  Worker() : parking_(std::make_shared<Parking>()) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread: runs `command` in the next Poll and wakes the worker. Commands run in the order in
  // which they were posted.
  void Post(std::function<void(Worker&)> command);
  // Wakes this worker; channels and connectors get it.
  const std::shared_ptr<Parking>& parking() const { return parking_; }

  // In a command, or before the first Poll. Subtasks fed by gates are polled before sources, so
  // that what is in flight is worked off first.
  void Add(std::shared_ptr<Subtask> subtask);
  void Remove(const Subtask* subtask);

  // One round over mailbox and subtasks.
  WorkerPoll Poll(int64_t now_micros);
  // Only what was posted. False: nothing was.
  bool RunCommands();

 private:
  // Constant after construction.
  const std::shared_ptr<Parking> parking_;
  // Guarded by mailbox_mutex_.
  std::mutex mailbox_mutex_;
  std::vector<std::function<void(Worker&)>> mailbox_;
  // The polling thread only.
  std::vector<std::shared_ptr<Subtask>> subtasks_;
  std::vector<std::function<void(Worker&)>> commands_;
};

}  // namespace flinkc
