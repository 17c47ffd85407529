// Windows that update what they have emitted, and windows by processing time: compiled chains fed
// with rows, watermarks and the time, against lists of rows kept by the definitions of
// docs/language.md section 5.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/exec/window_chain.h"

namespace flinkc {
namespace {

using Event = WindowEvent;

// How a window is written, and what it means.
struct Windows {
  std::string spec;        // the value of `window`
  std::string extra = "";  // further keys of the aggregate
  int64_t size = 0;
  int64_t step = 0;
  int64_t offset = 0;
  bool cumulates = false;
  int64_t gap = 0;  // of sessions; then nothing of the above
  int64_t lateness = 0;
  bool each_row = false;
  int64_t early = 0;
  bool late_updates = false;
  bool by_clock = false;

  bool is_updating() const { return each_row || early != 0 || late_updates; }
  // Those of a time, by their ends: (end, begin).
  std::vector<std::pair<int64_t, int64_t>> Of(int64_t time) const {
    std::vector<std::pair<int64_t, int64_t>> windows;
    const auto floor = [&](int64_t to) {
      const int64_t rest = ((time - offset) % to + to) % to;
      return time - rest;
    };
    if (cumulates) {
      const int64_t begin = floor(size);
      for (int64_t end = begin + step; end <= begin + size; end += step) {
        if (time < end) windows.emplace_back(end, begin);
      }
    } else {
      for (int64_t begin = floor(step); begin > time - size; begin -= step) {
        windows.emplace_back(begin + size, begin);
      }
    }
    std::ranges::sort(windows);
    return windows;
  }
};

// What must come out, in order.
class Model {
 public:
  Model(const Windows& windows, bool retracts) : windows_(windows), retracts_(retracts) {}

  void Add(const Event& event) {
    const int64_t split = highest_ == INT64_MIN ? INT64_MIN : highest_ - kOutOfOrder;
    highest_ = std::max(highest_, event.time);
    const int64_t watermark = std::max(split, watermark_);
    bool is_late = true;
    for (const auto& [end, begin] : windows_.Of(event.time)) {
      if (watermark >= end + windows_.lateness - kMilli) continue;
      is_late = false;
      Window& window = open_[end];
      window.begin = begin;
      Group* group = window.Find(event.key);
      const bool is_new = group == nullptr;
      if (is_new) group = &window.groups.emplace_back(Group{event.key, {}, {}, false});
      const bool at_once =
          windows_.each_row || (windows_.late_updates && watermark_ >= end - kMilli);
      if (at_once && !is_new && retracts_) Emit("-U", end, begin, event.key, group->values);
      group->values.push_back(event.value);
      group->changed = !at_once;
      if (at_once) Emit(is_new ? "+I" : "+U", end, begin, event.key, group->values);
    }
    late += is_late ? 1 : 0;
  }

  void Watermark(int64_t watermark) {
    watermark_ = std::max(watermark_, watermark);
    for (auto& [end, window] : open_) {
      const int64_t wait = windows_.late_updates ? 0 : windows_.lateness;
      if (watermark_ < end + wait - kMilli || std::exchange(window.fired, true)) continue;
      EmitChanged(end, window);
    }
    std::erase_if(open_, [&](const auto& entry) {
      return watermark_ >= entry.first + windows_.lateness - kMilli;
    });
  }

  void Time(int64_t now) {
    if (windows_.early == 0) return;
    if (open_.empty())
      next_early_ = INT64_MAX;
    else if (next_early_ == INT64_MAX)
      next_early_ = now - now % windows_.early + windows_.early;
    if (now < next_early_) return;
    for (auto& [end, window] : open_) {
      if (!window.fired && watermark_ < end - kMilli) EmitChanged(end, window);
    }
    next_early_ = now - now % windows_.early + windows_.early;
  }

  std::vector<std::string> out;
  int late = 0;

 private:
  struct Group {
    int64_t key;
    std::vector<int64_t> values;
    std::vector<int64_t> emitted;
    bool changed;
  };
  struct Window {
    int64_t begin = 0;
    bool fired = false;
    std::vector<Group> groups;

    Group* Find(int64_t key) {
      const auto found = std::ranges::find(groups, key, &Group::key);
      return found == groups.end() ? nullptr : &*found;
    }
  };

  void EmitChanged(int64_t end, Window& window) {
    for (Group& group : window.groups) {
      if (!std::exchange(group.changed, false)) continue;
      const bool was = !group.emitted.empty();
      if (was && retracts_) Emit("-U", end, window.begin, group.key, group.emitted);
      Emit(was ? "+U" : "+I", end, window.begin, group.key, group.values);
      group.emitted = group.values;
    }
  }

  void Emit(const char* kind, int64_t end, int64_t begin, int64_t key,
            const std::vector<int64_t>& values) {
    out.push_back(fmt::format("{} {} {} {} {} {} {} {}", kind, key, begin, end, end - kMilli,
                              values.size(), std::accumulate(values.begin(), values.end(), 0),
                              std::set(values.begin(), values.end()).size()));
  }

  const Windows windows_;
  const bool retracts_;
  int64_t highest_ = INT64_MIN;
  int64_t watermark_ = INT64_MIN;
  int64_t next_early_ = INT64_MAX;
  std::map<int64_t, Window> open_;
};

class WindowTest : public WindowChainTest {
 protected:
  void Make(const Windows& windows, bool retracts = true) {
    MakeChain(windows.spec, windows.extra, retracts);
  }

  void CompareWithModel(const Windows& windows, bool retracts, uint64_t seed) {
    ASSERT_NO_FATAL_FAILURE(Make(windows, retracts));
    Model model(windows, retracts);
    std::mt19937_64 random(seed);
    int64_t highest = 100 * kSecond;
    int64_t now = kStart;
    for (int step = 0; step < 250; ++step) {
      switch (random() % 4) {
        case 0:
        case 1: {
          std::vector<Event> events;
          for (uint64_t i = random() % 6 + 1; i > 0; --i) {
            highest += static_cast<int64_t>(random() % 800) * kMilli;
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
          model.Time(now);
          Time(now);
          break;
      }
      ASSERT_EQ(Rows(), std::exchange(model.out, {}))
          << windows.spec << windows.extra << ", seed " << seed << ", step " << step;
    }
    model.Watermark(INT64_MAX);
    Watermark(INT64_MAX, now);
    EXPECT_EQ(Rows(), model.out) << windows.spec << windows.extra << ", seed " << seed;
    EXPECT_GT(model.late, 0);
    EXPECT_EQ(executor_->state(0)->windows()->table_count(), 0u);
  }
};

std::vector<Windows> AllKinds() {
  Windows tumble{.spec = "{tumble: 5s}", .size = 5 * kSecond, .step = 5 * kSecond};
  Windows hop{.spec = "{hop: {size: 7s, every: 3s}, offset: 1s}",
              .size = 7 * kSecond,
              .step = 3 * kSecond,
              .offset = kSecond};
  Windows cumulate{.spec = "{cumulate: {size: 12s, step: 4s}}",
                   .size = 12 * kSecond,
                   .step = 4 * kSecond,
                   .cumulates = true};
  return {tumble, hop, cumulate};
}

TEST_P(WindowTest, EmitsWithEachRow) {
  for (Windows windows : AllKinds()) {
    windows.extra = ", emit: update, lateness: 2s";
    windows.each_row = true;
    windows.lateness = 2 * kSecond;
    for (uint64_t seed = 0; seed < 3; ++seed) {
      for (const bool retracts : {true, false}) CompareWithModel(windows, retracts, seed);
    }
  }
}

TEST_P(WindowTest, EmitsSoOften) {
  for (Windows windows : AllKinds()) {
    windows.extra = ", emit: every 2s";
    windows.early = 2 * kSecond;
    for (uint64_t seed = 10; seed < 13; ++seed) {
      for (const bool retracts : {true, false}) CompareWithModel(windows, retracts, seed);
    }
  }
}

TEST_P(WindowTest, EmitsAtTheEndAndWithLateRows) {
  for (Windows windows : AllKinds()) {
    windows.extra = ", late: update, lateness: 6s";
    windows.lateness = 6 * kSecond;
    windows.late_updates = true;
    for (uint64_t seed = 20; seed < 23; ++seed) {
      for (const bool retracts : {true, false}) CompareWithModel(windows, retracts, seed);
    }
  }
}

TEST_P(WindowTest, EmitsEarlyAndLate) {
  for (Windows windows : AllKinds()) {
    windows.extra = ", emit: every 2s, late: update, lateness: 6s";
    windows.lateness = 6 * kSecond;
    windows.early = 2 * kSecond;
    windows.late_updates = true;
    for (uint64_t seed = 30; seed < 33; ++seed) {
      for (const bool retracts : {true, false}) CompareWithModel(windows, retracts, seed);
    }
  }
}

// "+I key begin end time n sum kinds", times in seconds after the start.
std::string Row(int64_t key, double begin, double end, int64_t n, int64_t sum, int64_t kinds) {
  const auto micros = [](double seconds) {
    return kStart + static_cast<int64_t>(seconds * kSecond);
  };
  return fmt::format("+I {} {} {} {} {} {} {}", key, micros(begin), micros(end),
                     micros(end) - kMilli, n, sum, kinds);
}

using Lines = std::vector<std::string>;

TEST_P(WindowTest, TumblesByTheClock) {
  ASSERT_NO_FATAL_FAILURE(Make({.spec = "{tumble: 10s, on: processing_time}"}));
  EXPECT_EQ(executor_->next_time(kStart), INT64_MAX);
  // What event time says does not matter.
  Feed({{1, 5, 3}, {2, INT64_MIN / 4, 4}, {1, 9, 3}}, kStart + 2 * kSecond);
  EXPECT_EQ(executor_->next_time(kStart), kStart + 10 * kSecond);
  Watermark(kStart * 2, kStart + 3 * kSecond);
  Time(kStart + 10 * kSecond - 1);
  EXPECT_EQ(Rows(), Lines{});
  Time(kStart + 10 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, 0, 10, 2, 6, 1), Row(2, 0, 10, 1, 4, 1)}));
  EXPECT_EQ(executor_->next_time(kStart), INT64_MAX);
  // A clock that goes back loses nothing.
  Feed({{1, 1, 7}}, kStart + 8 * kSecond);
  EXPECT_EQ(executor_->next_time(kStart), kStart + 20 * kSecond);
  // The end of the input is the end of the window.
  Watermark(INT64_MAX, kStart + 9 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, 10, 20, 1, 7, 1)}));
}

TEST_P(WindowTest, HopsByTheClock) {
  ASSERT_NO_FATAL_FAILURE(Make({.spec = "{hop: {size: 10s, every: 5s}, on: processing_time}"}));
  Feed({{1, 0, 3}}, kStart + 2 * kSecond);
  Feed({{1, 0, 4}}, kStart + 7 * kSecond);
  EXPECT_EQ(executor_->next_time(kStart), kStart + 5 * kSecond);
  // Late to look: both windows that are over, in order.
  Time(kStart + 11 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, -5, 5, 1, 3, 1), Row(1, 0, 10, 2, 7, 2)}));
  Time(kStart + 15 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, 5, 15, 1, 4, 1)}));
}

TEST_P(WindowTest, CumulatesByTheClock) {
  ASSERT_NO_FATAL_FAILURE(Make({.spec = "{cumulate: {size: 10s, step: 5s}, on: processing_time}"}));
  Feed({{1, 0, 3}}, kStart + 2 * kSecond);
  Time(kStart + 5 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, 0, 5, 1, 3, 1)}));
  Feed({{2, 0, 4}}, kStart + 7 * kSecond);
  Time(kStart + 10 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, 0, 10, 1, 3, 1), Row(2, 0, 10, 1, 4, 1)}));
  EXPECT_EQ(executor_->state(0)->windows()->table_count(), 0u);
}

TEST_P(WindowTest, SessionsByTheClock) {
  ASSERT_NO_FATAL_FAILURE(Make({.spec = "{session: {gap: 10s}, on: processing_time}"}));
  Feed({{1, 0, 3}}, kStart + 2 * kSecond);
  Feed({{1, 0, 4}, {2, 0, 1}}, kStart + 7 * kSecond);
  Time(kStart + 12 * kSecond);
  EXPECT_EQ(Rows(), Lines{});
  EXPECT_EQ(executor_->next_time(kStart), kStart + 17 * kSecond);
  Time(kStart + 17 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, 2, 17, 2, 7, 2), Row(2, 7, 17, 1, 1, 1)}));
  EXPECT_EQ(executor_->next_time(kStart), INT64_MAX);
  Feed({{1, 0, 5}}, kStart + 18 * kSecond);
  Watermark(INT64_MAX, kStart + 19 * kSecond);
  EXPECT_EQ(Rows(), (Lines{Row(1, 18, 28, 1, 5, 1)}));
}

INSTANTIATE_TEST_SUITE_P(Chains, WindowTest, testing::Values(true, false),
                         [](const auto& mode) { return mode.param ? "Jit" : "Interpreter"; });

}  // namespace
}  // namespace flinkc
