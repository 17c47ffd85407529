// What leaves the state of sessions that change: because of a watermark, or of the clock.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/abi/string_value.h"
#include "runtime/state/changing_sessions.h"
#include "runtime/state/visit_rows.h"

namespace flinkc {

namespace {

// About how many sessions are emitted together.
constexpr uint64_t kEmittedMax = 4096;

}  // namespace

void ChangingSessions::ClearEmitted() {
  change_.given = 0;
  if (emitted_.row_count != 0) emitted_.Clear(0);
}

bool ChangingSessions::EmitRow(const Key& key, RowKind kind, int64_t number, int64_t start,
                               int64_t end) {
  char* const row = Find(key, number);
  if (row == nullptr) return false;
  std::memcpy(row_.data(), row, layout_.row_bytes);
  // A number of its own: a session may leave as it was and as it is.
  const auto place = static_cast<int64_t>(emitted_.row_count) + 1;
  std::memcpy(row_.data() + KeyedTable::kHashBytes + number_offset_, &place, sizeof(place));
  const uint64_t hash = MixNumber(key.hash, place);
  std::memcpy(row_.data(), &hash, sizeof(hash));
  *SessionOf(row_.data()) = {start, end, static_cast<int64_t>(kind), {}, {}};
  return emitted_.AddRow(row_.data()) == ProbeResult::kInserted;
}

bool ChangingSessions::Emit(const Key& key, RowKind kind, std::span<const SessionPart> parts,
                            const Run& run) {
  if (!EmitRow(key, kind, parts[run.first].number, run.start, run.end)) return false;
  char* const into = emitted_.Row(emitted_.row_count - 1);
  for (size_t i = run.first + 1; i < run.last; ++i) {
    const char* const from = Find(key, parts[i].number);
    if (from == nullptr || !merge_(emitted_.heap, into, from)) return false;
  }
  return true;
}

bool ChangingSessions::EmitChanged(const Key& key) {
  char* row = Find(key, kKeyNumber);
  if (row == nullptr) return false;
  const std::span<SessionPart> parts = PartsIn(SessionOf(row)->parts);
  const std::span<SessionPart> shown = PartsIn(SessionOf(row)->shown);
  parts_.assign(parts.begin(), parts.end());
  shown_.assign(shown.begin(), shown.end());
  for (SessionPart& part : parts) part.flags = 0;
  SessionOf(row)->start = 0;

  enum class Is : uint8_t { kNew, kChanged, kShown };
  const std::vector<Run> runs = RunsOf(parts_);
  std::vector<Is> states(runs.size(), Is::kNew);
  std::vector<SessionPart> kept;
  int64_t number = kKeyNumber;
  for (const SessionPart& old : shown_) {
    number = std::min(number, old.number);
    auto run = std::ranges::lower_bound(runs, old.end, {}, &Run::end);
    while (run != runs.end() && run->end == old.end && run->start != old.start) ++run;
    const bool is_there = run != runs.end() && run->end == old.end;
    if (is_there) {
      const bool changed =
          std::any_of(parts_.begin() + static_cast<ptrdiff_t>(run->first),
                      parts_.begin() + static_cast<ptrdiff_t>(run->last),
                      [](const SessionPart& part) { return Has(part, kPartChanged); });
      states[static_cast<size_t>(run - runs.begin())] = changed ? Is::kChanged : Is::kShown;
      if (!changed) {
        kept.push_back(old);
        continue;
      }
    }
    const RowKind kind = is_there ? RowKind::kUpdateBefore : RowKind::kDelete;
    if (!EmitRow(key, kind, old.number, old.start, old.end)) return false;
    Remove(key, old.number);
  }
  for (size_t i = 0; i < runs.size(); ++i) {
    if (states[i] == Is::kShown) continue;
    const RowKind kind = states[i] == Is::kNew ? RowKind::kInsert : RowKind::kUpdateAfter;
    if (!Emit(key, kind, parts_, runs[i])) return false;
    // What was emitted is kept as it is now.
    row = Find(key, --number);
    if (row == nullptr ||
        table_.ReplaceRow(row, emitted_.Row(emitted_.row_count - 1)) == ProbeResult::kMemoryLimit) {
      return false;
    }
    kept.push_back({runs[i].start, runs[i].end, number, 0, 0});
  }
  row = Find(key, kKeyNumber);
  return row != nullptr && Splice(&SessionOf(row)->shown, 0, shown_.size(), kept);
}

// --- timers ---

// A watermark: when something becomes of the session, at the latest if it does not change.
int64_t ChangingSessions::LookFor(const Run& run, bool is_shown) const {
  const bool leaves_at_end = window_.late_updates && !is_shown;
  return leaves_at_end ? run.end - kWatermarkStep : run.end + wait_;
}

// The same of a key.
int64_t ChangingSessions::NextLook(const ChangingSessionRow& key) const {
  const std::span<const SessionPart> parts = PartsIn(key.parts);
  const bool is_early = window_.early_micros != 0;
  int64_t look = INT64_MAX;
  if (!parts.empty()) look = RunFrom(parts, 0).end + wait_;
  if (window_.late_updates && (!is_early || key.start != 0)) {
    const auto first = std::ranges::find_if(parts, [&](const SessionPart& part) {
      return is_early ? Has(part, kPartChanged) : !Has(part, kPartShown);
    });
    if (first != parts.end()) {
      const auto place = static_cast<size_t>(first - parts.begin());
      look = std::min(look, LookFor(RunFrom(parts, place), false));
    }
  }
  if (is_early && key.start != 0) {
    for (const SessionPart& shown : PartsIn(key.shown)) look = std::min(look, shown.end + wait_);
  }
  return look;
}

ChangingSessions::Timer ChangingSessions::TimerOf(const char* row, int64_t time) const {
  Timer timer;
  timer.time = time;
  std::memcpy(&timer.hash, row, sizeof(timer.hash));
  if (table_.has_store()) {
    const char* const key = row + KeyedTable::kHashBytes;
    timer.key.assign(key, layout_.key_bytes);
    for (const uint32_t offset : layout_.key_view_offsets) {
      StringValue view;
      std::memcpy(&view, key + offset, sizeof(view));
      if (view.size > StringValue::kInlineBytes) timer.key.append(view.view());
    }
  }
  return timer;
}

void ChangingSessions::LookAt(char* row, int64_t time) {
  SessionOf(row)->timer = time;
  timers_.push(TimerOf(row, time));
}

void ChangingSessions::AddTimersOf(char* row) {
  int64_t number;
  std::memcpy(&number, row + KeyedTable::kHashBytes + number_offset_, sizeof(number));
  if (number != kKeyNumber) return;
  timers_.push(TimerOf(row, SessionOf(row)->timer));
  if (window_.early_micros != 0 && SessionOf(row)->start != 0) {
    changed_.push_back(TimerOf(row, 0));
  }
}

Status ChangingSessions::MakeTimers() {
  timers_ = {};
  changed_.clear();
  RETURN_IF_ERROR(VisitAllRows(table_, &emitted_, [this](char* row) { AddTimersOf(row); }));
  has_timers_ = true;
  return {};
}

bool ChangingSessions::has_changed() {
  // What went wrong shows when they are asked for.
  if (!has_timers_ && !MakeTimers()) return true;
  return !changed_.empty();
}

void ChangingSessions::RestoreProgress(std::span<const WindowProgress> former) {
  if (former.empty()) return;
  watermark_ = LeastWatermarkOf(former);
  former_watermark_ = GreatestWatermarkOf(former);
}

std::unexpected<Error> ChangingSessions::NoRoom() const {
  return MakeError(ErrorCode::kMemoryLimit,
                   fmt::format("no memory for the sessions of the state `{}`; raise "
                               "`taskmanager.memory.process.size`",
                               layout_.state_id));
}

Result<MemoryTable*> ChangingSessions::TakeDue(int64_t watermark) {
  if (!has_timers_) RETURN_IF_ERROR(MakeTimers());
  watermark_ = std::max(watermark_, watermark);
  ClearEmitted();
  while (!timers_.empty() && timers_.top().time <= watermark && emitted_.row_count < kEmittedMax) {
    const Timer timer = timers_.top();
    timers_.pop();
    ASSIGN_OR_RETURN(char* const row, RowOf(timer, [&](const ChangingSessionRow& key) {
                       return key.timer == timer.time;
                     }));
    if (row != nullptr && !LookAtKey({timer.hash, held_key_.data()}, timer.time)) return NoRoom();
  }
  return emitted_.row_count == 0 ? nullptr : &emitted_;
}

Result<MemoryTable*> ChangingSessions::TakeChanged() {
  if (!has_timers_) RETURN_IF_ERROR(MakeTimers());
  ClearEmitted();
  while (!changed_.empty() && emitted_.row_count < kEmittedMax) {
    const Timer timer = std::move(changed_.front());
    changed_.pop_front();
    ASSIGN_OR_RETURN(char* const row,
                     RowOf(timer, [](const ChangingSessionRow& key) { return key.start != 0; }));
    if (row == nullptr) continue;
    const Key key{timer.hash, held_key_.data()};
    if (!EmitChanged(key) || !RemoveIfEmpty(key)) return NoRoom();
  }
  return emitted_.row_count == 0 ? nullptr : &emitted_;
}

// The row of the key that the timer was made for, if `is_it`; its key is held.
Result<char*> ChangingSessions::RowOf(const Timer& timer,
                                      const std::function<bool(const ChangingSessionRow&)>& is_it) {
  if (!table_.has_store()) {
    char* found = nullptr;
    table_.ForEachWithHash(timer.hash, [&](uint64_t place) {
      char* const row = table_.Row(place);
      int64_t number;
      std::memcpy(&number, row + KeyedTable::kHashBytes + number_offset_, sizeof(number));
      if (found != nullptr || number != kKeyNumber || !is_it(*SessionOf(row))) return;
      TouchRow(&table_, place);
      found = row;
    });
    if (found != nullptr) HoldKey(found + KeyedTable::kHashBytes);
    return found;
  }
  std::memcpy(held_key_.data(), timer.key.data(), held_key_.size());
  held_bytes_.assign(timer.key, layout_.key_bytes);
  PointIntoHeld();
  const Key key{timer.hash, held_key_.data()};
  bool is_new = false;
  char* const row = Find(key, kKeyNumber, &is_new);
  if (row == nullptr) return NoRoom();
  if (is_new) {
    Remove(key, kKeyNumber);
    return nullptr;
  }
  return is_it(*SessionOf(row)) ? row : nullptr;
}

void ChangingSessions::HoldKey(const char* key) {
  std::memcpy(held_key_.data(), key, held_key_.size());
  held_bytes_.clear();
  for (const uint32_t offset : layout_.key_view_offsets) {
    StringValue view;
    std::memcpy(&view, key + offset, sizeof(view));
    if (view.size > StringValue::kInlineBytes) held_bytes_.append(view.view());
  }
  PointIntoHeld();
}

void ChangingSessions::PointIntoHeld() {
  const char* bytes = held_bytes_.data();
  for (const uint32_t offset : layout_.key_view_offsets) {
    StringValue view;
    std::memcpy(&view, held_key_.data() + offset, sizeof(view));
    if (view.size <= StringValue::kInlineBytes) continue;
    view.pointer = bytes;
    bytes += view.size;
    std::memcpy(held_key_.data() + offset, &view, sizeof(view));
  }
}

// The one thing that becomes of a key at watermark `time`, if nothing has changed since the timer
// was set; so that those of all keys come in order.
bool ChangingSessions::LookAtKey(const Key& key, int64_t time) {
  char* row = Find(key, kKeyNumber);
  if (row == nullptr) return false;
  if (NextLook(*SessionOf(row)) <= time) {
    if (window_.early_micros != 0 && SessionOf(row)->start != 0) {
      if (!EmitChanged(key)) return false;
    } else if (!FinishFirst(key, time)) {
      return false;
    }
    row = Find(key, kKeyNumber);
    if (row == nullptr) return false;
  }
  if (SessionOf(row)->parts.size == 0 && SessionOf(row)->shown.size == 0) {
    Remove(key, kKeyNumber);
  } else {
    LookAt(row, NextLook(*SessionOf(row)));
  }
  return true;
}

// The first session that is over leaves the state, or the first one at its end is emitted.
bool ChangingSessions::FinishFirst(const Key& key, int64_t time) {
  char* row = Find(key, kKeyNumber);
  if (row == nullptr) return false;
  const std::span<SessionPart> parts = PartsIn(SessionOf(row)->parts);
  if (parts.empty()) return true;
  size_t first = 0;
  const bool closes = is_closed(RunFrom(parts, 0).end, time);
  if (!closes) {
    while (first < parts.size() && Has(parts[first], kPartShown)) ++first;
    if (first == parts.size()) return true;
  }
  const Run run = RunFrom(parts, first);
  const bool is_shown = window_.early_micros != 0 || Has(parts[run.first], kPartShown);
  for (size_t i = run.first; i < run.last; ++i) parts[i].flags |= kPartShown;
  parts_.assign(parts.begin() + static_cast<ptrdiff_t>(run.first),
                parts.begin() + static_cast<ptrdiff_t>(run.last));
  const Run own{0, parts_.size(), run.start, run.end};
  if (!is_shown && !Emit(key, RowKind::kInsert, parts_, own)) return false;
  if (!closes) return true;
  row = Find(key, kKeyNumber);
  if (row == nullptr) return false;
  Splice(&SessionOf(row)->parts, 0, parts_.size(), {});
  const std::span<SessionPart> shown = PartsIn(SessionOf(row)->shown);
  const auto kept = std::ranges::find_if(
      shown, [&](const SessionPart& old) { return old.start == run.start && old.end == run.end; });
  if (kept != shown.end()) {
    parts_.push_back(*kept);
    Splice(&SessionOf(row)->shown, static_cast<size_t>(kept - shown.begin()), 1, {});
  }
  for (const SessionPart& part : parts_) Remove(key, part.number);
  return true;
}

}  // namespace flinkc
