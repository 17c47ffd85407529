#include "runtime/task/source_driver.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "tests/unit/runtime/task/fake_chain.h"

namespace flinkc {
namespace {

constexpr int64_t kSecond = 1'000'000;

// Gives what the test has queued.
class ScriptedReader final : public SourceReader {
 public:
  struct Entry {
    SourcePoll poll;
    int32_t rows = 0;
  };
  ScriptedReader(std::deque<Entry>* script, std::set<uint32_t>* held)
      : script_(script), held_(held) {}

  Result<std::string> Position(uint32_t split) const override {
    return "position of " + std::to_string(split);
  }
  Status AddSplit(const Split& split) override {
    if (split.payload == "broken") return MakeError(ErrorCode::kNotFound, "no such file");
    return {};
  }
  Result<SourcePoll> Poll(RecordBatch& batch) override {
    if (script_->empty()) return SourcePoll{};
    const Entry entry = script_->front();
    script_->pop_front();
    batch.set_row_count(entry.rows);
    return entry.poll;
  }
  void SetHeld(uint32_t split, bool held) override {
    held_->erase(split);
    if (held) held_->insert(split);
  }

 private:
  std::deque<Entry>* const script_;
  std::set<uint32_t>* const held_;
};

class SourceDriverTest : public testing::Test {
 protected:
  void Make(EventTimeDescriptor event_time) {
    source_.event_time = event_time;
    driver_ = std::make_unique<SourceDriver>(
        source_, schema_, std::make_unique<ScriptedReader>(&script_, &held_), 1, nullptr);
  }
  // Rows of `split` whose largest event time is `latest`, worked off.
  void Read(uint32_t split, int64_t latest, bool finished = false) {
    script_.push_back({{SourceStatus::kRows, split, finished}, 1});
    Result<SourceInput> input = driver_->Poll(now_);
    ASSERT_TRUE(input);
    ASSERT_EQ(input->kind, SourceInput::Kind::kBatch);
    input->progress->max_event_time = std::max(input->progress->max_event_time, latest);
  }
  // What is to be sent once the interval has passed: "", "idle" or the watermark in seconds.
  std::string Progress() {
    now_ += 200'000;
    const std::optional<StreamElement> element = driver_->TakeProgress(now_);
    if (!element) return "";
    if (element->kind == ElementKind::kIdle) return "idle";
    EXPECT_EQ(element->watermark % kSecond, 0);
    return std::to_string(element->watermark / kSecond);
  }

  const Schema schema_ = IntegerSchema({"time"});
  ChainSource source_;
  std::deque<ScriptedReader::Entry> script_;
  std::set<uint32_t> held_;  // splits of which the reader gives nothing
  int64_t now_ = 1000 * kSecond;
  std::unique_ptr<SourceDriver> driver_;
};

TEST_F(SourceDriverTest, TheWatermarkIsTheLeastOverTheSplits) {
  Make({0, 2 * kSecond, 0, false});
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  ASSERT_TRUE(driver_->AddSplit({"b"}, now_));
  Read(0, 10 * kSecond);
  EXPECT_EQ(Progress(), "");  // b may hold earlier rows; splits may be to come
  Read(1, 7 * kSecond);
  EXPECT_EQ(Progress(), "");
  driver_->NoMoreSplits();
  EXPECT_EQ(Progress(), "5");
  Read(1, 6 * kSecond);
  EXPECT_EQ(Progress(), "");
  Read(1, 20 * kSecond);
  EXPECT_EQ(Progress(), "8");
  Read(0, 11 * kSecond, /*finished=*/true);  // finished splits hold nothing back
  EXPECT_EQ(Progress(), "18");
}

TEST_F(SourceDriverTest, TellsEachWatermarkAtMostEvery200MillisecondsOr64Batches) {
  Make({0, 0, 0, false});
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  driver_->NoMoreSplits();
  Read(0, kSecond);
  EXPECT_EQ(Progress(), "1");
  Read(0, 2 * kSecond);
  EXPECT_FALSE(driver_->TakeProgress(now_ + 199'999));
  EXPECT_EQ(driver_->next_progress_micros(now_), now_ + 200'000);
  for (int i = 0; i < 62; ++i) Read(0, 3 * kSecond);
  EXPECT_FALSE(driver_->TakeProgress(now_));
  Read(0, 4 * kSecond);
  const std::optional<StreamElement> element = driver_->TakeProgress(now_);
  ASSERT_TRUE(element);
  EXPECT_EQ(element->watermark, 4 * kSecond);
  EXPECT_EQ(driver_->next_progress_micros(now_), INT64_MAX);
}

TEST_F(SourceDriverTest, TellsWatermarksAtTheIntervalThatIsAskedFor) {
  Make({.watermark_interval_micros = 1'000});
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  driver_->NoMoreSplits();
  Read(0, kSecond);
  EXPECT_EQ(Progress(), "1");
  Read(0, 2 * kSecond);
  EXPECT_FALSE(driver_->TakeProgress(now_ + 999));
  EXPECT_EQ(driver_->next_progress_micros(now_), now_ + 1'000);
  EXPECT_TRUE(driver_->TakeProgress(now_ + 1'000));
}

TEST_F(SourceDriverTest, IdleSplitsAreLeftOut) {
  Make({0, 0, 10 * kSecond, false});
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  ASSERT_TRUE(driver_->AddSplit({"b"}, now_));
  driver_->NoMoreSplits();
  Read(0, 5 * kSecond);
  EXPECT_EQ(Progress(), "");
  now_ += 9 * kSecond;
  Read(0, 6 * kSecond);
  EXPECT_EQ(Progress(), "");
  now_ += 2 * kSecond;  // b has been silent for more than 10 s
  EXPECT_EQ(Progress(), "6");
  now_ += 10 * kSecond;
  EXPECT_EQ(Progress(), "idle");
  EXPECT_EQ(Progress(), "");
  EXPECT_EQ(driver_->next_progress_micros(now_), INT64_MAX);
  Read(1, 4 * kSecond);  // b wakes; a stays idle
  EXPECT_EQ(Progress(), "");
  Read(1, 9 * kSecond);
  EXPECT_EQ(Progress(), "9");
}

TEST_F(SourceDriverTest, OrderedSplitsAreOneSequence) {
  Make({0, kSecond, 0, true});
  // Out of order in time of arrival: ids decide.
  ASSERT_TRUE(driver_->AddSplit({"file-2"}, now_));
  ASSERT_TRUE(driver_->AddSplit({"file-1"}, now_));
  Read(0, 50 * kSecond);
  EXPECT_EQ(Progress(), "");  // file-1 comes first
  Read(1, 10 * kSecond);
  EXPECT_EQ(Progress(), "9");  // later files hold nothing back, given or not
  Read(1, 20 * kSecond, /*finished=*/true);
  EXPECT_EQ(Progress(), "49");
}

TEST_F(SourceDriverTest, AsksForSplitsUntilThereAreNoMore) {
  Make({0, 0, 0, false});
  EXPECT_EQ(driver_->Poll(now_)->kind, SourceInput::Kind::kNeedsSplit);
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  EXPECT_EQ(driver_->Poll(now_)->kind, SourceInput::Kind::kNothing);
  script_.push_back({{SourceStatus::kNothingYet, 0, false, 500}, 0});
  EXPECT_EQ(driver_->Poll(now_)->next_poll_micros, now_ + 500);
  script_.push_back({{SourceStatus::kNothingYet, 0, true}, 0});
  EXPECT_EQ(driver_->Poll(now_)->next_poll_micros, now_);
  EXPECT_EQ(driver_->Poll(now_)->kind, SourceInput::Kind::kNeedsSplit);
  EXPECT_EQ(driver_->splits_finished(), 1u);
  driver_->NoMoreSplits();
  EXPECT_EQ(driver_->Poll(now_)->kind, SourceInput::Kind::kEnd);
  EXPECT_FALSE(driver_->AddSplit({"b", "broken"}, now_));
}

TEST_F(SourceDriverTest, SurvivesTimesAtTheEndOfTheRange) {
  Make({0, 10 * kSecond, 0, false});
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  driver_->NoMoreSplits();
  Read(0, INT64_MIN + 5);
  EXPECT_EQ(Progress(), "");
  Read(0, 12 * kSecond);
  EXPECT_EQ(Progress(), "2");
}

TEST_F(SourceDriverTest, ASnapshotHoldsTheUnfinishedSplitsAndHowFarTheyAre) {
  Make({0, 0, 0, false});
  ASSERT_TRUE(driver_->AddSplit({"b", "payload of b", 100}, now_));
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  ASSERT_TRUE(driver_->AddSplit({"c"}, now_));
  Read(0, 7 * kSecond);
  Read(1, 5 * kSecond, /*finished=*/true);
  const Result<std::vector<Split>> splits = driver_->Snapshot();
  ASSERT_TRUE(splits);
  ASSERT_EQ(splits->size(), 2u);
  EXPECT_EQ((*splits)[0].id, "b");
  EXPECT_EQ((*splits)[0].payload, "payload of b");
  EXPECT_EQ((*splits)[0].size_bytes, 100);
  EXPECT_EQ((*splits)[0].position, "position of 0");
  EXPECT_EQ((*splits)[0].max_event_time, 7 * kSecond);
  EXPECT_EQ((*splits)[1].id, "c");
  EXPECT_EQ((*splits)[1].max_event_time, INT64_MIN);
  // The watermark goes on from there.
  Make({0, 0, 0, false});
  for (const Split& split : *splits) ASSERT_TRUE(driver_->AddSplit(split, now_));
  driver_->NoMoreSplits();
  Read(1, 9 * kSecond);
  EXPECT_EQ(Progress(), "7");
}

class AlignedSourceTest : public SourceDriverTest {
 protected:
  // Two splits, the second of them idle after 10 s.
  void Open() {
    EventTimeDescriptor event_time{0, 0, 10 * kSecond, false};
    event_time.align = {"g", 5 * kSecond, kSecond};
    Make(event_time);
    ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
    ASSERT_TRUE(driver_->AddSplit({"b"}, now_));
    driver_->NoMoreSplits();
  }
  // "", or the watermark in seconds, with "held" and "out" where it holds nobody else back.
  std::string Report() {
    const std::optional<AlignmentReport> report = driver_->TakeReport(now_);
    if (!report) return "";
    std::string text =
        report->watermark == kWatermarkNone ? "none" : std::to_string(report->watermark / kSecond);
    if (report->is_held_back) text += " held";
    if (!report->counts) text += " out";
    return text;
  }
  // Whether the driver asks the reader for rows.
  bool Reads() {
    script_.assign(1, {SourcePoll{}, 0});
    EXPECT_TRUE(driver_->Poll(now_));
    const bool has_asked = script_.empty();
    script_.clear();
    return has_asked;
  }
};

TEST_F(AlignedSourceTest, SplitsBeyondTheLimitWaitUntilItHasMoved) {
  Open();
  EXPECT_TRUE(Reads());  // nobody has told a limit yet
  driver_->SetWatermarkLimit(kWatermarkNone);
  EXPECT_TRUE(Reads());  // of neither is there a row
  Read(0, 10 * kSecond);
  EXPECT_TRUE(Reads());
  EXPECT_EQ(held_, std::set<uint32_t>{0});
  Read(1, 7 * kSecond);
  EXPECT_FALSE(Reads());
  EXPECT_TRUE(driver_->is_held_back());
  driver_->SetWatermarkLimit(7 * kSecond);
  EXPECT_TRUE(Reads());  // at the limit is not beyond it
  EXPECT_EQ(held_, std::set<uint32_t>{0});
  EXPECT_FALSE(driver_->is_held_back());
  driver_->SetWatermarkLimit(INT64_MAX);
  EXPECT_TRUE(Reads());
  EXPECT_EQ(held_, std::set<uint32_t>());
}

TEST_F(AlignedSourceTest, ReportsAtItsIntervalAndSoonAfterItIsHeldBack) {
  Open();
  EXPECT_EQ(driver_->next_report_micros(now_), now_);
  EXPECT_EQ(Report(), "none");
  EXPECT_EQ(driver_->next_report_micros(now_), now_ + kSecond);
  Read(0, 10 * kSecond);
  Read(1, 7 * kSecond);
  now_ += kSecond - 1;
  EXPECT_EQ(Report(), "");  // it goes on: that can wait
  now_ += 1;
  EXPECT_EQ(Report(), "7");
  driver_->SetWatermarkLimit(6 * kSecond);
  EXPECT_FALSE(Reads());
  EXPECT_EQ(driver_->next_report_micros(now_), now_ + 10'000);
  EXPECT_EQ(Report(), "");
  now_ += 10'000;
  EXPECT_EQ(Report(), "7 held");
  EXPECT_EQ(driver_->next_report_micros(now_), now_ + kSecond);
  // It goes on, and is held back once more: others may have waited for just that.
  driver_->SetWatermarkLimit(8 * kSecond);
  Read(1, 9 * kSecond);
  EXPECT_FALSE(Reads());
  now_ += 10'000;
  EXPECT_EQ(Report(), "9 held");
}

TEST_F(AlignedSourceTest, NobodyWaitsForOneThatIsIdleOrHasNoSplit) {
  Open();
  Read(0, 10 * kSecond);
  Read(1, 7 * kSecond);
  EXPECT_EQ(Report(), "7");
  now_ += 9 * kSecond;
  Read(0, 11 * kSecond);
  now_ += kSecond;
  EXPECT_EQ(Report(), "11");  // the second split is idle
  now_ += 9 * kSecond;
  EXPECT_EQ(Report(), "none out");
  Read(1, 12 * kSecond, /*finished=*/true);
  now_ += kSecond;
  EXPECT_EQ(Report(), "none out");
  Read(0, 12 * kSecond, /*finished=*/true);
  now_ += kSecond;
  EXPECT_EQ(Report(), "none out");
}

TEST_F(AlignedSourceTest, OneThatIsHeldBackIsNotIdle) {
  Open();
  Read(0, 10 * kSecond);
  Read(1, 7 * kSecond);
  driver_->SetWatermarkLimit(5 * kSecond);
  EXPECT_FALSE(Reads());
  now_ += 60 * kSecond;
  EXPECT_EQ(Report(), "7 held");
  EXPECT_EQ(Progress(), "7");  // and still says where it is
  now_ += 60 * kSecond;
  EXPECT_EQ(Progress(), "");
  EXPECT_EQ(driver_->next_progress_micros(now_), INT64_MAX);
  driver_->SetWatermarkLimit(INT64_MAX);
  EXPECT_TRUE(Reads());
  now_ += 9 * kSecond;
  EXPECT_EQ(Progress(), "");  // its silence begins when it may speak
  now_ += kSecond;
  EXPECT_EQ(Progress(), "idle");
}

TEST_F(AlignedSourceTest, WhatIsNotAlignedReportsNothing) {
  Make({0, 0, 0, false});
  ASSERT_TRUE(driver_->AddSplit({"a"}, now_));
  Read(0, 10 * kSecond);
  EXPECT_EQ(Report(), "");
  EXPECT_EQ(driver_->next_report_micros(now_), INT64_MAX);
}

}  // namespace
}  // namespace flinkc
