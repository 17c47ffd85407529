// The state of a windowed aggregate: one table for each slice of time, shared by all windows that
// contain the slice, so that a hopping window updates one row an event. A row that is late for some
// of its windows and not for others goes to a table of its own for the slice, by the first window
// that it still counts for (its level); the window that ends at `e` is made of all tables of its
// slices whose level is at most `e`. All times are microseconds.
//
// Of cumulative windows, what a fired window was made of is merged into the first slice of its
// cumulation for good: the next window merges one slice more and not all of them.
//
// Windows whose results are updated, or from which rows are taken back, have a table each, and
// share none (WindowLayout::has_own_tables).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/abi/chain_context.h"
#include "runtime/state/frozen_state.h"
#include "runtime/state/memory_table.h"
#include "runtime/state/slice_key.h"

namespace flinkc {

// Where windows and slices begin and end; not of sessions.
class WindowGrid {
 public:
  explicit WindowGrid(const WindowLayout& layout);

  int64_t SliceBegin(int64_t event_time) const;
  int64_t slice_micros() const { return layout_.slice_micros; }
  bool is_cumulative() const { return layout_.kind == WindowKind::kCumulate; }
  // The earliest window end at or behind `time`.
  int64_t WindowEndFrom(int64_t time) const;
  int64_t WindowBegin(int64_t window_end) const;
  // The end of the last window that the slice is in.
  int64_t LastWindowEnd(int64_t slice_begin) const;
  // The watermark at which a window that ends at `end` emits: its end plus the lateness minus 1 ms;
  // by processing time, the end.
  int64_t CloseWatermark(int64_t end) const;
  // Whether a window that ends at `end` has emitted at `watermark`.
  bool IsClosed(int64_t end, int64_t watermark) const;
  // Whether it has, but for the lateness.
  bool IsPast(int64_t end, int64_t watermark) const {
    return watermark >= -kWindowTimeMax &&
           end <= std::min(watermark, kWindowTimeMax) + watermark_step_;
  }
  // The earliest time at which an end may lie that is not closed at `watermark`.
  int64_t FirstOpenEnd(int64_t watermark) const;

 private:
  const WindowLayout layout_;
  const int64_t watermark_step_;
};

// One worker only.
class WindowState {
 public:
  // `layout` (with a window), `pool` and `store` (nullptr: all in memory) must outlive the state;
  // `store_number`: its own in the store.
  WindowState(const StateLayout& layout, MemoryPool* pool, StateStore* store = nullptr,
              uint16_t store_number = 0);

  // See flinkc_rt_select_slice: nullptr when the row is late for all of its windows. Sets `cursor`
  // if it is late for none.
  KeyedTable* Select(int64_t event_time, int64_t watermark, SliceCursor* cursor);

  // Of windows with a table each, in place of Select: the n-th window that the row counts for, in
  // order.
  struct OpenWindow {
    KeyedTable* table;
    int64_t end;
    bool emits;  // what the row changes is to be emitted at once
  };
  std::optional<OpenWindow> SelectWindow(int64_t event_time, int64_t watermark, int64_t n);
  // The first window behind `end` that has rows and has not fired.
  std::optional<int64_t> NextOpen(int64_t end) const;

  // The first window that has rows, has not fired and is closed at `watermark`. From then on rows
  // for windows closed at `watermark` are late, whatever their own split says.
  std::optional<int64_t> NextToFire(int64_t watermark);
  // The watermark at which the next window emits; INT64_MAX: there is none.
  int64_t next_close() const;
  int64_t WindowBegin(int64_t window_end) const { return grid_.WindowBegin(window_end); }
  // The tables of a window, oldest slice first.
  std::vector<MemoryTable*> TablesOf(int64_t window_end) const;
  // Cumulative windows: of the tables of a window, the one that all others may be merged into for
  // good before it is emitted, since every later window has them all as well. nullptr: none is.
  MemoryTable* CumulationOf(int64_t window_end);
  // The others are in it now.
  void Cumulated(int64_t window_end);
  // After the window has been emitted: gives back the tables that no later window needs. Cursors
  // into this state are void.
  void Fired(int64_t window_end);

  // A table for the merged slices of a window, and its way back.
  std::unique_ptr<MemoryTable> TakeMergeTable() { return TakeTable(merged_rows_expected_); }
  void GiveBackMergeTable(std::unique_ptr<MemoryTable> table);

  size_t table_count() const { return tables_.size(); }

  using Progress = WindowProgress;
  Progress progress() const { return {watermark_, fired_end_}; }
  // See OperatorState. Where former subtasks were not equally far, the windows go on from the one
  // that was furthest behind, and rows of the others count from the first window on that these had
  // not emitted.
  void RestoreProgress(std::span<const Progress> former);
  void OnInFlightRead();
  // Whether they had emitted different windows.
  bool is_mixed() const { return is_mixed_; }
  // The key of a former subtask's table here; nothing: all of its windows were emitted.
  std::optional<SliceKey> RestoredKey(const SliceKey& key, const Progress& former) const;
  // The table of these rows, to be filled before the first row; nullptr: such a slice cannot be.
  MemoryTable* RestoreTable(const SliceKey& key);
  const std::map<SliceKey, std::unique_ptr<MemoryTable>>& tables() const { return tables_; }

 private:
  // Tables kept for the next slices.
  static constexpr size_t kFreeTablesMax = 8;

  bool has_own_tables() const { return layout_.window->has_own_tables(); }
  // The earliest end of a window that has not emitted at `watermark`.
  int64_t FirstUnfiredEnd(int64_t watermark) const;
  bool IsSlice(const SliceKey& key) const;
  // The last end at which a window may have emitted.
  int64_t FiredEnd(const Progress& progress) const;
  void DropClosed();
  // The end of the next window that has rows and has not fired.
  std::optional<int64_t> NextEnd() const;
  SliceKey CumulationKey(int64_t window_end) const;
  std::unique_ptr<MemoryTable> MakeTable(const SliceKey& key, uint64_t rows_expected);
  std::unique_ptr<MemoryTable> TakeTable(uint64_t rows_expected);
  void GiveBack(std::unique_ptr<MemoryTable> table);
  void ReleaseThawed();

  // Constant after construction.
  const StateLayout& layout_;
  const WindowGrid grid_;
  MemoryPool* const pool_;
  StateStore* const store_;
  const uint16_t store_number_;
  // Worker only.
  std::map<SliceKey, std::unique_ptr<MemoryTable>> tables_;
  std::vector<std::unique_ptr<MemoryTable>> free_;  // before no store
  // Given back while a snapshot still reads them.
  std::vector<std::unique_ptr<MemoryTable>> frozen_;
  uint64_t rows_expected_ = 0;         // of a slice, as the last one had
  uint64_t merged_rows_expected_ = 0;  // of a window
  int64_t watermark_ = INT64_MIN;      // the highest that NextToFire was asked with
  int64_t fired_end_ = INT64_MIN;      // the last window that was emitted
  // Of the former subtasks: see is_mixed; the highest watermark.
  bool is_mixed_ = false;
  int64_t former_watermark_ = INT64_MIN;
};

}  // namespace flinkc
