#include "runtime/state/session_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "runtime/abi/hash.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/check.h"
#include "runtime/state/visit_rows.h"

namespace flinkc {

namespace {

// As of all windows: what ends at 10:00:00 is over when the watermark is 09:59:59.999.
constexpr int64_t kWatermarkStep = 1000;
// Sessions that are emitted together.
constexpr uint64_t kEmittedMax = 4096;

bool Touches(int64_t start, int64_t end, const OtherSession& own) {
  return start <= own.end && own.start <= end;
}

}  // namespace

SessionState::SessionState(const StateLayout& layout, MemoryPool* pool, MemoryTable* table)
    : layout_(layout),
      table_(*table),
      gap_(layout.window->size_micros),
      wait_(layout.window->lateness_micros - (layout.window->processing_time ? 0 : kWatermarkStep)),
      session_offset_(layout.schema.accumulators.at(0).offset),
      number_offset_(layout.schema.keys.back().offset - KeyedTable::kHashBytes),
      emitted_(layout, pool),
      key_(layout.key_bytes),
      head_key_(layout.key_bytes),
      row_(layout.row_bytes) {}

int64_t SessionState::FirstOpenEnd(int64_t watermark) const {
  if (watermark < -kWindowTimeMax) return INT64_MIN;
  if (watermark > kWindowTimeMax) return INT64_MAX;
  return watermark - wait_ + 1;
}

// --- the others of a head ---

bool SessionState::AddOther(SessionRow* head, const OtherSession& other) {
  if (!ReserveMore(table_.heap, &head->others, sizeof(other))) return false;
  OtherSession* const others = OthersOf(*head);
  const size_t count = CountOf(*head);
  const OtherSession* const at =
      std::upper_bound(others, others + count, other.end,
                       [](int64_t end, const OtherSession& o) { return end < o.end; });
  const auto place = static_cast<size_t>(at - others);
  std::memmove(others + place + 1, others + place, (count - place) * sizeof(other));
  others[place] = other;
  head->others.size += sizeof(other);
  return true;
}

void SessionState::RemoveOther(SessionRow* head, int64_t number) {
  OtherSession* const others = OthersOf(*head);
  const size_t count = CountOf(*head);
  for (size_t i = 0; i < count; ++i) {
    if (others[i].number != number) continue;
    std::memmove(others + i, others + i + 1, (count - i - 1) * sizeof(OtherSession));
    head->others.size -= sizeof(OtherSession);
    return;
  }
}

void SessionState::SetLimit(SessionRow* head) {
  const OtherSession* const others = OthersOf(*head);
  const OtherSession* const end = others + CountOf(*head);
  const OtherSession* const next = std::lower_bound(
      others, end, head->start, [](const OtherSession& o, int64_t start) { return o.end < start; });
  head->limit = next == end ? INT64_MAX : next->start;
}

int64_t SessionState::FreeNumber(const SessionRow& head) {
  int64_t highest = 0;
  for (size_t i = 0; i < CountOf(head); ++i) {
    highest = std::max(highest, OthersOf(head)[i].number);
  }
  return highest + 1;
}

// --- rows ---

// Its own inverse.
uint64_t SessionState::MixNumber(uint64_t hash, int64_t number) {
  return number == 0 ? hash : hash ^ (HashInteger(number) & 0xFFFFFFFFull);
}

const char* SessionState::KeyOf(const char* head_key, int64_t number) {
  std::memcpy(key_.data(), head_key, key_.size());
  std::memcpy(key_.data() + number_offset_, &number, sizeof(number));
  return key_.data();
}

char* SessionState::Find(uint64_t hash, const char* head_key, int64_t number, bool* is_new) {
  char* row = nullptr;
  const ProbeResult probed = FindOrInsert(&table_, MixNumber(hash, number), KeyOf(head_key, number),
                                          table_.key_bytes, &row);
  if (is_new != nullptr) *is_new = probed == ProbeResult::kInserted;
  return probed == ProbeResult::kMemoryLimit ? nullptr : row;
}

bool SessionState::FindBoth(uint64_t hash, const char* head_key, int64_t a, int64_t b, char** row_a,
                            char** row_b) {
  // Before a store the one may make the other leave; then the next chunk has room for both.
  constexpr int kTriesMax = 4;
  for (int i = 0; i < kTriesMax; ++i) {
    *row_a = Find(hash, head_key, a);
    if (*row_a == nullptr) return false;
    *row_b = Find(hash, head_key, b);
    if (*row_b == nullptr) return false;
    if (table_.Find(MixNumber(hash, a), KeyOf(head_key, a)) == *row_a) return true;
  }
  return false;
}

void SessionState::Remove(uint64_t hash, const char* head_key, int64_t number) {
  if (Find(hash, head_key, number) == nullptr) return;  // the store says why
  const auto row = table_.NumberOf(MixNumber(hash, number), KeyOf(head_key, number));
  CHECK(row.has_value());
  table_.Remove(*row);
}

void SessionState::MoveSession(char* from, char* to) {
  const size_t begin = session_offset_;
  const StateBlob from_others = SessionOf(from)->others;
  const StateBlob to_others = SessionOf(to)->others;
  std::memcpy(to + begin, from + begin, layout_.row_bytes - begin);
  std::memset(from + begin, 0, layout_.row_bytes - begin);
  SessionOf(from)->others = from_others;
  SessionOf(to)->others = to_others;
}

// --- rows of the input ---

SessionState::Touched SessionState::FindTouched(const SessionRow& head, const OtherSession& own,
                                                int64_t first_open) const {
  Touched touched;
  touched.head = head.end >= first_open && Touches(head.start, head.end, own);
  const OtherSession* const others = OthersOf(head);
  const OtherSession* const end = others + CountOf(head);
  const OtherSession* at =
      std::lower_bound(others, end, std::max(own.start, first_open),
                       [](const OtherSession& o, int64_t from) { return o.end < from; });
  for (; at != end && at->start <= own.end; ++at) touched.others.push_back(*at);
  return touched;
}

char* SessionState::Select(uint64_t hash, const char* key, bool is_new, int64_t time,
                           int64_t watermark, const Merge& merge, RowStatus* status) {
  *status = RowStatus::kOk;
  if (!has_timers_ && !MakeTimers()) {
    *status = RowStatus::kMemoryLimit;
    return nullptr;
  }
  time = std::clamp(time, -kWindowTimeMax, kWindowTimeMax);
  const OtherSession own{time, time + gap_, 0};
  const int64_t first_open = FirstOpenEnd(std::max(watermark, watermark_));
  if (is_new) {
    if (own.end < first_open) {
      Remove(hash, key, 0);
      return nullptr;
    }
    char* const head = Find(hash, key, 0);
    if (head != nullptr) {
      *SessionOf(head) = {own.start, own.end, INT64_MAX, 0, {}};
      SetTimer(head, own.end);
      return head;
    }
    *status = RowStatus::kMemoryLimit;
    return nullptr;
  }
  char* const head = Find(hash, key, 0);
  if (head == nullptr) {
    *status = RowStatus::kMemoryLimit;
    return nullptr;
  }
  Touched touched = FindTouched(*SessionOf(head), own, first_open);
  const size_t count = touched.others.size() + (touched.head ? 1 : 0);
  if (count == 0 && own.end < first_open) return nullptr;
  char* const row = count == 0   ? Begin(hash, key, own)
                    : count == 1 ? Extend(hash, key, own, touched)
                                 : Join(hash, key, own, std::move(touched), merge);
  if (row == nullptr) *status = RowStatus::kMemoryLimit;
  return row;
}

char* SessionState::Begin(uint64_t hash, const char* key, const OtherSession& own) {
  char* head = Find(hash, key, 0);
  if (head == nullptr) return nullptr;
  const int64_t number = FreeNumber(*SessionOf(head));
  char* row = nullptr;
  if (!FindBoth(hash, key, 0, number, &head, &row)) return nullptr;
  SessionRow* const session = SessionOf(head);
  if (own.end < session->end) {
    // An older one: the head stays the newest.
    if (!AddOther(session, {own.start, own.end, number})) return nullptr;
    SetLimit(session);
    *SessionOf(row) = {own.start, own.end, 0, 0, {}};
    SetTimer(row, own.end);
    return row;
  }
  if (!AddOther(session, {session->start, session->end, number})) return nullptr;
  MoveSession(head, row);
  SetTimer(row, SessionOf(row)->timer);
  session->start = own.start;
  session->end = own.end;
  SetLimit(session);
  SetTimer(head, own.end);
  return head;
}

char* SessionState::Extend(uint64_t hash, const char* key, const OtherSession& own,
                           const Touched& touched) {
  char* const head = Find(hash, key, 0);
  if (head == nullptr) return nullptr;
  SessionRow* const session = SessionOf(head);
  if (touched.head) {
    session->start = std::min(session->start, own.start);
    session->end = std::max(session->end, own.end);
    SetLimit(session);
    return head;
  }
  OtherSession other = touched.others[0];
  other.start = std::min(other.start, own.start);
  other.end = std::max(other.end, own.end);
  RemoveOther(session, other.number);
  if (!AddOther(session, other)) return nullptr;
  SetLimit(session);
  char* const row = Find(hash, key, other.number);
  if (row == nullptr) return nullptr;
  SessionOf(row)->start = other.start;
  SessionOf(row)->end = other.end;
  return row;
}

char* SessionState::Join(uint64_t hash, const char* key, const OtherSession& own, Touched touched,
                         const Merge& merge) {
  char* head = Find(hash, key, 0);
  if (head == nullptr) return nullptr;
  SessionRow* session = SessionOf(head);
  OtherSession joined = own;
  if (touched.head) {
    joined.start = std::min(joined.start, session->start);
    joined.end = std::max(joined.end, session->end);
  } else {
    joined.number = touched.others.front().number;
  }
  for (const OtherSession& other : touched.others) {
    joined.start = std::min(joined.start, other.start);
    joined.end = std::max(joined.end, other.end);
    RemoveOther(session, other.number);
  }
  for (const OtherSession& other : touched.others) {
    if (other.number == joined.number) continue;
    char* into = nullptr;
    char* from = nullptr;
    if (!FindBoth(hash, key, joined.number, other.number, &into, &from)) return nullptr;
    if (!merge(into, from)) return nullptr;
    Remove(hash, key, other.number);
  }
  head = Find(hash, key, 0);
  if (head == nullptr) return nullptr;
  session = SessionOf(head);
  if (touched.head) {
    session->start = joined.start;
    session->end = joined.end;
    SetLimit(session);
    return head;
  }
  if (!AddOther(session, joined)) return nullptr;
  SetLimit(session);
  char* const row = Find(hash, key, joined.number);
  if (row == nullptr) return nullptr;
  SessionOf(row)->start = joined.start;
  SessionOf(row)->end = joined.end;
  return row;
}

// --- timers ---

void SessionState::SetTimer(char* row, int64_t time) {
  SessionOf(row)->timer = time;
  AddTimerOf(row);
}

void SessionState::AddTimerOf(const char* row) {
  Timer timer;
  std::memcpy(&timer.hash, row, sizeof(timer.hash));
  const char* const key = row + KeyedTable::kHashBytes;
  std::memcpy(&timer.number, key + number_offset_, sizeof(timer.number));
  std::memcpy(&timer.time, row + session_offset_ + offsetof(SessionRow, timer), sizeof(timer.time));
  if (table_.has_store()) {
    timer.key.assign(key, layout_.key_bytes);
    for (const uint32_t offset : layout_.key_view_offsets) {
      StringValue view;
      std::memcpy(&view, key + offset, sizeof(view));
      if (view.size > StringValue::kInlineBytes) timer.key.append(view.view());
    }
  }
  timers_.push(std::move(timer));
}

Status SessionState::MakeTimers() {
  timers_ = {};
  RETURN_IF_ERROR(VisitAllRows(table_, &emitted_, [this](const char* row) { AddTimerOf(row); }));
  has_timers_ = true;
  return {};
}

int64_t SessionState::next_close() {
  // What went wrong shows when sessions are asked for.
  if (!has_timers_ && !MakeTimers()) return INT64_MIN;
  return timers_.empty() ? INT64_MAX : timers_.top().time + wait_;
}

void SessionState::RestoreProgress(std::span<const WindowProgress> former) {
  if (former.empty()) return;
  watermark_ = LeastWatermarkOf(former);
  former_watermark_ = GreatestWatermarkOf(former);
}

std::unexpected<Error> SessionState::NoRoom() const {
  return MakeError(ErrorCode::kMemoryLimit,
                   fmt::format("no memory for the sessions of the state `{}`; raise "
                               "`taskmanager.memory.process.size`",
                               layout_.state_id));
}

Result<MemoryTable*> SessionState::TakeClosed(int64_t watermark) {
  if (!has_timers_) RETURN_IF_ERROR(MakeTimers());
  // The end of the input is no time of the clock.
  if (!layout_.window->processing_time || watermark != INT64_MAX) {
    watermark_ = std::max(watermark_, watermark);
  }
  const int64_t first_open = FirstOpenEnd(watermark);
  if (timers_.empty() || timers_.top().time >= first_open) return nullptr;
  emitted_.Clear(emitted_.row_count);
  while (!timers_.empty() && timers_.top().time < first_open && emitted_.row_count < kEmittedMax) {
    const Timer timer = timers_.top();
    timers_.pop();
    ASSIGN_OR_RETURN(char* const row, RowOf(timer));
    if (row == nullptr) continue;
    if (SessionOf(row)->end > timer.time) {
      SetTimer(row, SessionOf(row)->end);
      continue;
    }
    RETURN_IF_ERROR(Emit(timer, row));
  }
  return emitted_.row_count == 0 ? nullptr : &emitted_;
}

Result<char*> SessionState::RowOf(const Timer& timer) {
  if (!table_.has_store()) {
    char* found = nullptr;
    table_.ForEachWithHash(timer.hash, [&](uint64_t number) {
      char* const row = table_.Row(number);
      int64_t session;
      std::memcpy(&session, row + KeyedTable::kHashBytes + number_offset_, sizeof(session));
      if (found != nullptr || session != timer.number || SessionOf(row)->timer != timer.time) {
        return;
      }
      TouchRow(&table_, number);
      found = row;
    });
    return found;
  }
  std::vector<char> key(timer.key.begin(), timer.key.begin() + layout_.key_bytes);
  const char* bytes = timer.key.data() + layout_.key_bytes;
  for (const uint32_t offset : layout_.key_view_offsets) {
    StringValue view;
    std::memcpy(&view, key.data() + offset, sizeof(view));
    if (view.size <= StringValue::kInlineBytes) continue;
    view.pointer = bytes;
    bytes += view.size;
    std::memcpy(key.data() + offset, &view, sizeof(view));
  }
  const uint64_t hash = MixNumber(timer.hash, timer.number);
  bool is_new = false;
  char* const row = Find(hash, key.data(), timer.number, &is_new);
  if (row == nullptr) return NoRoom();
  if (is_new) {
    Remove(hash, key.data(), timer.number);
    return nullptr;
  }
  return SessionOf(row)->timer == timer.time ? row : nullptr;
}

Status SessionState::Emit(const Timer& timer, char* row) {
  std::memcpy(row_.data(), row, layout_.row_bytes);
  // Its number may be taken again before it has left.
  const auto number = static_cast<int64_t>(emitted_.row_count);
  std::memcpy(row_.data() + KeyedTable::kHashBytes + number_offset_, &number, sizeof(number));
  SessionOf(row_.data())->others = {};
  const uint64_t hash = MixNumber(timer.hash, number + 1);
  std::memcpy(row_.data(), &hash, sizeof(hash));
  if (emitted_.AddRow(row_.data()) != ProbeResult::kInserted) return NoRoom();
  return RemoveEmitted(timer, row);
}

Status SessionState::RemoveEmitted(const Timer& timer, char* row) {
  const uint64_t hash = MixNumber(timer.hash, timer.number);
  // The views of the copy that was emitted stay.
  const char* const copied = emitted_.Row(emitted_.row_count - 1) + KeyedTable::kHashBytes;
  std::memcpy(head_key_.data(), copied, head_key_.size());
  const char* const key = head_key_.data();
  if (timer.number != 0) {
    Remove(hash, key, timer.number);
    char* const head = Find(hash, key, 0);
    if (head == nullptr) return NoRoom();
    RemoveOther(SessionOf(head), timer.number);
    SetLimit(SessionOf(head));
    return {};
  }
  if (SessionOf(row)->others.size == 0) {
    Remove(hash, key, 0);
    return {};
  }
  // The newest of the others becomes the head.
  const int64_t next = OthersOf(*SessionOf(row))[CountOf(*SessionOf(row)) - 1].number;
  char* head = nullptr;
  char* other = nullptr;
  if (!FindBoth(hash, key, 0, next, &head, &other)) return NoRoom();
  for (const uint32_t offset : layout_.blob_offsets) {
    auto* const blob = reinterpret_cast<StateBlob*>(head + offset);
    if (blob != &SessionOf(head)->others) flinkc_rt_free_blob(table_.heap, blob);
  }
  MoveSession(other, head);
  SessionRow* const session = SessionOf(head);
  RemoveOther(session, next);
  SetLimit(session);
  SetTimer(head, session->end);
  Remove(hash, key, next);
  return {};
}

}  // namespace flinkc
