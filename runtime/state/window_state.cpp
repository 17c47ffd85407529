#include "runtime/state/window_state.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

namespace {

// A window that ends at 10:00:00 has all rows before it when the watermark is 09:59:59.999.
constexpr int64_t kWatermarkStep = 1000;

// The largest multiple of `step` from `origin` at or below `time`.
int64_t FloorTo(int64_t time, int64_t origin, int64_t step) {
  const int64_t distance = time - origin;
  int64_t below = distance % step;
  if (below < 0) below += step;
  return time - below;
}

}  // namespace

WindowGrid::WindowGrid(const WindowLayout& layout)
    : layout_(layout), watermark_step_(layout.processing_time ? 0 : kWatermarkStep) {}

int64_t WindowGrid::SliceBegin(int64_t event_time) const {
  return FloorTo(std::clamp(event_time, -kWindowTimeMax, kWindowTimeMax), layout_.offset_micros,
                 layout_.slice_micros);
}

int64_t WindowGrid::WindowEndFrom(int64_t time) const {
  // A cumulation's size is a multiple of its step.
  const int64_t first_end = layout_.offset_micros + layout_.size_micros;
  const int64_t below = FloorTo(time, first_end, layout_.slide_micros);
  return below == time ? time : below + layout_.slide_micros;
}

int64_t WindowGrid::WindowBegin(int64_t window_end) const {
  if (!is_cumulative()) return window_end - layout_.size_micros;
  return FloorTo(window_end - 1, layout_.offset_micros, layout_.size_micros);
}

int64_t WindowGrid::LastWindowEnd(int64_t slice_begin) const {
  if (is_cumulative()) {
    return FloorTo(slice_begin, layout_.offset_micros, layout_.size_micros) + layout_.size_micros;
  }
  return FloorTo(slice_begin, layout_.offset_micros, layout_.slide_micros) + layout_.size_micros;
}

bool WindowGrid::IsClosed(int64_t end, int64_t watermark) const {
  return end < FirstOpenEnd(watermark);
}

int64_t WindowGrid::CloseWatermark(int64_t end) const {
  return end + layout_.lateness_micros - watermark_step_;
}

int64_t WindowGrid::FirstOpenEnd(int64_t watermark) const {
  // CloseWatermark(end) > watermark
  if (watermark < -kWindowTimeMax) return INT64_MIN;
  if (watermark > kWindowTimeMax) return INT64_MAX;
  return watermark - layout_.lateness_micros + watermark_step_ + 1;
}

WindowState::WindowState(const StateLayout& layout, MemoryPool* pool, StateStore* store,
                         uint16_t store_number)
    : layout_(layout),
      grid_(*layout.window),
      pool_(pool),
      store_(store),
      store_number_(store_number) {
  CHECK(layout.window->slice_micros > 0 && layout.window->slide_micros > 0);
}

KeyedTable* WindowState::Select(int64_t event_time, int64_t watermark, SliceCursor* cursor) {
  // A clock that was set back, or a state that was drained, makes no row late.
  if (layout_.window->processing_time) {
    event_time = std::max({event_time, watermark_, former_watermark_, fired_end_});
  }
  const int64_t slice_begin = grid_.SliceBegin(event_time);
  const int64_t slice_end = slice_begin + grid_.slice_micros();
  const int64_t first_end = grid_.WindowEndFrom(slice_end);
  const int64_t last_end = grid_.LastWindowEnd(slice_begin);
  // Rows of a split that had been idle may find windows fired that their own split has not reached.
  const int64_t first_open = grid_.FirstOpenEnd(std::max(watermark, watermark_));
  if (last_end < first_open) return nullptr;
  const int64_t level = first_end >= first_open ? first_end : grid_.WindowEndFrom(first_open);
  if (level > last_end) return nullptr;
  std::unique_ptr<MemoryTable>& table = tables_[{slice_end, level}];
  if (table == nullptr) {
    table = MakeTable({slice_end, level}, level == first_end ? rows_expected_ : 0);
  }
  if (level == first_end) {
    *cursor = {slice_begin, slice_end, grid_.CloseWatermark(first_end), table.get()};
  }
  return table.get();
}

std::optional<WindowState::OpenWindow> WindowState::SelectWindow(int64_t event_time,
                                                                 int64_t watermark, int64_t n) {
  const int64_t slice_begin = grid_.SliceBegin(event_time);
  const int64_t last_end = grid_.LastWindowEnd(slice_begin);
  const int64_t first_open = grid_.FirstOpenEnd(std::max(watermark, watermark_));
  if (last_end < first_open) return std::nullopt;
  const int64_t from = std::max(slice_begin + grid_.slice_micros(), first_open);
  const int64_t end = grid_.WindowEndFrom(from) + n * layout_.window->slide_micros;
  if (end > last_end) return std::nullopt;
  const SliceKey key{end, end};
  std::unique_ptr<MemoryTable>& table = tables_[key];
  if (table == nullptr) table = MakeTable(key, rows_expected_);
  const bool emits =
      layout_.window->each_row || (layout_.window->late_updates && grid_.IsPast(end, watermark_));
  return OpenWindow{table.get(), end, emits};
}

std::optional<int64_t> WindowState::NextOpen(int64_t end) const {
  const auto it = tables_.upper_bound({std::max(end, fired_end_), INT64_MAX});
  return it == tables_.end() ? std::nullopt : std::optional(it->first.slice_end);
}

int64_t WindowState::FirstUnfiredEnd(int64_t watermark) const {
  if (!layout_.window->late_updates) return grid_.FirstOpenEnd(watermark);
  if (watermark < -kWindowTimeMax) return INT64_MIN;
  return watermark > kWindowTimeMax ? INT64_MAX : watermark + kWatermarkStep + 1;
}

// Of windows that were emitted at their ends, those that wait no longer.
void WindowState::DropClosed() {
  for (auto it = tables_.begin(); it != tables_.end() && it->first.slice_end <= fired_end_ &&
                                  grid_.IsClosed(it->first.slice_end, watermark_);) {
    rows_expected_ = std::max(rows_expected_ / 2, it->second->row_count);
    it->second->DropStored();
    GiveBack(std::move(it->second));
    it = tables_.erase(it);
  }
}

std::optional<int64_t> WindowState::NextToFire(int64_t watermark) {
  // The end of the input is no time of the clock.
  if (!layout_.window->processing_time || watermark != INT64_MAX) {
    watermark_ = std::max(watermark_, watermark);
  }
  std::optional<int64_t> next = NextEnd();
  const int64_t first_unfired = FirstUnfiredEnd(watermark);
  if (next && *next >= first_unfired) next.reset();
  if (has_own_tables()) {
    DropClosed();
    // Rows of windows that had none until now are emitted one by one.
    if (!next && first_unfired != INT64_MIN) {
      fired_end_ = std::max(fired_end_, first_unfired - 1);
      DropClosed();
    }
  }
  return next;
}

int64_t WindowState::next_close() const {
  const std::optional<int64_t> next = NextEnd();
  return next ? grid_.CloseWatermark(*next) : INT64_MAX;
}

std::optional<int64_t> WindowState::NextEnd() const {
  if (has_own_tables()) return NextOpen(fired_end_);
  std::optional<int64_t> next;
  for (const auto& [key, table] : tables_) {
    // Slices lie in order: none behind this one has an earlier window.
    if (next && key.slice_end > *next) break;
    int64_t end = grid_.WindowEndFrom(key.level);
    if (end <= fired_end_) end = grid_.WindowEndFrom(fired_end_ + 1);
    if (end > grid_.LastWindowEnd(key.slice_end - grid_.slice_micros())) continue;
    if (!next || end < *next) next = end;
  }
  return next;
}

std::vector<MemoryTable*> WindowState::TablesOf(int64_t window_end) const {
  if (has_own_tables()) return {tables_.at({window_end, window_end}).get()};
  std::vector<MemoryTable*> tables;
  const int64_t first_slice_end = WindowBegin(window_end) + grid_.slice_micros();
  for (auto it = tables_.lower_bound({first_slice_end, INT64_MIN});
       it != tables_.end() && it->first.slice_end <= window_end; ++it) {
    if (it->first.level <= window_end) tables.push_back(it->second.get());
  }
  return tables;
}

SliceKey WindowState::CumulationKey(int64_t window_end) const {
  const int64_t first_end = grid_.WindowBegin(window_end) + grid_.slice_micros();
  return {first_end, first_end};
}

MemoryTable* WindowState::CumulationOf(int64_t window_end) {
  // Before a store the cumulation could leave the memory while it grows.
  if (!grid_.is_cumulative() || has_own_tables() || store_ != nullptr) return nullptr;
  const SliceKey key = CumulationKey(window_end);
  std::unique_ptr<MemoryTable>& table = tables_[key];
  if (table == nullptr) table = MakeTable(key, merged_rows_expected_);
  return table.get();
}

void WindowState::Cumulated(int64_t window_end) {
  const SliceKey into = CumulationKey(window_end);
  merged_rows_expected_ = tables_.at(into)->row_count;
  for (auto it = tables_.upper_bound(into);
       it != tables_.end() && it->first.slice_end <= window_end;) {
    if (it->first.level > window_end) {
      ++it;
      continue;
    }
    rows_expected_ = std::max(rows_expected_ / 2, it->second->row_count);
    it->second->DropStored();
    GiveBack(std::move(it->second));
    it = tables_.erase(it);
  }
}

void WindowState::Fired(int64_t window_end) {
  fired_end_ = std::max(fired_end_, window_end);
  if (has_own_tables()) return DropClosed();
  for (auto it = tables_.begin(); it != tables_.end() && it->first.slice_end <= fired_end_;) {
    if (grid_.LastWindowEnd(it->first.slice_end - grid_.slice_micros()) > fired_end_) break;
    // Late levels hold few rows; the next slice will be like the whole one.
    rows_expected_ = std::max(rows_expected_ / 2, it->second->row_count);
    it->second->DropStored();
    GiveBack(std::move(it->second));
    it = tables_.erase(it);
  }
}

int64_t WindowState::FiredEnd(const Progress& progress) const {
  const int64_t first_unfired = FirstUnfiredEnd(progress.watermark);
  if (first_unfired == INT64_MIN) return progress.fired_end;
  return std::max(progress.fired_end, first_unfired - 1);
}

void WindowState::RestoreProgress(std::span<const Progress> former) {
  if (former.empty()) return;
  watermark_ = LeastWatermarkOf(former);
  former_watermark_ = GreatestWatermarkOf(former);
  fired_end_ = INT64_MAX;
  int64_t furthest = INT64_MIN;  // that was emitted, with rows or without
  int64_t last_emitted = INT64_MIN;
  for (const Progress& progress : former) {
    fired_end_ = std::min(fired_end_, FiredEnd(progress));
    furthest = std::max(furthest, FiredEnd(progress));
    last_emitted = std::max(last_emitted, progress.fired_end);
  }
  is_mixed_ = fired_end_ != furthest;
  if (!is_mixed_) fired_end_ = last_emitted;
}

void WindowState::OnInFlightRead() { watermark_ = std::max(watermark_, former_watermark_); }

std::optional<SliceKey> WindowState::RestoredKey(const SliceKey& key,
                                                 const Progress& former) const {
  // What a window of its own has emitted it has given up, or barriers do not overtake.
  if (!is_mixed_ || has_own_tables() || !IsSlice(key)) return key;
  const int64_t fired = FiredEnd(former);
  if (grid_.WindowEndFrom(key.level) > fired) return key;
  if (grid_.LastWindowEnd(key.slice_end - grid_.slice_micros()) <= fired) return std::nullopt;
  return SliceKey{key.slice_end, grid_.WindowEndFrom(fired + 1)};
}

bool WindowState::IsSlice(const SliceKey& key) const {
  if (key.slice_end > kWindowTimeMax || key.slice_end < grid_.slice_micros() - kWindowTimeMax) {
    return false;
  }
  const int64_t begin = key.slice_end - grid_.slice_micros();
  if (has_own_tables() && key.level != key.slice_end) return false;
  return grid_.SliceBegin(begin) == begin && key.level >= key.slice_end &&
         key.level <= grid_.LastWindowEnd(begin);
}

MemoryTable* WindowState::RestoreTable(const SliceKey& key) {
  if (!IsSlice(key)) return nullptr;
  std::unique_ptr<MemoryTable>& table = tables_[key];
  if (table == nullptr) table = MakeTable(key, 0);
  return table.get();
}

std::unique_ptr<MemoryTable> WindowState::MakeTable(const SliceKey& key, uint64_t rows_expected) {
  if (store_ == nullptr) return TakeTable(rows_expected);
  ReleaseThawed();
  return std::make_unique<MemoryTable>(layout_, pool_, store_,
                                       StoredPrefix(store_number_, true, key));
}

std::unique_ptr<MemoryTable> WindowState::TakeTable(uint64_t rows_expected) {
  ReleaseThawed();
  if (free_.empty()) {
    auto table = std::make_unique<MemoryTable>(layout_, pool_);
    if (rows_expected != 0) table->Clear(rows_expected);
    return table;
  }
  std::unique_ptr<MemoryTable> table = std::move(free_.back());
  free_.pop_back();
  table->Clear(rows_expected);
  return table;
}

void WindowState::GiveBackMergeTable(std::unique_ptr<MemoryTable> table) {
  merged_rows_expected_ = table->row_count;
  GiveBack(std::move(table));
}

void WindowState::GiveBack(std::unique_ptr<MemoryTable> table) {
  if (table->is_frozen()) {
    frozen_.push_back(std::move(table));
  } else if (!table->has_store() && free_.size() < kFreeTablesMax) {
    free_.push_back(std::move(table));
  }
}

void WindowState::ReleaseThawed() {
  for (std::unique_ptr<MemoryTable>& table : std::exchange(frozen_, {})) GiveBack(std::move(table));
}

}  // namespace flinkc
