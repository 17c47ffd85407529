// One user who looks at a stream: the rows that the subtasks of one TaskManager have put aside for
// him until he asks. Bounded, and it never keeps a worker waiting: what finds no room is left out.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/base/memory_pool.h"
#include "runtime/graph/compiled_chain.h"
#include "runtime/protocol/messages.pb.h"
#include "runtime/task/row_tap.h"

namespace flinkc {

// Thread-safe.
class TapSession {
 public:
  static constexpr size_t kRowsMax = 1000;
  static constexpr size_t kBytesMax = 512 * 1024;

  explicit TapSession(protocol::TapRequest request) : request_(std::move(request)) {}

  const protocol::TapRequest& request() const { return request_; }
  void Add(protocol::TapRow row);
  // It shows nothing more, and says why when it is asked.
  void Fail(Error error);
  // What has come since the last call, or the error.
  std::optional<Error> Take(protocol::TapRows* rows);
  void Close();
  bool is_closed() const { return is_closed_.load(std::memory_order_relaxed); }

 private:
  // Constant after construction.
  const protocol::TapRequest request_;
  std::atomic<bool> is_closed_{false};
  std::mutex mutex_;
  // Guarded by mutex_.
  std::deque<protocol::TapRow> rows_;
  size_t bytes_ = 0;
  uint64_t left_out_ = 0;
  std::optional<Error> error_;
};

// Whether `chain` makes rows of `to` of rows of `from`, keeps no state and touches nothing else.
// kInvalidArgument says what it does.
Status CheckView(const ChainLayout& chain, const Schema& from, const Schema& to, bool row_kinds);

// What goes to a session of the rows of a tap.
struct SubtaskView {
  uint32_t subtask = 0;
  Schema schema;  // of what is shown
  bool row_kinds = false;
  // Checked; each takes what the one before it gives, the first what the tap shows.
  std::vector<std::shared_ptr<const CompiledChain>> chains;
};

// `memory` must outlive it.
std::unique_ptr<RowTap> MakeSubtaskTap(std::shared_ptr<TapSession> session, SubtaskView view,
                                       MemoryPool* memory);

}  // namespace flinkc
