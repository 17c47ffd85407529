#include "runtime/state/timer_state.h"

#include <fmt/format.h>

#include <cstring>

#include "runtime/abi/hash.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr size_t kTimeBytes = sizeof(int64_t);

int64_t TimeOf(const char* row_key) {
  int64_t time;
  std::memcpy(&time, row_key, sizeof(time));
  return time;
}

}  // namespace

TimerState::TimerState(MemoryTable* table) : table_(*table), row_key_(table->key_bytes) {
  DCHECK(!table->has_store());
  table_.ForEachRow([this](uint64_t row) {
    uint64_t hash;
    std::memcpy(&hash, table_.Row(row), sizeof(hash));
    due_.Push({TimeOf(table_.Key(row)), hash});
  });
}

// Its own inverse.
uint64_t TimerState::MixTime(uint64_t hash, int64_t time) {
  return hash ^ (HashInteger(time) & 0xFFFFFFFFull);
}

const char* TimerState::RowKey(int64_t time, const char* key) {
  std::memcpy(row_key_.data(), &time, kTimeBytes);
  std::memcpy(row_key_.data() + kTimeBytes, key, row_key_.size() - kTimeBytes);
  return row_key_.data();
}

Status TimerState::Set(int64_t time, const StateKey& key) {
  const uint64_t hash = MixTime(key.hash, time);
  char* row = nullptr;
  switch (FindOrInsert(&table_, hash, RowKey(time, key.bytes), table_.key_bytes, &row)) {
    case ProbeResult::kMemoryLimit:
      return MakeError(ErrorCode::kMemoryLimit,
                       fmt::format("no memory for the timers of the state `{}`; raise "
                                   "`taskmanager.memory.process.size`",
                                   table_.layout().state_id));
    case ProbeResult::kInserted:
      due_.Push({time, hash});
      break;
    case ProbeResult::kFound:
      break;
  }
  return {};
}

void TimerState::Cancel(int64_t time, const StateKey& key) {
  const auto row = table_.NumberOf(MixTime(key.hash, time), RowKey(time, key.bytes));
  if (row) table_.Remove(*row);
}

// By the bytes of the fields, views by what they show.
bool TimerState::IsBefore(const char* a, const char* b) const {
  for (const StateSchema::KeyField& field : table_.layout().schema.keys) {
    const uint32_t offset = field.offset - KeyedTable::kHashBytes;
    int order;
    if (field.type.is_view()) {
      StringValue view_a, view_b;
      std::memcpy(&view_a, a + offset, sizeof(view_a));
      std::memcpy(&view_b, b + offset, sizeof(view_b));
      order = view_a.view().compare(view_b.view());
    } else {
      order = std::memcmp(a + offset, b + offset, ByteWidth(field.type.physical()));
    }
    if (order != 0) return order < 0;
  }
  return std::memcmp(a, b, table_.key_bytes) < 0;
}

std::optional<uint64_t> TimerState::FirstOf(const DueTimers::Due& due) const {
  std::optional<uint64_t> first;
  table_.ForEachWithHash(due.hash, [&](uint64_t row) {
    if (TimeOf(table_.Key(row)) != due.time) return;
    if (!first || IsBefore(table_.Key(row), table_.Key(*first))) first = row;
  });
  return first;
}

std::optional<uint64_t> TimerState::NextRow() {
  while (const DueTimers::Due* due = due_.First()) {
    PrefetchAhead();
    if (const auto row = FirstOf(*due)) return row;
    due_.PopFirst();
  }
  return std::nullopt;
}

void TimerState::PrefetchAhead() const {
  if (const auto* due = due_.Ahead(kIndexAhead)) {
    __builtin_prefetch(&table_.index[due->hash & table_.index_mask]);
  }
  if (const auto* due = due_.Ahead(kRowAhead)) {
    const uint64_t slot = table_.index[due->hash & table_.index_mask];
    if (slot != 0) __builtin_prefetch(table_.Row((slot & 0xFFFFFFFFull) - 1), 1);
  }
}

int64_t TimerState::next_time() { return NextRow() ? due_.First()->time : INT64_MAX; }

void TimerState::TakeNext(uint64_t row, int64_t* time, uint64_t* hash) {
  const DueTimers::Due due = *due_.First();
  due_.PopFirst();
  *time = due.time;
  *hash = MixTime(due.hash, due.time);
  const char* key = table_.Key(row);
  fired_key_.assign(key + kTimeBytes, key + table_.key_bytes);
  // The row goes, and the bytes of its views with it.
  fired_bytes_.clear();
  std::vector<std::pair<uint32_t, StringValue>> views;
  for (uint32_t i = 0; i < table_.key_view_count; ++i) {
    StringValue view;
    std::memcpy(&view, key + table_.key_view_offsets[i], sizeof(view));
    if (view.size > StringValue::kInlineBytes) {
      views.emplace_back(table_.key_view_offsets[i] - kTimeBytes, view);
      fired_bytes_.append(view.view());
    }
  }
  size_t at = 0;
  for (auto& [offset, view] : views) {
    view.pointer = fired_bytes_.data() + at;
    at += view.size;
    std::memcpy(fired_key_.data() + offset, &view, sizeof(view));
  }
  table_.Remove(row);
}

}  // namespace flinkc
