#include "runtime/task/worker.h"

#include <algorithm>

namespace flinkc {

void Worker::Post(std::function<void(Worker&)> command) {
  {
    std::lock_guard lock(mailbox_mutex_);
    mailbox_.push_back(std::move(command));
  }
  parking_->Wake();
}

void Worker::Add(std::shared_ptr<Subtask> subtask) {
  if (subtask->is_source()) {
    subtasks_.push_back(std::move(subtask));
  } else {
    const auto first_source =
        std::find_if(subtasks_.begin(), subtasks_.end(),
                     [](const std::shared_ptr<Subtask>& other) { return other->is_source(); });
    subtasks_.insert(first_source, std::move(subtask));
  }
}

void Worker::Remove(const Subtask* subtask) {
  std::erase_if(subtasks_, [subtask](const std::shared_ptr<Subtask>& other) {
    return other.get() == subtask;
  });
}

WorkerPoll Worker::Poll(int64_t now_micros) {
  WorkerPoll poll;
  poll.progressed = RunCommands();
  // By index: a state callback may not add or remove, but it may do so through Post.
  for (size_t i = 0; i < subtasks_.size(); ++i) {
    const SubtaskPoll one = subtasks_[i]->Poll(now_micros);
    poll.progressed |= one.progressed;
    poll.wake_at_micros = std::min(poll.wake_at_micros, one.wake_at_micros);
  }
  return poll;
}

bool Worker::RunCommands() {
  {
    std::lock_guard lock(mailbox_mutex_);
    if (mailbox_.empty()) return false;
    commands_.swap(mailbox_);
  }
  for (std::function<void(Worker&)>& command : commands_) command(*this);
  commands_.clear();
  return true;
}

}  // namespace flinkc
