// Who looks at which streams of the jobs that run on one TaskManager (`flinkc tap`). Each asks for
// rows again and again; who has not asked for a while is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/protocol/messages.pb.h"
#include "runtime/protocol/tap_limits.h"
#include "runtime/task/subtask.h"
#include "runtime/task/task_threads.h"
#include "runtime/taskmanager/tap_session.h"

namespace flinkc {

// A job as it runs here.
struct TappedJob {
  std::vector<std::shared_ptr<const CompiledChain>> chains;  // by vertex
  struct Task {
    uint32_t vertex = 0;
    uint32_t subtask = 0;
    std::shared_ptr<Subtask> task;
    std::shared_ptr<Worker> worker;
  };
  std::vector<Task> tasks;
};

// The TaskManager's thread only.
class Taps {
 public:
  // Since somebody has asked last.
  static constexpr int64_t kLeaseMicros = std::chrono::microseconds(kTaskTapLease).count();
  static constexpr size_t kTapsMax = 16;

  // All must outlive the workers of the jobs. `background` makes what is needed to look.
  Taps(ChainLoader* loader, MemoryPool* memory, BackgroundTasks* background)
      : loader_(loader), memory_(memory), background_(background) {}
  ~Taps();
  Taps(const Taps&) = delete;
  Taps& operator=(const Taps&) = delete;

  static protocol::StreamList ListStreams(const TappedJob& job);
  // `job`: nullptr where nothing of it runs here any more; what was put aside is still given.
  Result<protocol::TapRows> Read(const protocol::ReadTap& read, const TappedJob* job,
                                 int64_t now_micros);
  // Lets those go who have gone.
  void OnTimer(int64_t now_micros);

 private:
  struct Tap {
    std::shared_ptr<TapSession> session;
    std::string job_id;
    // By vertex and subtask: what it looks at.
    std::map<std::pair<uint32_t, uint32_t>, std::weak_ptr<Subtask>> tasks;
    bool has_begun = false;
    int64_t asked_micros = 0;
  };

  Result<Tap*> Find(const protocol::ReadTap& read, const TappedJob* job, int64_t now_micros);
  // Looks at what has been started since the last time.
  void Begin(const TappedJob& job, Tap* tap);

  // Constant after construction.
  ChainLoader* const loader_;
  MemoryPool* const memory_;
  BackgroundTasks* const background_;
  std::map<std::string, Tap> taps_;
};

}  // namespace flinkc
