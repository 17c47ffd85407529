// Windows through the executor, against a list of windows kept by the definition of
// docs/language.md section 5.
#include <gmock/gmock.h>

#include <map>
#include <numeric>
#include <random>
#include <set>
#include <tuple>

#include "tests/unit/runtime/task/executor_fixture.h"

namespace flinkc {
namespace {

constexpr int64_t kMilli = 1000;

char* StateRow(KeyedTable* table, int64_t key) {
  char* row = nullptr;
  const ProbeResult result =
      FindOrInsert(table, HashInteger(key), reinterpret_cast<const char*>(&key), sizeof(key), &row);
  return result == ProbeResult::kMemoryLimit ? nullptr : row;
}
int64_t& CountOf(char* row) { return *reinterpret_cast<int64_t*>(row + 16); }

int64_t MergeCounts(ChainContext*, const void* input, int64_t) {
  const MergeInput& merge = *static_cast<const MergeInput*>(input);
  for (uint64_t i = 0; i < merge.from->row_count; ++i) {
    const int64_t key = *reinterpret_cast<const int64_t*>(merge.from->Key(i));
    CountOf(StateRow(merge.into, key)) += CountOf(merge.from->Row(i));
  }
  return static_cast<int64_t>(merge.from->row_count);
}

StateLayout CountLayout(const WindowLayout& window) {
  StateLayout layout;
  layout.state_id = "count/aggregate";
  layout.key_bytes = 8;
  layout.row_bytes = 24;
  layout.window = window;
  return layout;
}

// Counts rows (time, key, watermark) of an input; late ones go to `late_port`.
FakeChain::Function CountLoop(uint32_t state, uint32_t late_port) {
  return ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
    const int64_t time = Cell(batch, 0, row);
    const int64_t watermark = Cell(batch, 2, row);
    const SliceCursor& slice = context->states[state].slice;
    KeyedTable* table = slice.table;
    if (!(slice.slice_begin <= time && time < slice.slice_end &&
          watermark < slice.late_watermark)) {
      int32_t status = 0;
      table = flinkc_rt_select_slice(context, state, time, watermark, &status);
      if (table == nullptr) {
        Emit(context, late_port, {time, Cell(batch, 1, row), watermark});
        return true;
      }
    }
    char* found = StateRow(table, Cell(batch, 1, row));
    if (found == nullptr) {
      flinkc_rt_report_error(context, 0, static_cast<int32_t>(RowStatus::kMemoryLimit), -1, row);
      return false;
    }
    ++CountOf(found);
    return true;
  });
}

// Writes (window_end - 1 ms, key, count or no watermark, window_begin) for each row of the table.
FakeChain::Function EmitLoop(uint32_t port, bool as_input) {
  return [=](ChainContext* context, const void* input, int64_t row) {
    const KeyedTable& table = *static_cast<const KeyedTable*>(input);
    while (row < static_cast<int64_t>(table.row_count)) {
      const int64_t key = *reinterpret_cast<const int64_t*>(table.Key(static_cast<uint64_t>(row)));
      const int64_t count = CountOf(table.Row(static_cast<uint64_t>(row)));
      if (as_input) {
        Emit(context, port, {context->window_end - kMilli, key, INT64_MIN});
      } else {
        Emit(context, port, {context->window_begin, context->window_end, key, count});
      }
      ++row;
      if (context->blocked != 0) break;
    }
    return row;
  };
}

struct Event {
  int64_t time;
  int64_t key;
};
using Counts = std::map<std::tuple<int64_t, int64_t, int64_t>, int64_t>;  // begin, end, key

struct Expected {
  Counts counts;
  std::multiset<std::pair<int64_t, int64_t>> late;
};

// By definition: each row to each of its windows that its own split's watermark has not reached.
Expected CountByDefinition(const std::vector<std::vector<Event>>& splits,
                           const WindowLayout& window, int64_t out_of_order) {
  Expected expected;
  for (const std::vector<Event>& split : splits) {
    int64_t latest = INT64_MIN;
    for (const Event& event : split) {
      const int64_t watermark = latest == INT64_MIN ? INT64_MIN : latest - out_of_order;
      latest = std::max(latest, event.time);
      bool late = true;
      const int64_t first = event.time - window.size_micros - 2 * window.slide_micros;
      int64_t begin = window.offset_micros +
                      (first - window.offset_micros) / window.slide_micros * window.slide_micros -
                      window.slide_micros;
      for (; begin <= event.time; begin += window.slide_micros) {
        const int64_t end = begin + window.size_micros;
        if (event.time >= end) continue;
        if (watermark >= end + window.lateness_micros - kMilli) continue;
        late = false;
        ++expected.counts[{begin, end, event.key}];
      }
      if (late) expected.late.insert({event.time, event.key});
    }
  }
  return expected;
}

class WindowTest : public ExecutorFixture {
 protected:
  void Build(const WindowLayout& window) {
    chain_->layout_.heads[0].schema = events_;
    chain_->layout_.steps.push_back({"count/aggregate", ErrorMode::kFail, std::nullopt, {}});
    chain_->AddSink("late", events_);
    const uint32_t late = chain_->AddPort("late", events_, PortTarget::kSink, 0);
    const uint32_t out = chain_->AddPort("out", results_, PortTarget::kEdge, 0);
    StateLayout state = CountLayout(window);
    state.emit_pipeline = 1;
    state.merge_function = 2;
    chain_->layout_.states.push_back(state);
    chain_->AddPipeline(PipelineInput::kHead, 0, {late}, CountLoop(0, late), {0});
    chain_->AddPipeline(PipelineInput::kState, 0, {out}, EmitLoop(out, false));
    chain_->functions_.push_back(MergeCounts);
    channel_ = MakeChannel(2);
    Make({{Partitioning::kForward, {channel_}}});
  }

  // Reads the edge while the executor works; every row must come before the watermark that lets its
  // window go, and no window may come that an earlier watermark has let go.
  void Work(int64_t lateness) {
    while (true) {
      const ExecutorState state = Advance();
      ASSERT_NE(state, ExecutorState::kFailed);
      StreamElement element;
      while (channel_->Pop(&element)) {
        if (element.kind == ElementKind::kWatermark) {
          told_ = element.watermark;
          continue;
        }
        for (const Row& row : RowsOf(*element.batch)) {
          ASSERT_EQ(counts_.count({row[0], row[1], row[2]}), 0u) << "emitted twice";
          counts_[{row[0], row[1], row[2]}] = row[3];
          // The watermark told is held back by the lateness.
          if (told_ != INT64_MIN) {
            ASSERT_GT(row[1] - kMilli, told_);
          }
        }
      }
      if (state == ExecutorState::kReady) return;
    }
  }

  const Schema events_ = IntegerSchema({"time", "key", "watermark"});
  const Schema results_ = IntegerSchema({"begin", "end", "key", "count"});
  std::shared_ptr<Channel> channel_;
  Counts counts_;
  int64_t told_ = INT64_MIN;
};

TEST_F(WindowTest, EmitsAWindowOnceWhenItsLatenessIsOver) {
  const int64_t second = 1'000'000;
  Build({10 * second, 10 * second, 10 * second, 0, 5 * second});
  Feed(MakeBatch(events_, {{1 * second, 7, INT64_MIN}, {12 * second, 7, second}}));
  executor_->PushWatermark(15 * second - kMilli - 1, 0);
  Work(5 * second);
  EXPECT_TRUE(counts_.empty());
  executor_->PushWatermark(15 * second - kMilli, 0);
  Work(5 * second);
  EXPECT_EQ(counts_, (Counts{{{0, 10 * second, 7}, 1}}));
  EXPECT_EQ(told_, 10 * second - kMilli);
  executor_->PushWatermark(kWatermarkFinal, 0);
  Work(5 * second);
  EXPECT_EQ(counts_.size(), 2u);
  EXPECT_EQ(told_, kWatermarkFinal);
}

struct WindowCase {
  WindowLayout window;
  int64_t out_of_order;
  uint32_t seed;
};

class RandomWindowTest : public WindowTest, public testing::WithParamInterface<int> {};

TEST_P(RandomWindowTest, AgreesWithTheDefinition) {
  std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
  const auto upto = [&random](int64_t bound) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
  };
  WindowLayout window;
  window.slide_micros = (1 + upto(8)) * 1000 * kMilli;
  window.size_micros =
      GetParam() % 3 == 0 ? window.slide_micros : window.slide_micros + upto(20) * 1000 * kMilli;
  window.slice_micros = std::gcd(window.size_micros, window.slide_micros);
  window.offset_micros = upto(5) * 700 * kMilli;
  window.lateness_micros = upto(3) * 3000 * kMilli;
  const int64_t out_of_order = upto(4) * 2000 * kMilli;
  // Splits that advance at different speeds from before 1970, with strong disorder.
  std::vector<std::vector<Event>> splits(1 + static_cast<size_t>(upto(4)));
  for (std::vector<Event>& split : splits) {
    int64_t now = -40'000 * kMilli + upto(20'000 * kMilli);
    const int64_t step = 1 + upto(200 * kMilli);
    for (int64_t i = 0, rows = 100 + upto(600); i < rows; ++i) {
      now += upto(2 * step);
      split.push_back({now - upto(20'000 * kMilli), upto(5)});
    }
  }
  Build(window);

  std::vector<size_t> read(splits.size(), 0);
  std::vector<int64_t> latest(splits.size(), INT64_MIN);
  int64_t sent = INT64_MIN;
  while (true) {
    std::vector<size_t> open;
    for (size_t i = 0; i < splits.size(); ++i) {
      if (read[i] < splits[i].size()) open.push_back(i);
    }
    if (open.empty()) break;
    const size_t split = open[static_cast<size_t>(upto(static_cast<int64_t>(open.size())))];
    std::vector<Row> rows;
    for (int64_t i = 0, count = 1 + upto(80); i < count && read[split] < splits[split].size();
         ++i, ++read[split]) {
      const Event& event = splits[split][read[split]];
      rows.push_back({event.time, event.key,
                      latest[split] == INT64_MIN ? INT64_MIN : latest[split] - out_of_order});
      latest[split] = std::max(latest[split], event.time);
    }
    executor_->PushBatch(MakeBatch(events_, rows), nullptr, 0);
    Work(window.lateness_micros);
    // The least over the splits that still have rows; a split without rows holds it back.
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < splits.size(); ++i) {
      if (read[i] == splits[i].size()) continue;
      least = std::min(least, latest[i] == INT64_MIN ? INT64_MIN : latest[i] - out_of_order);
    }
    if (least != INT64_MAX && least > sent && upto(2) == 0) {
      sent = least;
      executor_->PushWatermark(least, 0);
      Work(window.lateness_micros);
    }
  }
  executor_->PushWatermark(kWatermarkFinal, 0);
  Work(window.lateness_micros);

  const Expected expected = CountByDefinition(splits, window, out_of_order);
  EXPECT_EQ(counts_, expected.counts);
  std::multiset<std::pair<int64_t, int64_t>> late;
  for (const Row& row : sinks_[0]->rows_) late.insert({row[0], row[1]});
  EXPECT_EQ(late, expected.late);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWindowTest, testing::Range(0, 60));

// Two aggregates in one chain: what the first emits late by its lateness is not late for the
// second.
TEST_F(WindowTest, HoldsTheWatermarkBackForWhatFollows) {
  const int64_t second = 1'000'000;
  chain_->layout_.heads[0].schema = events_;
  chain_->AddSink("late", events_);
  chain_->AddSink("out", results_);
  const uint32_t late = chain_->AddPort("late", events_, PortTarget::kSink, 0);
  const uint32_t out = chain_->AddPort("out", results_, PortTarget::kSink, 1);
  const uint32_t middle = chain_->AddPort("middle", events_, PortTarget::kPipelines);
  const uint32_t edge = chain_->AddPort("edge", results_, PortTarget::kEdge, 0);
  StateLayout first = CountLayout({2 * second, 2 * second, 2 * second, 0, 30 * second});
  first.emit_pipeline = 1;
  StateLayout second_state = CountLayout({10 * second, 10 * second, 10 * second, 0, 0});
  second_state.emit_pipeline = 3;
  chain_->layout_.states = {first, second_state};
  chain_->AddPipeline(PipelineInput::kHead, 0, {late}, CountLoop(0, late), {0});
  chain_->AddPipeline(PipelineInput::kState, 0, {middle}, EmitLoop(middle, true));
  chain_->AddPipeline(PipelineInput::kPort, middle, {late}, CountLoop(1, late), {1});
  chain_->AddPipeline(PipelineInput::kState, 1, {out, edge}, EmitLoop(out, false));
  channel_ = MakeChannel(64);
  Make({{Partitioning::kForward, {channel_}}});

  std::vector<Row> rows;
  for (int64_t time = 0; time < 100; ++time) rows.push_back({time * second, time % 3, INT64_MIN});
  Feed(MakeBatch(events_, rows));
  for (int64_t time = 0; time < 140; ++time) {
    ASSERT_EQ(Watermark(time * second), ExecutorState::kReady);
    StreamElement element;
    ASSERT_TRUE(channel_->Pop(&element));
    EXPECT_EQ(element.watermark, (time - 30) * second);
  }
  ASSERT_EQ(Watermark(kWatermarkFinal), ExecutorState::kReady);
  EXPECT_TRUE(sinks_[0]->rows_.empty());
  Counts counts;
  for (const Row& row : sinks_[1]->rows_) counts[{row[0], row[1], row[2]}] = row[3];
  Counts expected;
  std::set<std::pair<int64_t, int64_t>> inner;
  for (int64_t time = 0; time < 100; ++time) inner.insert({time / 2, time % 3});
  for (const auto& [window, key] : inner) {
    ++expected[{window / 5 * 10 * second, (window / 5 + 1) * 10 * second, key}];
  }
  EXPECT_EQ(counts, expected);
}

TEST_F(WindowTest, EmitsAtTheEndOnce) {
  chain_->layout_.heads[0].schema = events_;
  chain_->AddSink("out", results_);
  const uint32_t out = chain_->AddPort("out", results_, PortTarget::kSink, 0);
  StateLayout state;
  state.key_bytes = 8;
  state.row_bytes = 24;
  state.emit_at_end = true;
  state.emit_pipeline = 1;
  chain_->layout_.states = {state};
  chain_->AddPipeline(PipelineInput::kHead, 0, {},
                      ForEachRow([](ChainContext* context, const BatchLayout& batch, int64_t row) {
                        ++CountOf(StateRow(context->states[0].table, Cell(batch, 1, row)));
                        return true;
                      }),
                      {0});
  chain_->AddPipeline(PipelineInput::kState, 0, {out}, EmitLoop(out, false));
  Make();
  std::vector<Row> rows;
  for (int64_t i = 0; i < 4000; ++i) rows.push_back({i, i % 100, 0});
  for (int i = 0; i < 3; ++i) Feed(MakeBatch(events_, rows));
  Watermark(1'000'000);
  EXPECT_TRUE(sinks_[0]->rows_.empty());
  Watermark(kWatermarkFinal);
  ASSERT_EQ(sinks_[0]->rows_.size(), 100u);
  for (const Row& row : sinks_[0]->rows_) EXPECT_EQ(row[3], 120);
}

TEST_F(WindowTest, FiringResumesWhereTheOutputWasFull) {
  const int64_t second = 1'000'000;
  Build({second, second, second, 0, 0});
  std::vector<Row> rows;
  for (int64_t i = 0; i < 4096; ++i) rows.push_back({0, 0, INT64_MIN});
  for (int64_t batch = 0; batch < 20; ++batch) {
    for (int64_t i = 0; i < 4096; ++i) rows[static_cast<size_t>(i)][1] = batch * 4096 + i;
    Feed(MakeBatch(events_, rows));
  }
  executor_->PushWatermark(second, 0);
  EXPECT_EQ(Advance(), ExecutorState::kBlocked);  // 20 batches into a ring of two
  Work(0);
  EXPECT_EQ(counts_.size(), 20u * 4096);
  EXPECT_EQ(told_, second);
}

TEST_F(WindowTest, StateThatOutgrowsTheMemoryEndsTheJob) {
  const int64_t second = 1'000'000;
  chain_->layout_.name = "counts";
  memory_.emplace(3'000'000);
  chain_->layout_.heads[0].schema = events_;
  chain_->layout_.steps.push_back({"count/aggregate", ErrorMode::kDrop, std::nullopt, {}});
  chain_->AddSink("late", events_);
  const uint32_t late = chain_->AddPort("late", events_, PortTarget::kSink, 0);
  chain_->layout_.states = {CountLayout({second, second, second, 0, 0})};
  chain_->AddPipeline(PipelineInput::kHead, 0, {late}, CountLoop(0, late), {0});
  Make({}, &*memory_);
  ExecutorState state = ExecutorState::kReady;
  for (int64_t batch = 0; batch < 100 && state == ExecutorState::kReady; ++batch) {
    std::vector<Row> rows;
    for (int64_t i = 0; i < 4096; ++i) rows.push_back({0, batch * 4096 + i, INT64_MIN});
    state = Feed(MakeBatch(events_, rows));
  }
  EXPECT_EQ(state, ExecutorState::kFailed);  // on_error: drop does not drop it
  EXPECT_EQ(executor_->error().code, ErrorCode::kMemoryLimit);
  EXPECT_THAT(executor_->error().message, testing::HasSubstr("count/aggregate"));
  EXPECT_LE(memory_->peak_bytes(), 3'000'000u);
}

}  // namespace
}  // namespace flinkc
