// Sessions against a list of sessions kept by the definition of docs/language.md section 5: in
// memory, before a store with far too little memory, and restored at every third step.
#include "runtime/state/session_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <tuple>

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

StateLayout Layout(int64_t lateness) {
  const Schema key({{"k", DataType(TypeKind::kString, false)},
                    {"$session", DataType(TypeKind::kBigint, false)}});
  StateLayout layout = KeyLayout("sessions", key);
  StateSchema::Accumulator session;
  session.offset = layout.row_bytes;
  session.bytes = sizeof(SessionRow);
  session.blob_offsets = {layout.row_bytes + 32};
  layout.blob_offsets = session.blob_offsets;
  layout.schema.accumulators.push_back(session);
  layout.row_bytes += sizeof(SessionRow) + sizeof(int64_t);
  layout.schema.row_bytes = layout.row_bytes;
  layout.window = WindowLayout{kGap, kGap, kGap, 0, lateness, WindowKind::kSession};
  return layout;
}

using Emitted = std::tuple<std::string, int64_t, int64_t, int64_t>;  // key, start, end, count

// A table of sessions with their count, updated as generated code does.
class Sessions {
 public:
  Sessions(int64_t lateness, std::optional<size_t> cache_bytes) : layout_(Layout(lateness)) {
    if (cache_bytes) {
      store_ = std::make_unique<StateStore>(std::make_shared<MapStore>(), *cache_bytes, &clock_);
    }
    table_ = store_ == nullptr ? std::make_unique<MemoryTable>(layout_, &memory_)
                               : std::make_unique<MemoryTable>(layout_, &memory_, store_.get(),
                                                               StoredPrefix(3, true, {}));
    Open({});
  }

  // Makes the timers again.
  void Reopen() {
    const WindowProgress progress = state_->progress();
    Open(progress);
  }

  // False: late.
  bool Add(const std::string& key, int64_t time, int64_t watermark) {
    std::vector<char> bytes(layout_.key_bytes, 0);
    const StringValue view = MakeStringValue(key);
    std::memcpy(bytes.data(), &view, sizeof(view));
    const uint64_t hash = HashBytes(key.data(), key.size());
    char* row = nullptr;
    const ProbeResult probed =
        FindOrInsert(table_.get(), hash, bytes.data(), layout_.key_bytes, &row);
    EXPECT_NE(probed, ProbeResult::kMemoryLimit);
    SessionRow* const session =
        reinterpret_cast<SessionRow*>(row + layout_.schema.accumulators[0].offset);
    const int64_t closes = session->end + layout_.window->lateness_micros - kMilli;
    if (probed == ProbeResult::kFound && session->start <= time && time <= session->end &&
        time + kGap < session->limit && watermark < closes && state_->watermark() < closes) {
      session->end = std::max(session->end, time + kGap);
      ++extended;
    } else {
      RowStatus status;
      const auto merge = [this](char* into, const char* from) {
        CountOf(into) += CountOf(const_cast<char*>(from));
        return true;
      };
      row = state_->Select(hash, bytes.data(), probed == ProbeResult::kInserted, time, watermark,
                           merge, &status);
      EXPECT_EQ(status, RowStatus::kOk);
    }
    if (row != nullptr) ++CountOf(row);
    if (store_ != nullptr) EXPECT_TRUE(store_->Trim());
    return row != nullptr;
  }

  void Fire(int64_t watermark, std::multiset<Emitted>* out) {
    int64_t last_end = INT64_MIN;
    while (true) {
      Result<MemoryTable*> closed = state_->TakeClosed(watermark);
      ASSERT_TRUE(closed) << closed.error().message;
      if (*closed == nullptr) return;
      (*closed)->ForEachRow([&](uint64_t number) {
        char* const row = (*closed)->Row(number);
        StringValue key;
        std::memcpy(&key, row + KeyedTable::kHashBytes, sizeof(key));
        SessionRow session;
        std::memcpy(&session, row + layout_.schema.accumulators[0].offset, sizeof(session));
        out->emplace(std::string(key.view()), session.start, session.end, CountOf(row));
        EXPECT_LE(last_end, session.end);
        last_end = session.end;
      });
      if (store_ != nullptr) ASSERT_TRUE(store_->Trim());
    }
  }

  bool is_empty() const { return table_->is_empty(); }
  uint64_t rows() const { return table_->row_count; }
  int64_t next_close() { return state_->next_close(); }

  int extended = 0;

 private:
  void Open(const WindowProgress& progress) {
    state_ = std::make_unique<SessionState>(layout_, &memory_, table_.get());
    state_->RestoreProgress(std::span(&progress, 1));
    state_->OnRestore();
  }
  int64_t& CountOf(char* row) const {
    return *reinterpret_cast<int64_t*>(row + layout_.row_bytes - sizeof(int64_t));
  }

  const StateLayout layout_;
  SystemClock clock_;
  MemoryPool memory_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<MemoryTable> table_;
  std::unique_ptr<SessionState> state_;
};

// The same by a list.
class Model {
 public:
  explicit Model(int64_t lateness) : wait_(lateness - kMilli) {}

  bool Add(const std::string& key, int64_t time, int64_t watermark) {
    watermark = std::max(watermark, fired_);
    Session made{time, time + kGap, 1};
    std::vector<Session> apart;
    for (const Session& other : live_[key]) {
      const bool is_open = other.end + wait_ > watermark;
      if (is_open && other.start <= time + kGap && time <= other.end) {
        made.start = std::min(made.start, other.start);
        made.end = std::max(made.end, other.end);
        made.count += other.count;
      } else {
        apart.push_back(other);
      }
    }
    if (made.end + wait_ <= watermark) return false;
    apart.push_back(made);
    live_[key] = apart;
    return true;
  }

  void Fire(int64_t watermark, std::multiset<Emitted>* out) {
    fired_ = std::max(fired_, watermark);
    for (auto& [key, sessions] : live_) {
      std::erase_if(sessions, [&](const Session& session) {
        if (session.end + wait_ > watermark) return false;
        out->emplace(key, session.start, session.end, session.count);
        return true;
      });
    }
  }

 private:
  struct Session {
    int64_t start;
    int64_t end;
    int64_t count;
  };
  const int64_t wait_;
  int64_t fired_ = INT64_MIN;
  std::map<std::string, std::vector<Session>> live_;
};

std::string KeyOf(uint64_t n) {
  return n % 2 == 0 ? "k" + std::to_string(n) : "a key that is long, " + std::to_string(n);
}

void CompareWithModel(uint64_t seed, std::optional<size_t> cache_bytes, uint64_t keys,
                      bool reopens) {
  std::mt19937_64 random(seed);
  const int64_t lateness = random() % 2 == 0 ? 0 : static_cast<int64_t>(random() % 20) * kMilli;
  Sessions sessions(lateness, cache_bytes);
  Model model(lateness);
  std::multiset<Emitted> out, expected;
  int64_t highest[2] = {0, 0};
  int late = 0;
  for (int step = 0; step < 6000; ++step) {
    int64_t& split = highest[random() % 2];
    const int64_t watermark = split - 5 * kMilli;
    // Now and then far ahead, or far behind.
    int64_t time = split + static_cast<int64_t>(random() % 3) * kMilli;
    if (random() % 8 == 0) time -= static_cast<int64_t>(random() % 60) * kMilli;
    if (random() % 64 == 0) time += static_cast<int64_t>(random() % 200) * kMilli;
    split = std::max(split, time);
    const std::string key = KeyOf(random() % keys);
    const bool expected_added = model.Add(key, time, watermark);
    ASSERT_EQ(sessions.Add(key, time, watermark), expected_added) << "seed " << seed;
    late += expected_added ? 0 : 1;
    if (random() % 50 == 0) {
      const int64_t fired = std::min(highest[0], highest[1]) - 5 * kMilli;
      sessions.Fire(fired, &out);
      model.Fire(fired, &expected);
      ASSERT_EQ(out, expected) << "seed " << seed;
      if (reopens) sessions.Reopen();
    }
  }
  sessions.Fire(INT64_MAX, &out);
  model.Fire(INT64_MAX, &expected);
  EXPECT_EQ(out, expected) << "seed " << seed;
  EXPECT_GT(late, 0);
  EXPECT_GT(sessions.extended, 0);
  EXPECT_EQ(sessions.next_close(), INT64_MAX);
  if (!cache_bytes) EXPECT_EQ(sessions.rows(), 0u);
}

TEST(SessionState, GivesTheSessionsOfAModel) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    CompareWithModel(seed, std::nullopt, seed % 4 == 0 ? 1 : 3 + seed * 7, seed % 3 == 0);
  }
}

TEST(SessionState, GivesThemWithFarTooLittleMemory) {
  for (uint64_t seed = 100; seed < 108; ++seed) {
    CompareWithModel(seed, seed % 2 == 0 ? 1 : 300'000, seed % 3 == 0 ? 2 : 3000, seed % 2 == 0);
  }
}

struct Row {
  std::string key;
  int64_t time;
  int64_t watermark;
};

// `behind_max`: how far behind the largest time; the watermark is 8 ms behind it.
std::vector<Row> MakeSplit(std::mt19937_64& random, int64_t behind_max) {
  std::vector<Row> split;
  int64_t highest = 0;
  for (int i = 0; i < 60; ++i) {
    const int64_t watermark = i == 0 ? INT64_MIN : highest - 8 * kMilli;
    const int64_t time = std::max<int64_t>(
        highest + (static_cast<int64_t>(random() % (18 + static_cast<uint64_t>(behind_max))) -
                   behind_max) *
                      kMilli,
        0);
    highest = std::max(highest, time);
    split.push_back({KeyOf(random() % 2), time, watermark});
  }
  return split;
}

std::multiset<Emitted> RunInterleaved(const std::vector<std::vector<Row>>& splits, uint64_t order,
                                      int* late) {
  std::mt19937_64 random(order);
  Sessions sessions(0, std::nullopt);
  std::multiset<Emitted> out;
  std::vector<size_t> next(splits.size(), 0);
  size_t left = 60 * splits.size();
  while (left > 0) {
    // Order 0 reads one split after the other.
    size_t split = random() % splits.size();
    for (size_t i = 0; order == 0 && i < splits.size(); ++i) {
      split = i;
      if (next[i] < 60) break;
    }
    if (next[split] == 60) continue;
    const Row& row = splits[split][next[split]++];
    --left;
    *late += sessions.Add(row.key, row.time, row.watermark) ? 0 : 1;
    int64_t watermark = INT64_MAX;
    for (size_t i = 0; i < splits.size(); ++i) {
      if (next[i] < 60) watermark = std::min(watermark, splits[i][next[i]].watermark);
    }
    if (watermark != INT64_MAX && random() % 4 == 0) sessions.Fire(watermark, &out);
  }
  sessions.Fire(INT64_MAX, &out);
  return out;
}

// Rows that are not behind their split's watermark.
TEST(SessionState, DoesNotDependOnHowSplitsAreInterleaved) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::vector<Row>> splits;
    for (int i = 0; i < 3; ++i) splits.push_back(MakeSplit(random, 6));
    int late = 0;
    const std::multiset<Emitted> first = RunInterleaved(splits, 0, &late);
    for (uint64_t order = 1; order < 8; ++order) {
      EXPECT_EQ(RunInterleaved(splits, order, &late), first) << "seed " << seed;
    }
    EXPECT_EQ(late, 0);
  }
}

// However late rows are.
TEST(SessionState, DoesNotDependOnWhenTheSessionsOfASplitAreEmitted) {
  int late = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    const std::vector<std::vector<Row>> splits = {MakeSplit(random, 26)};
    const std::multiset<Emitted> first = RunInterleaved(splits, 0, &late);
    for (uint64_t order = 1; order < 8; ++order) {
      EXPECT_EQ(RunInterleaved(splits, order, &late), first) << "seed " << seed;
    }
  }
  EXPECT_GT(late, 0);
}

// Of one key, far more than fit into one piece of what is emitted.
TEST(SessionState, ManySessionsOfOneKey) {
  Sessions sessions(0, std::nullopt);
  constexpr int64_t kSessions = 10'000;
  std::vector<int64_t> order;
  for (int64_t i = 0; i < kSessions; ++i) order.push_back(i);
  std::mt19937_64 random(1);
  std::ranges::shuffle(order, random);
  for (int round = 0; round < 2; ++round) {
    for (const int64_t i : order) ASSERT_TRUE(sessions.Add("k", i * 3 * kGap, INT64_MIN));
  }
  EXPECT_EQ(sessions.rows(), static_cast<uint64_t>(kSessions));
  std::multiset<Emitted> out;
  sessions.Fire(INT64_MAX, &out);
  ASSERT_EQ(out.size(), static_cast<size_t>(kSessions));
  for (const Emitted& one : out) {
    EXPECT_EQ(std::get<2>(one) - std::get<1>(one), kGap);
    EXPECT_EQ(std::get<3>(one), 2);
  }
  EXPECT_TRUE(sessions.is_empty());
}

}  // namespace
}  // namespace flinkc
