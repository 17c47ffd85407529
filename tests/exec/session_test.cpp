// Sessions with early and late results: compiled chains fed with rows, watermarks and the time.
// What has left is at each point the table that a list of rows gives by the definitions of
// docs/language.md section 5, and what is taken back was there.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/exec/window_chain.h"

namespace flinkc {
namespace {

constexpr int64_t kGap = 4 * kSecond;

struct Emission {
  std::string text;
  bool each_row = false;
  int64_t early = 0;
  bool late_updates = false;
  int64_t lateness = 0;
};

using Table = std::map<std::string, std::string>;  // "k start end time" -> "n s d"

class Model {
 public:
  explicit Model(const Emission& emission) : emission_(emission) {}

  void Add(const WindowEvent& event) {
    const int64_t split = highest_ == INT64_MIN ? INT64_MIN : highest_ - kOutOfOrder;
    highest_ = std::max(highest_, event.time);
    const int64_t watermark = std::max(split, watermark_);
    Session made{event.time, event.time + kGap, {event.value}};
    std::vector<Session> apart;
    for (const Session& other : live_[event.key]) {
      const bool is_open = !IsOver(other.end, watermark);
      if (is_open && other.start <= event.time + kGap && event.time <= other.end) {
        made.start = std::min(made.start, other.start);
        made.end = std::max(made.end, other.end);
        made.values.insert(made.values.end(), other.values.begin(), other.values.end());
      } else {
        apart.push_back(other);
      }
    }
    if (IsOver(made.end, watermark)) {
      ++late;
      return;
    }
    apart.push_back(std::move(made));
    live_[event.key] = std::move(apart);
  }

  void Watermark(int64_t watermark) {
    watermark_ = std::max(watermark_, watermark);
    for (auto& [key, sessions] : live_) {
      std::erase_if(sessions, [&](const Session& session) {
        if (!IsOver(session.end, watermark_)) return false;
        Show(key, session, &over_);
        return true;
      });
    }
  }

  // All sessions; or those that are over, or ended if they have left then.
  Table Sessions(bool all) const {
    Table table = over_;
    for (const auto& [key, sessions] : live_) {
      for (const Session& session : sessions) {
        const bool has_left = emission_.late_updates && session.end - kMilli <= watermark_;
        if (all || has_left) Show(key, session, &table);
      }
    }
    return table;
  }

  int late = 0;

 private:
  struct Session {
    int64_t start;
    int64_t end;
    std::vector<int64_t> values;
  };
  bool IsOver(int64_t end, int64_t watermark) const {
    return end + emission_.lateness - kMilli <= watermark;
  }
  static void Show(int64_t key, const Session& session, Table* table) {
    const std::vector<int64_t>& values = session.values;
    (*table)[fmt::format("{} {} {} {}", key, session.start, session.end, session.end - kMilli)] =
        fmt::format("{} {} {}", values.size(), std::accumulate(values.begin(), values.end(), 0),
                    std::set(values.begin(), values.end()).size());
  }

  const Emission emission_;
  int64_t highest_ = INT64_MIN;
  int64_t watermark_ = INT64_MIN;
  std::map<int64_t, std::vector<Session>> live_;
  Table over_;
};

class SessionTest : public WindowChainTest {
 protected:
  // Applies what has left since the last call.
  void Take(bool retracts) {
    for (const std::string& row : Rows()) {
      ++kinds_[row.substr(0, 2)];
      std::vector<size_t> blanks;
      for (size_t i = 0; i < row.size(); ++i) {
        if (row[i] == ' ') blanks.push_back(i);
      }
      const std::string key = row.substr(3, blanks[4] - 3);
      const std::string values = row.substr(blanks[4] + 1);
      const auto old = table_.find(key);
      if (row.starts_with("-")) {
        ASSERT_TRUE(old != table_.end() && old->second == values) << row;
        table_.erase(old);
        continue;
      }
      EXPECT_EQ(old != table_.end(), !retracts && row.starts_with("+U")) << row;
      table_[key] = values;
    }
  }

  void CompareWithModel(const Emission& emission, bool retracts, uint64_t seed) {
    SCOPED_TRACE(fmt::format("{}, retracts {}, seed {}", emission.text, retracts, seed));
    ASSERT_NO_FATAL_FAILURE(MakeChain("{session: {gap: 4s}}", emission.text, retracts));
    Model model(emission);
    table_.clear();
    kinds_.clear();
    std::mt19937_64 random(seed);
    int64_t highest = 100 * kSecond;
    int64_t now = kStart;
    int64_t next_early = INT64_MAX;
    for (int step = 0; step < 400; ++step) {
      bool ticks = false;
      switch (random() % 4) {
        case 0:
        case 1: {
          std::vector<WindowEvent> events;
          for (uint64_t i = random() % 6 + 1; i > 0; --i) {
            highest += static_cast<int64_t>(random() % 1500) * kMilli;
            int64_t time = highest - static_cast<int64_t>(random() % 3) * kSecond;
            if (random() % 6 == 0) time -= static_cast<int64_t>(random() % 25) * kSecond;
            events.push_back(
                {static_cast<int64_t>(random() % 3), time, static_cast<int64_t>(random() % 5)});
            model.Add(events.back());
          }
          Feed(events, now);
          break;
        }
        case 2: {
          const int64_t watermark =
              highest - kOutOfOrder - static_cast<int64_t>(random() % 4) * kSecond;
          model.Watermark(watermark);
          Watermark(watermark, now);
          break;
        }
        case 3:
          now += static_cast<int64_t>(random() % 4) * kSecond;
          next_early = executor_->next_time(now);
          ticks = next_early <= now;
          Time(now);
          break;
      }
      ASSERT_NO_FATAL_FAILURE(Take(retracts));
      if (emission.early == 0 || ticks) {
        const bool all = emission.each_row || emission.early != 0;
        ASSERT_EQ(table_, model.Sessions(all)) << "step " << step;
      }
    }
    model.Watermark(INT64_MAX);
    Watermark(INT64_MAX, now);
    ASSERT_NO_FATAL_FAILURE(Take(retracts));
    EXPECT_EQ(table_, model.Sessions(false));
    EXPECT_GT(model.late, 0);
    EXPECT_GT(kinds_["-D"], 0);
    EXPECT_GT(kinds_["+U"], 0);
    EXPECT_EQ(kinds_["-U"], retracts ? kinds_["+U"] : 0);
    EXPECT_TRUE(executor_->state(0)->table()->is_empty());
  }

  void CompareAll(const Emission& emission) {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      for (const bool retracts : {true, false}) CompareWithModel(emission, retracts, seed);
    }
  }

 private:
  Table table_;
  std::map<std::string, int> kinds_;
};

TEST_P(SessionTest, EmitsWithEachRow) {
  CompareAll({.text = ", emit: update", .each_row = true});
  CompareAll({.text = ", emit: update, lateness: 5s", .each_row = true, .lateness = 5 * kSecond});
}

TEST_P(SessionTest, EmitsSoOften) {
  CompareAll({.text = ", emit: every 2s", .early = 2 * kSecond});
  CompareAll(
      {.text = ", emit: every 2s, lateness: 5s", .early = 2 * kSecond, .lateness = 5 * kSecond});
}

TEST_P(SessionTest, EmitsAtTheEndAndWithLateRows) {
  CompareAll(
      {.text = ", late: update, lateness: 9s", .late_updates = true, .lateness = 9 * kSecond});
}

TEST_P(SessionTest, EmitsEarlyAndLate) {
  CompareAll({.text = ", emit: every 2s, late: update, lateness: 9s",
              .early = 2 * kSecond,
              .late_updates = true,
              .lateness = 9 * kSecond});
}

using Lines = std::vector<std::string>;

// "+I begin end n sum" of key 1, times in seconds after the start.
std::string Row(const char* kind, int64_t begin, int64_t end, int64_t n, int64_t sum) {
  const int64_t until = kStart + end * kSecond;
  return fmt::format("{} 1 {} {} {} {} {} {}", kind, kStart + begin * kSecond, until,
                     until - kMilli, n, sum, n);
}

WindowEvent At(int64_t second, int64_t value) { return {1, kStart + second * kSecond, value}; }

// Whose bounds change, is another one.
TEST_P(SessionTest, GrowsMeetsAndIsReplaced) {
  ASSERT_NO_FATAL_FAILURE(MakeChain("{session: {gap: 4s}}", ", emit: update", true));
  Feed({At(0, 1)});
  EXPECT_EQ(Rows(), Lines{Row("+I", 0, 4, 1, 1)});
  Feed({At(3, 2)});
  EXPECT_EQ(Rows(), (Lines{Row("-D", 0, 4, 1, 1), Row("+I", 0, 7, 2, 3)}));
  Feed({At(1, 4)});
  EXPECT_EQ(Rows(), (Lines{Row("-U", 0, 7, 2, 3), Row("+U", 0, 7, 3, 7)}));
  Feed({At(9, 8)});
  EXPECT_EQ(Rows(), Lines{Row("+I", 9, 13, 1, 8)});
  Feed({At(6, 16)});
  EXPECT_EQ(Rows(),
            (Lines{Row("-D", 0, 7, 3, 7), Row("-D", 9, 13, 1, 8), Row("+I", 0, 13, 5, 31)}));
  Watermark(INT64_MAX);
  EXPECT_EQ(Rows(), Lines{});
}

// Between two times of the clock all changes become one, and what meets goes for itself.
TEST_P(SessionTest, ChangesTogether) {
  ASSERT_NO_FATAL_FAILURE(
      MakeChain("{session: {gap: 4s}}", ", emit: every 2s, lateness: 1m", true));
  Feed({At(0, 1), At(9, 2)}, kStart);
  EXPECT_EQ(executor_->next_time(kStart), kStart + 2 * kSecond);
  Time(kStart + 2 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row("+I", 0, 4, 1, 1), Row("+I", 9, 13, 1, 2)}));
  EXPECT_EQ(executor_->next_time(kStart + 2 * kSecond), INT64_MAX);
  Feed({At(10, 4), At(3, 8), At(6, 16)}, kStart + 3 * kSecond);
  EXPECT_EQ(Rows(), Lines{});
  EXPECT_EQ(executor_->next_time(kStart + 3 * kSecond), kStart + 4 * kSecond);
  Time(kStart + 4 * kSecond);
  EXPECT_EQ(Rows(),
            (Lines{Row("-D", 0, 4, 1, 1), Row("-D", 9, 13, 1, 2), Row("+I", 0, 14, 5, 31)}));
  Feed({At(10, 32)}, kStart + 5 * kSecond);
  EXPECT_EQ(executor_->next_time(kStart + 5 * kSecond), kStart + 6 * kSecond);
  Time(kStart + 6 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row("-U", 0, 14, 5, 31), Row("+U", 0, 14, 6, 63)}));
}

// What was given early is taken back before the watermark has closed it, not with the clock.
TEST_P(SessionTest, TakesBackBeforeTheWatermark) {
  ASSERT_NO_FATAL_FAILURE(MakeChain("{session: {gap: 4s}}", ", emit: every 1h", true));
  const int64_t hour = kStart - kStart % (3600 * kSecond) + 3600 * kSecond;
  Feed({At(0, 1)}, kStart);
  EXPECT_EQ(executor_->next_time(kStart), hour);
  Time(hour);
  EXPECT_EQ(Rows(), Lines{Row("+I", 0, 4, 1, 1)});
  Feed({At(3, 2)}, hour);
  Watermark(kStart + 3 * kSecond, hour);
  EXPECT_EQ(Rows(), Lines{});
  Watermark(kStart + 5 * kSecond, hour);
  EXPECT_EQ(Rows(), (Lines{Row("-D", 0, 4, 1, 1), Row("+I", 0, 7, 2, 3)}));
  Watermark(kStart + 7 * kSecond, hour);
  EXPECT_EQ(Rows(), Lines{});
  EXPECT_TRUE(executor_->state(0)->table()->is_empty());
}

INSTANTIATE_TEST_SUITE_P(Chains, SessionTest, testing::Values(true, false),
                         [](const auto& mode) { return mode.param ? "Jit" : "Interpreter"; });

}  // namespace
}  // namespace flinkc
