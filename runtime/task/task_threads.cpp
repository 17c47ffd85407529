#include "runtime/task/task_threads.h"

#include <utility>

#include "runtime/task/background_thread.h"
#include "runtime/task/worker_thread.h"

namespace flinkc {

std::unique_ptr<RunningWorker> TaskThreads::StartWorker(std::shared_ptr<Worker> worker,
                                                        const Clock* clock, std::string name) {
  return std::make_unique<WorkerThread>(std::move(worker), clock, std::move(name));
}

std::unique_ptr<BackgroundTasks> TaskThreads::StartBackground(const char* name) {
  return std::make_unique<BackgroundThread>(name);
}

}  // namespace flinkc
