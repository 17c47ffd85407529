#include "runtime/state/changing_sessions.h"

#include <algorithm>
#include <cstring>

#include "runtime/abi/chain_context.h"
#include "runtime/abi/hash.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

// A part has its number by the time of the row that made it, which no other part of the key has.
int64_t PartNumber(int64_t time) { return time + (int64_t{1} << 62); }

}  // namespace

ChangingSessions::ChangingSessions(const StateLayout& layout, MemoryPool* pool, MemoryTable* table)
    : layout_(layout),
      window_(*layout.window),
      table_(*table),
      gap_(window_.size_micros),
      wait_(window_.lateness_micros - kWatermarkStep),
      session_offset_(layout.schema.accumulators.at(0).offset),
      number_offset_(layout.schema.keys.back().offset - KeyedTable::kHashBytes),
      emitted_(layout, pool),
      key_(layout.key_bytes),
      row_(layout.row_bytes),
      held_key_(layout.key_bytes) {}

bool ChangingSessions::emits_at_once(int64_t end) const {
  return window_.each_row || (window_.late_updates && end - kWatermarkStep <= watermark_);
}

// --- parts ---

bool ChangingSessions::Splice(StateBlob* blob, size_t place, size_t count,
                              std::span<const SessionPart> parts) {
  constexpr size_t kBytes = sizeof(SessionPart);
  if (parts.size() > count &&
      !ReserveMore(table_.heap, blob, static_cast<uint32_t>((parts.size() - count) * kBytes))) {
    return false;
  }
  const size_t behind = blob->size / kBytes - place - count;
  char* const at = blob->data + place * kBytes;
  if (behind != 0) std::memmove(at + parts.size_bytes(), at + count * kBytes, behind * kBytes);
  if (!parts.empty()) std::memcpy(at, parts.data(), parts.size_bytes());
  blob->size = static_cast<uint32_t>((place + parts.size() + behind) * kBytes);
  return true;
}

ChangingSessions::Run ChangingSessions::RunFrom(std::span<const SessionPart> parts,
                                                size_t first) const {
  Run run{first, first + 1, parts[first].start, parts[first].end};
  while (window_.takes_back && run.last < parts.size() && parts[run.last].start <= run.end) {
    run.end = parts[run.last++].end;
  }
  return run;
}

std::vector<ChangingSessions::Run> ChangingSessions::RunsOf(
    std::span<const SessionPart> parts) const {
  std::vector<Run> runs;
  for (size_t i = 0; i < parts.size(); i = runs.back().last) runs.push_back(RunFrom(parts, i));
  return runs;
}

// --- rows ---

// Its own inverse.
uint64_t ChangingSessions::MixNumber(uint64_t hash, int64_t number) {
  return number == kKeyNumber ? hash : hash ^ (HashInteger(number) & 0xFFFFFFFFull);
}

const char* ChangingSessions::KeyOf(const char* key, int64_t number) {
  std::memcpy(key_.data(), key, key_.size());
  std::memcpy(key_.data() + number_offset_, &number, sizeof(number));
  return key_.data();
}

char* ChangingSessions::Find(const Key& key, int64_t number, bool* is_new) {
  char* row = nullptr;
  const ProbeResult probed = FindOrInsert(&table_, MixNumber(key.hash, number),
                                          KeyOf(key.bytes, number), table_.key_bytes, &row);
  if (is_new != nullptr) *is_new = probed == ProbeResult::kInserted;
  return probed == ProbeResult::kMemoryLimit ? nullptr : row;
}

bool ChangingSessions::FindBoth(const Key& key, int64_t a, int64_t b, char** row_a, char** row_b) {
  // Before a store the one may make the other leave; then the next chunk has room for both.
  constexpr int kTriesMax = 4;
  for (int i = 0; i < kTriesMax; ++i) {
    *row_a = Find(key, a);
    if (*row_a == nullptr) return false;
    *row_b = Find(key, b);
    if (*row_b == nullptr) return false;
    if (table_.Find(MixNumber(key.hash, a), KeyOf(key.bytes, a)) == *row_a) return true;
  }
  return false;
}

void ChangingSessions::Remove(const Key& key, int64_t number) {
  if (Find(key, number) == nullptr) return;  // the store says why
  const auto row = table_.NumberOf(MixNumber(key.hash, number), KeyOf(key.bytes, number));
  CHECK(row.has_value());
  table_.Remove(*row);
}

// --- rows of the input ---

void ChangingSessions::Begin(uint64_t hash, const char* key, int64_t time, int64_t watermark,
                             int32_t flags) {
  time = std::clamp(time, -kWindowTimeMax, kWindowTimeMax);
  watermark = std::max(watermark, watermark_);
  const bool comes = (flags & kRowComes) != 0;
  change_.key = {hash, key};
  change_.phase = Change::Phase::kOver;
  change_.outcome = SessionStep::kFailed;
  ClearEmitted();
  if (!has_timers_ && !MakeTimers()) return;
  bool is_new = false;
  char* const row = Find(change_.key, kKeyNumber, &is_new);
  if (row == nullptr) return;
  if (is_new) SessionOf(row)->timer = INT64_MAX;
  const std::span<const SessionPart> parts = PartsIn(SessionOf(row)->parts);
  change_.outcome = window_.takes_back ? PlanOfTime(parts, time, watermark, comes)
                                       : PlanAdded(parts, time, watermark);
  if (change_.outcome != SessionStep::kUpdate) {
    if (is_new) Remove(change_.key, kKeyNumber);
    return;
  }
  change_.phase = Change::Phase::kBefore;
  if (!window_.is_updating()) return;
  change_.runs_before = RunsOf(change_.before);
  change_.runs_after = RunsOf(change_.after);
  if (window_.early_micros == 0 && !EmitBefore((flags & kOldRowsLeave) != 0)) Fail();
}

// A row that only comes: the sessions that it touches become one.
SessionStep ChangingSessions::PlanAdded(std::span<const SessionPart> parts, int64_t time,
                                        int64_t watermark) {
  SessionPart joined{time, time + gap_, PartNumber(time), 0, kPartChanged};
  const auto first = std::ranges::partition_point(parts, [&](const SessionPart& part) {
    return part.end < joined.start || is_closed(part.end, watermark);
  });
  auto last = first;
  while (last != parts.end() && last->start <= time + gap_) ++last;
  if (first == last && is_closed(joined.end, watermark)) return SessionStep::kLate;
  for (auto part = first; part != last; ++part) {
    joined.start = std::min(joined.start, part->start);
    joined.end = std::max(joined.end, part->end);
  }
  if (first != last) joined.number = first->number;
  change_.place = static_cast<size_t>(first - parts.begin());
  change_.before.assign(first, last);
  change_.after = {joined};
  change_.number = joined.number;
  change_.empties = false;
  change_.look = joined.end + wait_;
  return SessionStep::kUpdate;
}

// A row that comes or is taken back: those of its time are one more or less.
SessionStep ChangingSessions::PlanOfTime(std::span<const SessionPart> parts, int64_t time,
                                         int64_t watermark, bool comes) {
  const SessionPart own{time, time + gap_, PartNumber(time), 1, kPartChanged};
  const auto at = std::ranges::partition_point(
      parts, [&](const SessionPart& part) { return part.end < own.end; });
  const bool is_there = at != parts.end() && at->end == own.end;
  auto first = at;
  auto last = is_there ? at + 1 : at;
  // The session, as far as it matters: its end if the row alone would be late, all of it if it is
  // to be emitted.
  if (window_.is_updating() || is_closed(own.end, watermark)) {
    int64_t end = own.end;
    for (; last != parts.end() && last->start <= end; ++last) end = last->end;
    if (is_closed(end, watermark)) return SessionStep::kLate;
  }
  if (!comes && !is_there) return SessionStep::kDone;
  if (window_.is_updating()) {
    int64_t start = own.start;
    for (; first != parts.begin() && (first - 1)->end >= start; --first) start = (first - 1)->start;
  } else {
    last = is_there ? at + 1 : at;
  }
  change_.place = static_cast<size_t>(first - parts.begin());
  change_.before.assign(first, last);
  change_.after = change_.before;
  const auto place = change_.after.begin() + (at - first);
  change_.number = own.number;
  change_.empties = false;
  change_.look = own.end + wait_;
  if (is_there) {
    place->rows += comes ? 1 : -1;
    place->flags |= kPartChanged;
    change_.empties = place->rows <= 0;
  } else {
    change_.after.insert(place, own);
  }
  if (change_.empties) {
    const auto next = change_.after.erase(place);
    if (next != change_.after.end()) next->flags |= kPartChanged;
    if (next != change_.after.begin()) (next - 1)->flags |= kPartChanged;
    // What stood before it may end earlier now.
    change_.look = at == parts.begin() ? INT64_MAX : (at - 1)->end + wait_;
  }
  return SessionStep::kUpdate;
}

char* ChangingSessions::Next(SessionStep* step) {
  while (true) {
    if (change_.phase != Change::Phase::kOver && change_.given < emitted_.row_count) {
      char* const row = emitted_.Row(change_.given++);
      *step = static_cast<SessionStep>(SessionOf(row)->timer);
      return row;
    }
    switch (change_.phase) {
      case Change::Phase::kBefore: {
        char* const row = ApplyChange();
        if (row == nullptr) {
          Fail();
          continue;
        }
        change_.phase = Change::Phase::kUpdated;
        *step = SessionStep::kUpdate;
        return row;
      }
      case Change::Phase::kUpdated:
        change_.phase = Change::Phase::kAfter;
        if (!EmitAfter()) Fail();
        continue;
      case Change::Phase::kAfter:
        change_.phase = Change::Phase::kOver;
        change_.outcome = SessionStep::kDone;
        continue;
      case Change::Phase::kOver:
        *step = change_.outcome;
        return nullptr;
    }
  }
}

void ChangingSessions::Fail() {
  change_.phase = Change::Phase::kOver;
  change_.outcome = SessionStep::kFailed;
}

// Sessions that have been emitted and change: as they were.
bool ChangingSessions::EmitBefore(bool wants_old) {
  for (const Run& run : change_.runs_before) {
    if (!Has(change_.before[run.first], kPartShown)) continue;
    const bool stays = std::ranges::any_of(change_.runs_after, [&](const Run& after) {
      return after.HasBoundsOf(run) && emits_at_once(after.end);
    });
    if (stays && !wants_old) continue;
    if (!Emit(change_.key, stays ? RowKind::kUpdateBefore : RowKind::kDelete, change_.before,
              run)) {
      return false;
    }
  }
  for (const Run& run : change_.runs_after) {
    for (size_t i = run.first; i < run.last; ++i) {
      change_.after[i].flags = emits_at_once(run.end) ? kPartShown : 0;
    }
  }
  return true;
}

// The part that the row goes to, among the others as they are from now on.
char* ChangingSessions::ApplyChange() {
  char* const row = Find(change_.key, kKeyNumber);
  if (row == nullptr) return nullptr;
  ChangingSessionRow* const key = SessionOf(row);
  if (!Splice(&key->parts, change_.place, change_.before.size(), change_.after)) return nullptr;
  int64_t look = change_.look;
  for (const Run& run : change_.runs_after) {
    look = std::min(look, LookFor(run, Has(change_.after[run.first], kPartShown)));
  }
  if (window_.early_micros != 0 && key->start == 0) {
    key->start = 1;
    changed_.push_back(TimerOf(row, 0));
    // What was emitted is taken back before a watermark closes it.
    for (const SessionPart& shown : PartsIn(key->shown)) look = std::min(look, shown.end + wait_);
  }
  if (look < key->timer) LookAt(row, look);
  if (!window_.takes_back && !JoinParts()) return nullptr;
  return Find(change_.key, change_.number);
}

bool ChangingSessions::JoinParts() {
  for (size_t i = 1; i < change_.before.size(); ++i) {
    const int64_t number = change_.before[i].number;
    char* into = nullptr;
    char* from = nullptr;
    if (!FindBoth(change_.key, change_.number, number, &into, &from)) return false;
    if (!merge_(table_.heap, into, from)) return false;
    Remove(change_.key, number);
  }
  return true;
}

// What has become of them.
bool ChangingSessions::EmitAfter() {
  ClearEmitted();
  if (change_.empties) Remove(change_.key, change_.number);
  if (window_.early_micros != 0) {
    const auto is_past = [this](const Run& run) { return emits_at_once(run.end); };
    if ((std::ranges::any_of(change_.runs_before, is_past) ||
         std::ranges::any_of(change_.runs_after, is_past)) &&
        !EmitChanged(change_.key)) {
      return false;
    }
  } else {
    for (const Run& run : change_.runs_after) {
      if (!Has(change_.after[run.first], kPartShown)) continue;
      const bool was_shown = std::ranges::any_of(change_.runs_before, [&](const Run& before) {
        return before.HasBoundsOf(run) && Has(change_.before[before.first], kPartShown);
      });
      if (!Emit(change_.key, was_shown ? RowKind::kUpdateAfter : RowKind::kInsert, change_.after,
                run)) {
        return false;
      }
    }
  }
  return !change_.empties || RemoveIfEmpty(change_.key);
}

bool ChangingSessions::RemoveIfEmpty(const Key& key) {
  char* const row = Find(key, kKeyNumber);
  if (row == nullptr) return false;
  if (SessionOf(row)->parts.size == 0 && SessionOf(row)->shown.size == 0) Remove(key, kKeyNumber);
  return true;
}

}  // namespace flinkc
