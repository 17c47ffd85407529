// The state of session windows that change after they were emitted, or from which rows are taken
// back (WindowLayout::has_changing_sessions); those that only grow and leave once have a leaner one
// (session_state.h).
//
// A row for each key lists its parts (runtime/abi/session_row.h), and each part has a row with
// accumulators. Where rows only come a part is a session, and those that meet become one. Where
// they are taken back a part is the rows of one time, and a session is a run of parts, each at most
// the gap behind another: so a session shrinks, splits and goes exactly, at the price that all of
// its parts are merged whenever it is emitted.
//
// With early results by the clock what was emitted is kept in rows of its own, so that it can be
// taken back as it was, whatever has become of its session.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/abi/batch_layout.h"
#include "runtime/abi/session_row.h"
#include "runtime/base/result.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/frozen_state.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

// One worker only.
class ChangingSessions {
 public:
  // Merges the accumulators of row `from` into those of `into`, whose blobs are in `heap`. False:
  // it has failed and has been told.
  using Merge = std::function<bool(StateHeap* heap, char* into, const char* from)>;

  // `table` must outlive the state and be changed by nobody else but for the accumulators.
  ChangingSessions(const StateLayout& layout, MemoryPool* pool, MemoryTable* table);
  // Before the first row.
  void SetMerge(Merge merge) { merge_ = std::move(merge); }

  // See flinkc_rt_begin_sessions. `key` must stay until Next has given nothing.
  void Begin(uint64_t hash, const char* key, int64_t time, int64_t watermark, int32_t flags);
  char* Next(SessionStep* step);

  // Rows that leave because of the watermark, some at most, each with its kind (ChangingSessionRow)
  // and in the order of time; nullptr: there is none. The table is void with the next call of any
  // of these.
  Result<MemoryTable*> TakeDue(int64_t watermark);
  // The same of what has changed since it was emitted last (early results).
  Result<MemoryTable*> TakeChanged();
  // Whether there may be such.
  bool has_changed();

  WindowProgress progress() const { return {watermark_, INT64_MIN}; }
  // See OperatorState.
  void RestoreProgress(std::span<const WindowProgress> former);
  void OnInFlightRead() { watermark_ = std::max(watermark_, former_watermark_); }
  // Rows come into the table, or are in the store before it.
  void OnRestore() { has_timers_ = false; }

 private:
  // As of all windows: what ends at 10:00:00 is over when the watermark is 09:59:59.999.
  static constexpr int64_t kWatermarkStep = 1000;
  // Of the row of a key. Parts have numbers above it, what was shown has some below.
  static constexpr int64_t kKeyNumber = 0;

  // A key without a number.
  struct Key {
    uint64_t hash = 0;
    const char* bytes = nullptr;
  };
  // The row of a key, to be found again; with a time, when it is looked at next.
  struct Timer {
    int64_t time = 0;
    uint64_t hash = 0;
    std::string key;  // before a store: all of it, behind it the bytes of its views
    bool operator>(const Timer& other) const {
      return time != other.time ? time > other.time : hash > other.hash;
    }
  };
  // Parts that are one session.
  struct Run {
    size_t first;
    size_t last;  // behind the last one
    int64_t start;
    int64_t end;
    bool HasBoundsOf(const Run& other) const { return start == other.start && end == other.end; }
  };
  // A row of the input on its way.
  struct Change {
    enum class Phase : uint8_t { kBefore, kUpdated, kAfter, kOver };
    Key key;
    Phase phase = Phase::kOver;
    SessionStep outcome = SessionStep::kDone;  // of kOver
    // The parts of the sessions that change, from the place-th of the key on.
    size_t place = 0;
    std::vector<SessionPart> before;
    std::vector<SessionPart> after;
    std::vector<Run> runs_before;  // of windows that update
    std::vector<Run> runs_after;
    int64_t number = 0;    // of the part that is updated
    bool empties = false;  // it has no row left then
    int64_t look = 0;      // when the key is to be looked at
    uint64_t given = 0;    // rows of emitted_
  };

  ChangingSessionRow* SessionOf(char* row) const {
    return reinterpret_cast<ChangingSessionRow*>(row + session_offset_);
  }
  static bool Has(const SessionPart& part, int64_t flag) { return (part.flags & flag) != 0; }
  // Void when another row is asked for.
  static std::span<SessionPart> PartsIn(const StateBlob& blob) {
    return {reinterpret_cast<SessionPart*>(blob.data), blob.size / sizeof(SessionPart)};
  }
  // Replaces `count` parts from `place` on. False: the memory limit is reached.
  bool Splice(StateBlob* blob, size_t place, size_t count, std::span<const SessionPart> parts);
  // The session that begins with a part, or what is behind it of one.
  Run RunFrom(std::span<const SessionPart> parts, size_t first) const;
  std::vector<Run> RunsOf(std::span<const SessionPart> parts) const;
  bool is_closed(int64_t end, int64_t watermark) const { return end + wait_ <= watermark; }
  // Whether what changes in a session that ends then leaves at once.
  bool emits_at_once(int64_t end) const;

  static uint64_t MixNumber(uint64_t hash, int64_t number);
  const char* KeyOf(const char* key, int64_t number);
  // The row of a number of the key, ready to be written to. Void when another one is asked for,
  // unless by FindBoth. nullptr: the memory limit is reached, or the store is unfit.
  char* Find(const Key& key, int64_t number, bool* is_new = nullptr);
  bool FindBoth(const Key& key, int64_t a, int64_t b, char** row_a, char** row_b);
  void Remove(const Key& key, int64_t number);
  bool RemoveIfEmpty(const Key& key);

  // How the parts change by a row, in change_: kUpdate, or why they do not.
  SessionStep PlanAdded(std::span<const SessionPart> parts, int64_t time, int64_t watermark);
  SessionStep PlanOfTime(std::span<const SessionPart> parts, int64_t time, int64_t watermark,
                         bool comes);
  // These are false, or nullptr, where something failed.
  bool EmitBefore(bool wants_old);
  char* ApplyChange();
  bool JoinParts();
  bool EmitAfter();
  void Fail();

  void ClearEmitted();
  // Append a session to emitted_: the row of a number; that of these parts.
  bool EmitRow(const Key& key, RowKind kind, int64_t number, int64_t start, int64_t end);
  bool Emit(const Key& key, RowKind kind, std::span<const SessionPart> parts, const Run& run);
  // Appends to emitted_ what has changed of a key since it was emitted last, and keeps what it has
  // become.
  bool EmitChanged(const Key& key);

  int64_t LookFor(const Run& run, bool is_shown) const;
  int64_t NextLook(const ChangingSessionRow& key) const;
  Timer TimerOf(const char* row, int64_t time) const;
  void LookAt(char* row, int64_t time);
  void AddTimersOf(char* row);
  Status MakeTimers();
  Result<char*> RowOf(const Timer& timer,
                      const std::function<bool(const ChangingSessionRow&)>& is_it);
  void HoldKey(const char* key);
  void PointIntoHeld();
  bool LookAtKey(const Key& key, int64_t time);
  bool FinishFirst(const Key& key, int64_t time);
  std::unexpected<Error> NoRoom() const;

  // Constant after construction.
  const StateLayout& layout_;
  const WindowLayout& window_;
  MemoryTable& table_;
  Merge merge_;
  const int64_t gap_;
  const int64_t wait_;  // a session is closed at its end and this
  const uint32_t session_offset_;
  const uint32_t number_offset_;  // in the key
  // Worker only.
  MemoryTable emitted_;
  Change change_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::deque<Timer> changed_;  // with early results: keys of which something has changed
  bool has_timers_ = true;
  int64_t watermark_ = INT64_MIN;         // the highest that TakeDue was asked with
  int64_t former_watermark_ = INT64_MIN;  // the highest of the former subtasks
  std::vector<char> key_;                 // scratch: of a row
  std::vector<char> row_;                 // scratch: on its way out
  std::vector<char> held_key_;            // of the key that is looked at
  std::string held_bytes_;                // of its views
  std::vector<SessionPart> parts_;        // scratch
  std::vector<SessionPart> shown_;        // scratch
};

}  // namespace flinkc
