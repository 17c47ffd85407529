#include "runtime/rest/async_operations.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc {

void AsyncOperations::Expire(int64_t now_micros) {
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.second.operation.completed &&
           entry.second.completed_at_micros + kResultsKeptMicros <= now_micros;
  });
}

Result<bool> AsyncOperations::Add(const AsyncOperation& operation, int64_t now_micros,
                                  uint64_t* request_id) {
  Expire(now_micros);
  const auto known = entries_.find({operation.job_id, operation.trigger_id});
  if (known != entries_.end()) {
    const AsyncOperation& other = known->second.operation;
    if (other.kind == operation.kind && other.target == operation.target &&
        other.full == operation.full && other.disposes == operation.disposes) {
      return false;
    }
    return MakeError(ErrorCode::kAlreadyExists,
                     fmt::format("the triggerId {} belongs to another request; give each request "
                                 "one of its own",
                                 operation.trigger_id));
  }
  if (entries_.size() >= kOperationsMax) {
    // Results that were fetched may go early.
    std::erase_if(entries_, [](const auto& entry) { return entry.second.fetched; });
  }
  if (entries_.size() >= kOperationsMax) {
    return MakeError(ErrorCode::kUnavailable, "too many requests are under way; try again later");
  }
  *request_id = next_request_++;
  entries_[{operation.job_id, operation.trigger_id}] = {operation, *request_id, 0, false};
  return true;
}

void AsyncOperations::Complete(uint64_t request_id, uint64_t checkpoint_id, std::string path,
                               std::optional<Error> error, int64_t now_micros) {
  const auto found = std::ranges::find_if(
      entries_, [&](const auto& entry) { return entry.second.request_id == request_id; });
  if (found == entries_.end() || found->second.operation.completed) return;
  AsyncOperation& operation = found->second.operation;
  operation.completed = true;
  operation.checkpoint_id = checkpoint_id;
  operation.path = std::move(path);
  operation.error = std::move(error);
  found->second.completed_at_micros = now_micros;
}

std::optional<AsyncOperation> AsyncOperations::Find(const std::string& job_id,
                                                    const std::string& trigger_id) {
  const auto found = entries_.find({job_id, trigger_id});
  if (found == entries_.end()) return std::nullopt;
  found->second.fetched |= found->second.operation.completed;
  return found->second.operation;
}

bool AsyncOperations::HasUnfetched() const {
  return std::ranges::any_of(entries_, [](const auto& entry) { return !entry.second.fetched; });
}

}  // namespace flinkc
