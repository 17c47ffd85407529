// What is to happen at a time, by key: a native operator's view of a state of kind kTimers. A timer
// is a row of the table whose key begins with the time; it is there once, however often it is set.
// Timers stay in memory, their times in order beside the table; the table is what checkpoints see.
//
// The hash of a row has the key groups of the operator's key in its high half, and the time mixed
// into its low half: a key with many timers has them all over the index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/data/schema.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/graph/key_layout.h"
#include "runtime/state/due_timers.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

// One worker only.
class TimerState {
 public:
  // `table`: of a layout made by TimersLayout, filled by a restore or empty; must outlive this and
  // be changed by nobody else.
  explicit TimerState(MemoryTable* table);

  // `key`: as it stands in a row of KeyLayout with the same columns. kMemoryLimit.
  Status Set(int64_t time, const StateKey& key);
  // Does nothing if it is not set.
  void Cancel(int64_t time, const StateKey& key);

  // The earliest; INT64_MAX: none.
  int64_t next_time();
  // Removes the next timer whose time is at most `until` and calls visit(time, key) with it; false:
  // there is none. Timers of one time come in the order of key group, hash and bytes of the key.
  // `visit` may set and cancel timers, and the key is valid while it runs.
  template <typename Visit>
  bool FireNext(int64_t until, Visit visit) {
    if (due_.earliest_bound() > until) return false;
    const std::optional<uint64_t> row = NextRow();
    if (!row || due_.First()->time > until) return false;
    int64_t time = 0;
    uint64_t hash = 0;
    TakeNext(*row, &time, &hash);
    visit(time, StateKey{hash, fired_key_.data()});
    return true;
  }
  // Asks the memory for what Set will want of rows behind `row`; `hashes`: of `rows` keys, with the
  // times of their timers mixed in.
  void Prefetch(const uint64_t* hashes, int64_t row, int64_t rows) const {
    PrefetchRows(&table_, hashes, row, rows);
  }
  // The hash of the key of a timer that is likely to fire soon, `ahead` timers behind the next one.
  std::optional<uint64_t> HashAhead(size_t ahead) const {
    const DueTimers::Due* due = due_.Ahead(ahead);
    if (due == nullptr) return std::nullopt;
    return MixTime(due->hash, due->time);
  }

 private:
  // Timers ahead whose place in the index, and whose row, is asked for.
  static constexpr size_t kIndexAhead = 16;
  static constexpr size_t kRowAhead = 8;

  static uint64_t MixTime(uint64_t hash, int64_t time);
  const char* RowKey(int64_t time, const char* key);
  bool IsBefore(const char* a, const char* b) const;
  // Of the rows with this time and hash, the first by its key.
  std::optional<uint64_t> FirstOf(const DueTimers::Due& due) const;
  // The row of due_.First(), which is set.
  std::optional<uint64_t> NextRow();
  void PrefetchAhead() const;
  void TakeNext(uint64_t row, int64_t* time, uint64_t* hash);

  MemoryTable& table_;
  DueTimers due_;                // also those that were cancelled; by the hash of the row
  std::vector<char> row_key_;    // time and key of the row asked for
  std::vector<char> fired_key_;  // of the timer that fires
  std::string fired_bytes_;      // what its views show
};

}  // namespace flinkc
