// Sessions that change against lists of rows kept by the definition of docs/language.md section 5:
// what has left is a table that must be as the lists say, whatever was taken back on the way. In
// memory, before a store with far too little memory, and restored now and then.
#include "runtime/state/changing_sessions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/abi/chain_context.h"
#include "runtime/abi/hash.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/graph/key_layout.h"
#include "runtime/state/state_store.h"
#include "runtime/state/stored_row.h"
#include "tests/unit/runtime/state/map_store.h"

namespace flinkc {
namespace {

constexpr int64_t kMilli = 1000;
constexpr int64_t kGap = 10 * kMilli;

struct Setup {
  bool each_row = false;
  bool early = false;
  bool late_updates = false;
  bool takes_back = false;
  int64_t lateness = 0;
};

StateLayout Layout(const Setup& setup) {
  const Schema key({{"k", DataType(TypeKind::kString, false)},
                    {"$session", DataType(TypeKind::kBigint, false)}});
  StateLayout layout = KeyLayout("sessions", key);
  StateSchema::Accumulator session;
  session.offset = layout.row_bytes;
  session.bytes = sizeof(ChangingSessionRow);
  session.blob_offsets = {
      layout.row_bytes + static_cast<uint32_t>(offsetof(ChangingSessionRow, parts)),
      layout.row_bytes + static_cast<uint32_t>(offsetof(ChangingSessionRow, shown))};
  layout.blob_offsets = session.blob_offsets;
  layout.schema.accumulators.push_back(session);
  layout.row_bytes += sizeof(ChangingSessionRow) + 2 * sizeof(int64_t);
  layout.schema.row_bytes = layout.row_bytes;
  layout.window = WindowLayout{kGap, kGap, kGap, 0, setup.lateness, WindowKind::kSession};
  layout.window->each_row = setup.each_row;
  layout.window->early_micros = setup.early ? 1 : 0;
  layout.window->late_updates = setup.late_updates;
  layout.window->takes_back = setup.takes_back;
  return layout;
}

using Bounds = std::tuple<std::string, int64_t, int64_t>;  // key, start, end
using Sums = std::pair<int64_t, int64_t>;                  // rows, values
using Table = std::map<Bounds, Sums>;

// A table of sessions with the number of their rows and their sum, updated as generated code does.
class Sessions {
 public:
  Sessions(const Setup& setup, bool wants_old, std::optional<size_t> cache_bytes)
      : setup_(setup), wants_old_(wants_old), layout_(Layout(setup)) {
    if (cache_bytes) {
      store_ = std::make_unique<StateStore>(std::make_shared<MapStore>(), *cache_bytes, &clock_);
    }
    rows_ = store_ == nullptr ? std::make_unique<MemoryTable>(layout_, &memory_)
                              : std::make_unique<MemoryTable>(layout_, &memory_, store_.get(),
                                                              StoredPrefix(3, true, {}));
    Open({});
  }

  // Makes the timers again.
  void Reopen() { Open(state_->progress()); }

  // What became of a row: kDone, kLate, or kUpdate.
  SessionStep Change(const std::string& key, int64_t time, int64_t value, int64_t watermark,
                     bool comes) {
    std::vector<char> bytes(layout_.key_bytes, 0);
    const StringValue view = MakeStringValue(key);
    std::memcpy(bytes.data(), &view, sizeof(view));
    const int32_t flags = (comes ? kRowComes : 0) | (wants_old_ ? kOldRowsLeave : 0);
    state_->Begin(HashBytes(key.data(), key.size()), bytes.data(), time, watermark, flags);
    bool updated = false;
    SessionStep step;
    while (char* const row = state_->Next(&step)) {
      if (step == SessionStep::kUpdate) {
        EXPECT_FALSE(updated);
        updated = true;
        Sums& sums = SumsOf(row);
        sums.first += comes ? 1 : -1;
        sums.second += comes ? value : -value;
      } else {
        Take(row, static_cast<RowKind>(step));
      }
    }
    EXPECT_EQ(step == SessionStep::kDone || step == SessionStep::kLate, true);
    if (store_ != nullptr) EXPECT_TRUE(store_->Trim());
    return updated ? SessionStep::kUpdate : step;
  }

  void Fire(int64_t watermark) {
    int64_t last_end = INT64_MIN;
    TakeAll([&] { return state_->TakeDue(watermark); }, &last_end);
  }
  void Tick() {
    TakeAll([&] { return state_->TakeChanged(); }, nullptr);
    EXPECT_FALSE(state_->has_changed());
  }

  bool is_empty() const { return rows_->is_empty(); }

  Table table;  // what has left makes it
  int replaced = 0;
  int deleted = 0;

 private:
  void Open(const WindowProgress& progress) {
    state_ = std::make_unique<ChangingSessions>(layout_, &memory_, rows_.get());
    state_->SetMerge([this](StateHeap*, char* into, const char* from) {
      SumsOf(into).first += SumsOf(const_cast<char*>(from)).first;
      SumsOf(into).second += SumsOf(const_cast<char*>(from)).second;
      return true;
    });
    state_->RestoreProgress(std::span(&progress, 1));
    state_->OnRestore();
  }

  template <typename Next>
  void TakeAll(Next take, int64_t* last_end) {
    while (true) {
      Result<MemoryTable*> rows = take();
      ASSERT_TRUE(rows) << rows.error().message;
      if (*rows == nullptr) return;
      (*rows)->ForEachRow([&](uint64_t number) {
        char* const row = (*rows)->Row(number);
        const ChangingSessionRow& session = SessionOf(row);
        Take(row, static_cast<RowKind>(session.timer));
        // Where each leaves once, in the order of their ends.
        if (last_end == nullptr || setup_.early || setup_.takes_back) return;
        EXPECT_LE(*last_end, session.end);
        *last_end = session.end;
      });
      if (store_ != nullptr) ASSERT_TRUE(store_->Trim());
    }
  }

  void Take(char* row, RowKind kind) {
    if (kind == RowKind::kUpdateBefore && !wants_old_) return;  // as generated code leaves it out
    StringValue key;
    std::memcpy(&key, row + KeyedTable::kHashBytes, sizeof(key));
    const ChangingSessionRow& session = SessionOf(row);
    const Bounds bounds(std::string(key.view()), session.start, session.end);
    const auto old = table.find(bounds);
    if (kind == RowKind::kDelete || kind == RowKind::kUpdateBefore) {
      ASSERT_NE(old, table.end());
      EXPECT_EQ(old->second, SumsOf(row));
      table.erase(old);
      ++(kind == RowKind::kDelete ? deleted : replaced);
      return;
    }
    EXPECT_EQ(old != table.end(), kind == RowKind::kUpdateAfter && !wants_old_);
    EXPECT_GT(SumsOf(row).first, 0);
    table[bounds] = SumsOf(row);
  }

  ChangingSessionRow& SessionOf(char* row) const {
    return *reinterpret_cast<ChangingSessionRow*>(row + layout_.schema.accumulators[0].offset);
  }
  Sums& SumsOf(char* row) const {
    return *reinterpret_cast<Sums*>(row + layout_.row_bytes - sizeof(Sums));
  }

  const Setup setup_;
  const bool wants_old_;
  const StateLayout layout_;
  SystemClock clock_;
  MemoryPool memory_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<MemoryTable> rows_;
  std::unique_ptr<ChangingSessions> state_;
};

// The same by lists.
class Model {
 public:
  explicit Model(const Setup& setup) : setup_(setup), wait_(setup.lateness - kMilli) {}

  struct Row {
    int64_t time;
    int64_t value;
  };

  // False: late.
  bool Add(const std::string& key, const Row& row, int64_t watermark) {
    watermark = std::max(watermark, fired_);
    std::vector<Session>& sessions = live_[key];
    Session made{row.time, row.time + kGap, {row}};
    std::vector<Session> apart;
    for (const Session& other : sessions) {
      const bool is_open = setup_.takes_back || other.end + wait_ > watermark;
      if (is_open && other.start <= row.time + kGap && row.time <= other.end) {
        made.start = std::min(made.start, other.start);
        made.end = std::max(made.end, other.end);
        made.rows.insert(made.rows.end(), other.rows.begin(), other.rows.end());
      } else {
        apart.push_back(other);
      }
    }
    if (made.end + wait_ <= watermark) return false;
    apart.push_back(made);
    sessions = apart;
    return true;
  }

  // Takes back some row of the key; its time and value, or nothing if there is none that is open.
  std::optional<Row> TakeBack(const std::string& key, uint64_t choice, int64_t watermark) {
    watermark = std::max(watermark, fired_);
    std::vector<Session>& sessions = live_[key];
    if (sessions.empty()) return std::nullopt;
    const size_t place = choice % sessions.size();
    Session session = sessions[place];
    if (session.end + wait_ <= watermark) return std::nullopt;
    sessions.erase(sessions.begin() + static_cast<ptrdiff_t>(place));
    const auto taken =
        session.rows.begin() + static_cast<ptrdiff_t>(choice / 7 % session.rows.size());
    const Row row = *taken;
    session.rows.erase(taken);
    std::ranges::sort(session.rows, {}, &Row::time);
    for (const Row& left : session.rows) {
      if (sessions.size() > 0 && &left != session.rows.data() && sessions.back().end >= left.time) {
        sessions.back().end = left.time + kGap;
        sessions.back().rows.push_back(left);
      } else {
        sessions.push_back({left.time, left.time + kGap, {left}});
      }
    }
    return row;
  }

  void Fire(int64_t watermark) {
    fired_ = std::max(fired_, watermark);
    for (auto& [key, sessions] : live_) {
      std::erase_if(sessions, [&](const Session& session) {
        if (session.end + wait_ > watermark) return false;
        final_[{key, session.start, session.end}] = SumsOf(session);
        return true;
      });
    }
  }

  // Those that are over, and of the others all or those that have ended.
  Table Expected(bool all) const {
    Table table = final_;
    for (const auto& [key, sessions] : live_) {
      for (const Session& session : sessions) {
        if (!all && !(setup_.late_updates && session.end - kMilli <= fired_)) continue;
        table[{key, session.start, session.end}] = SumsOf(session);
      }
    }
    return table;
  }

  bool is_over(int64_t end) const { return end + wait_ <= fired_; }

 private:
  struct Session {
    int64_t start;
    int64_t end;
    std::vector<Row> rows;
  };
  static Sums SumsOf(const Session& session) {
    Sums sums{static_cast<int64_t>(session.rows.size()), 0};
    for (const Row& row : session.rows) sums.second += row.value;
    return sums;
  }

  const Setup setup_;
  const int64_t wait_;
  int64_t fired_ = INT64_MIN;
  std::map<std::string, std::vector<Session>> live_;
  Table final_;
};

std::string KeyOf(uint64_t n) {
  return n % 2 == 0 ? "k" + std::to_string(n) : "a key that is long, " + std::to_string(n);
}

struct Counts {
  int late = 0;
  int taken_back = 0;
  int replaced = 0;
  int deleted = 0;
};

// Rows whose sessions were over by what is past: with early results nothing else is certain between
// two times of the clock.
Table Over(const Table& table, const Model& model) {
  Table over;
  for (const auto& [bounds, sums] : table) {
    if (model.is_over(std::get<2>(bounds))) over[bounds] = sums;
  }
  return over;
}

void CompareWithModel(const Setup& setup, uint64_t seed, std::optional<size_t> cache_bytes,
                      uint64_t keys, bool reopens, int steps, Counts* counts) {
  std::mt19937_64 random(seed);
  Sessions sessions(setup, seed % 2 == 0, cache_bytes);
  Model model(setup);
  int64_t highest = 0;
  for (int step = 0; step < steps; ++step) {
    const std::string key = KeyOf(random() % keys);
    const int64_t watermark = highest - 5 * kMilli;
    if (setup.takes_back && random() % 3 == 0) {
      const auto taken = model.TakeBack(key, random(), watermark);
      if (taken) {
        ASSERT_EQ(sessions.Change(key, taken->time, taken->value, watermark, false),
                  SessionStep::kUpdate);
        ++counts->taken_back;
      }
    } else {
      // Now and then far ahead, or far behind.
      int64_t time = highest + static_cast<int64_t>(random() % 3) * kMilli;
      if (random() % 8 == 0) time -= static_cast<int64_t>(random() % 60) * kMilli;
      if (random() % 64 == 0) time += static_cast<int64_t>(random() % 200) * kMilli;
      highest = std::max(highest, time);
      const auto value = static_cast<int64_t>(random() % 100);
      const bool expected = model.Add(key, {time, value}, watermark);
      ASSERT_EQ(sessions.Change(key, time, value, watermark, true),
                expected ? SessionStep::kUpdate : SessionStep::kLate)
          << "seed " << seed << ", step " << step;
      counts->late += expected ? 0 : 1;
    }
    if (random() % 20 == 0) {
      sessions.Fire(highest - 5 * kMilli);
      model.Fire(highest - 5 * kMilli);
      if (setup.early) {
        ASSERT_EQ(Over(sessions.table, model), Over(model.Expected(false), model));
      }
      if (reopens) sessions.Reopen();
    }
    if (setup.early) {
      if (random() % 30 != 0) continue;
      sessions.Tick();
    }
    if (random() % 4 != 0 && !setup.early) continue;
    const bool all = setup.each_row || setup.early;
    // What splits off of a session may be over, and leaves with the next watermark.
    ASSERT_EQ(sessions.table, model.Expected(all)) << "seed " << seed << ", step " << step;
    if (testing::Test::HasFailure()) return;
  }
  sessions.Fire(INT64_MAX);
  model.Fire(INT64_MAX);
  EXPECT_EQ(sessions.table, model.Expected(false)) << "seed " << seed;
  if (!cache_bytes) EXPECT_TRUE(sessions.is_empty());
  counts->replaced += sessions.replaced;
  counts->deleted += sessions.deleted;
}

std::vector<Setup> AllSetups() {
  std::vector<Setup> setups;
  for (const bool takes_back : {false, true}) {
    for (const int64_t lateness : {0, 7, 30}) {
      Setup setup{.takes_back = takes_back, .lateness = lateness * kMilli};
      if (takes_back) setups.push_back(setup);
      setup.each_row = true;
      setups.push_back(setup);
      setup.each_row = false;
      setup.early = true;
      setups.push_back(setup);
      if (lateness == 0) continue;
      setup.late_updates = true;
      setups.push_back(setup);
      setup.early = false;
      setups.push_back(setup);
    }
  }
  return setups;
}

void CompareAll(uint64_t seeds, std::optional<size_t> cache_bytes, uint64_t keys, int steps) {
  Counts counts;
  for (const Setup& setup : AllSetups()) {
    SCOPED_TRACE(testing::Message() << "each row " << setup.each_row << ", early " << setup.early
                                    << ", late " << setup.late_updates << ", takes back "
                                    << setup.takes_back << ", lateness " << setup.lateness);
    for (uint64_t seed = 0; seed < seeds; ++seed) {
      CompareWithModel(setup, seed, cache_bytes, seed % 4 == 1 ? 1 : keys, seed % 3 == 0, steps,
                       &counts);
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(counts.late, 0);
  EXPECT_GT(counts.taken_back, 0);
  EXPECT_GT(counts.replaced, 0);
  EXPECT_GT(counts.deleted, 0);
}

TEST(ChangingSessions, GiveTheTableOfAModel) { CompareAll(8, std::nullopt, 5, 1500); }

TEST(ChangingSessions, GiveItWithFarTooLittleMemory) { CompareAll(3, 1, 40, 1000); }

// What does not exist is not taken back, and leaves nothing behind.
TEST(ChangingSessions, RowsThatAreNotThere) {
  Sessions sessions({.each_row = true, .takes_back = true}, true, std::nullopt);
  EXPECT_EQ(sessions.Change("k", 50 * kMilli, 1, INT64_MIN, false), SessionStep::kDone);
  EXPECT_TRUE(sessions.is_empty());
  EXPECT_EQ(sessions.Change("k", 50 * kMilli, 1, INT64_MIN, true), SessionStep::kUpdate);
  EXPECT_EQ(sessions.Change("k", 51 * kMilli, 1, INT64_MIN, false), SessionStep::kDone);
  EXPECT_EQ(sessions.Change("k", 20 * kMilli, 1, 40 * kMilli, false), SessionStep::kLate);
  EXPECT_EQ(sessions.table, (Table{{{"k", 50 * kMilli, 60 * kMilli}, {1, 1}}}));
  EXPECT_EQ(sessions.Change("k", 50 * kMilli, 1, INT64_MIN, false), SessionStep::kUpdate);
  EXPECT_EQ(sessions.table, Table{});
  EXPECT_TRUE(sessions.is_empty());
}

// A row between two sessions that goes again.
TEST(ChangingSessions, SplitAndJoin) {
  Sessions sessions({.each_row = true, .takes_back = true}, true, std::nullopt);
  sessions.Change("k", 0, 1, INT64_MIN, true);
  sessions.Change("k", 20 * kMilli, 2, INT64_MIN, true);
  EXPECT_EQ(sessions.table.size(), 2u);
  sessions.Change("k", 10 * kMilli, 4, INT64_MIN, true);
  EXPECT_EQ(sessions.table, (Table{{{"k", 0, 30 * kMilli}, {3, 7}}}));
  sessions.Change("k", 10 * kMilli, 8, INT64_MIN, true);
  EXPECT_EQ(sessions.table, (Table{{{"k", 0, 30 * kMilli}, {4, 15}}}));
  sessions.Change("k", 10 * kMilli, 4, INT64_MIN, false);
  sessions.Change("k", 10 * kMilli, 8, INT64_MIN, false);
  EXPECT_EQ(sessions.table,
            (Table{{{"k", 0, 10 * kMilli}, {1, 1}}, {{"k", 20 * kMilli, 30 * kMilli}, {1, 2}}}));
}

// Of one key, far more than fit into one piece of what is emitted.
TEST(ChangingSessions, ManySessionsOfOneKey) {
  constexpr int64_t kSessions = 6'000;
  for (const bool takes_back : {false, true}) {
    Sessions sessions({.early = true, .takes_back = takes_back}, true, std::nullopt);
    std::vector<int64_t> order;
    for (int64_t i = 0; i < kSessions; ++i) order.push_back(i);
    std::mt19937_64 random(1);
    std::ranges::shuffle(order, random);
    for (int round = 0; round < 2; ++round) {
      for (const int64_t i : order) {
        sessions.Change("k", i * 3 * kGap, i, INT64_MIN, true);
      }
      sessions.Tick();
      EXPECT_EQ(sessions.table.size(), static_cast<size_t>(kSessions));
    }
    sessions.Fire(INT64_MAX);
    EXPECT_TRUE(sessions.is_empty());
    for (const auto& [bounds, sums] : sessions.table) {
      EXPECT_EQ(sums, Sums(2, 2 * std::get<1>(bounds) / (3 * kGap)));
    }
  }
}

}  // namespace
}  // namespace flinkc
