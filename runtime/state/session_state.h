// The state of session windows: a row for each session of a key (runtime/abi/session_row.h). A row
// of the input extends the sessions of its key that it is at most the gap away from, and makes one
// of several; two sessions that were apart stay in two rows until then.
//
// A row sees a session as long as its own split's watermark has not closed it, whether or not it
// was emitted meanwhile: what becomes of the row depends on the data and not on when windows fire.
//
// When sessions end is known by a heap of times beside the table, with one for each session. It is
// made again after a restore.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "runtime/abi/row_error.h"
#include "runtime/abi/session_row.h"
#include "runtime/base/result.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/frozen_state.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

// One worker only.
class SessionState {
 public:
  // Merges the accumulators of row `from` into those of `into`; both are rows of the state's table.
  // False: it has failed and has been told.
  using Merge = std::function<bool(char* into, const char* from)>;

  // `table` must outlive the state and be changed by nobody else but for the accumulators, and the
  // ends that generated code raises.
  SessionState(const StateLayout& layout, MemoryPool* pool, MemoryTable* table);

  // See flinkc_rt_select_session: the row to accumulate into; nullptr: the input's row is late, or
  // *status says what failed.
  char* Select(uint64_t hash, const char* key, bool is_new, int64_t time, int64_t watermark,
               const Merge& merge, RowStatus* status);

  // Moves closed sessions out of the state, some at most, to an empty table of the same layout;
  // nullptr: there is none at `watermark`. They come in the order of their ends, then of hashes.
  Result<MemoryTable*> TakeClosed(int64_t watermark);
  // The watermark at which the next session may be closed; INT64_MAX: there is none.
  int64_t next_close();
  // The highest that TakeClosed was asked with.
  int64_t watermark() const { return watermark_; }

  WindowProgress progress() const { return {watermark_, INT64_MIN}; }
  // See OperatorState.
  void RestoreProgress(std::span<const WindowProgress> former);
  void OnInFlightRead() { watermark_ = std::max(watermark_, former_watermark_); }
  // Rows come into the table, or are in the store before it.
  void OnRestore() { has_timers_ = false; }

 private:
  struct Timer {
    int64_t time;
    uint64_t hash;  // of the row
    int64_t number;
    std::string key;  // before a store: all of it, behind it the bytes of its views
    bool operator>(const Timer& other) const {
      if (time != other.time) return time > other.time;
      return hash != other.hash ? hash > other.hash : number > other.number;
    }
  };
  // The sessions that a row of the input touches.
  struct Touched {
    bool head = false;
    std::vector<OtherSession> others;
  };

  SessionRow* SessionOf(char* row) const {
    return reinterpret_cast<SessionRow*>(row + session_offset_);
  }
  // The others of a head; nothing but these functions changes them.
  static OtherSession* OthersOf(const SessionRow& head) {
    return reinterpret_cast<OtherSession*>(head.others.data);
  }
  static size_t CountOf(const SessionRow& head) { return head.others.size / sizeof(OtherSession); }
  bool AddOther(SessionRow* head, const OtherSession& other);
  static void RemoveOther(SessionRow* head, int64_t number);
  static void SetLimit(SessionRow* head);
  static int64_t FreeNumber(const SessionRow& head);

  // The first end that is not closed at `watermark`.
  int64_t FirstOpenEnd(int64_t watermark) const;
  Touched FindTouched(const SessionRow& head, const OtherSession& own, int64_t first_open) const;

  static uint64_t MixNumber(uint64_t hash, int64_t number);
  // The key of a session, in key_.
  const char* KeyOf(const char* head_key, int64_t number);
  // The row of a session of the key, ready to be written to. Void when another one is asked for,
  // unless by FindBoth. nullptr: the memory limit is reached, or the store is unfit.
  char* Find(uint64_t hash, const char* head_key, int64_t number, bool* is_new = nullptr);
  bool FindBoth(uint64_t hash, const char* head_key, int64_t a, int64_t b, char** row_a,
                char** row_b);
  void Remove(uint64_t hash, const char* head_key, int64_t number);
  // Moves all but hash, key and `others` from row to row.
  void MoveSession(char* from, char* to);

  // The same for Select: a new session; one that was touched; several that become one.
  char* Begin(uint64_t hash, const char* key, const OtherSession& own);
  char* Extend(uint64_t hash, const char* key, const OtherSession& own, const Touched& touched);
  char* Join(uint64_t hash, const char* key, const OtherSession& own, Touched touched,
             const Merge& merge);

  void SetTimer(char* row, int64_t time);
  Status MakeTimers();
  void AddTimerOf(const char* row);
  // The row that a timer was set for, if it still is; nothing else may be found before it is used.
  Result<char*> RowOf(const Timer& timer);
  Status Emit(const Timer& timer, char* row);
  Status RemoveEmitted(const Timer& timer, char* row);
  std::unexpected<Error> NoRoom() const;

  // Constant after construction.
  const StateLayout& layout_;
  MemoryTable& table_;
  const int64_t gap_;
  const int64_t wait_;  // a session is closed at its end and this
  const uint32_t session_offset_;
  const uint32_t number_offset_;  // in the key
  // Worker only.
  MemoryTable emitted_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  bool has_timers_ = true;
  int64_t watermark_ = INT64_MIN;
  int64_t former_watermark_ = INT64_MIN;  // the highest of the former subtasks
  std::vector<char> key_;                 // scratch: of a session
  std::vector<char> head_key_;            // scratch: of the head of a session that is emitted
  std::vector<char> row_;                 // scratch: a row on its way out
};

}  // namespace flinkc
