// Taps as a TaskManager keeps them: what is refused, what is bounded, and when they end. That they
// show the rows of streams is shown by tests/exec/tap_test.cpp.
#include "runtime/taskmanager/taps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

namespace flinkc {
namespace {

using testing::HasSubstr;

const DataType kBigint(TypeKind::kBigint, false);

class TappedChain final : public CompiledChain {
 public:
  TappedChain() {
    const Schema schema({{"n", kBigint}});
    layout_.ports.emplace_back();
    layout_.taps.push_back({{{{"in", "out"}, schema, ""}}, schema, true, 0});
    layout_.taps.push_back({{{{"steps"}, schema, ""}}, schema, false, std::nullopt});
    layout_.untapped.push_back({"gone", "it is one with `in`"});
  }
  const ChainLayout& layout() const override { return layout_; }
  const void* const* function_states() const override { return nullptr; }
  int64_t Run(uint32_t, ChainContext*, const void*, int64_t) const override { return 0; }

  ChainLayout layout_;
};

// Chooses rows of the chain above; "other" is made for other columns, "stateful" keeps some.
class FilterLoader final : public ChainLoader {
 public:
  Result<std::shared_ptr<const CompiledChain>> Load(std::string_view plan) override {
    if (plan == "bad") return MakeError(ErrorCode::kCorrupt, "no chain");
    auto chain = std::make_shared<TappedChain>();
    const Schema schema({{plan == "other" ? "m" : "n", kBigint}});
    chain->layout_.heads[0] = {schema, true, false};
    chain->layout_.sinks.push_back({{}, schema, true});
    if (plan == "stateful") chain->layout_.states.emplace_back();
    return chain;
  }
};

class Inline final : public BackgroundTasks {
 public:
  void Run(std::function<void()> task) override { task(); }
};

class TapsTest : public testing::Test {
 protected:
  TapsTest() { job_.chains.push_back(std::make_shared<TappedChain>()); }

  static protocol::ReadTap Asking(const std::string& id, const std::string& stream) {
    protocol::ReadTap read;
    read.set_job_id("j");
    read.set_tap_id(id);
    read.mutable_request()->set_stream(stream);
    read.mutable_request()->set_rows_per_second(10);
    return read;
  }
  std::string ErrorOf(const protocol::ReadTap& read, int64_t now = 0) {
    const auto rows = taps_.Read(read, &job_, now);
    return rows ? "" : rows.error().message;
  }

  FilterLoader loader_;
  Inline background_;
  TappedJob job_;
  Taps taps_{&loader_, nullptr, &background_};
};

TEST_F(TapsTest, StreamsAreListedByName) {
  const protocol::StreamList list = Taps::ListStreams(job_);
  std::vector<std::string> lines;
  for (const protocol::StreamList::Stream& stream : list.streams()) {
    std::string line = stream.name() + (stream.updates() ? " updates" : "");
    for (const auto& column : stream.columns()) line += " " + column.name() + " " + column.type();
    lines.push_back(line + stream.unavailable());
  }
  EXPECT_THAT(lines,
              testing::ElementsAre("goneit is one with `in`", "in updates n BIGINT NOT NULL",
                                   "out updates n BIGINT NOT NULL", "steps n BIGINT NOT NULL"));
}

TEST_F(TapsTest, WhatIsWrongIsSaid) {
  EXPECT_THAT(ErrorOf(Asking("a", "nobody")), HasSubstr("no stream `nobody` to look at"));
  EXPECT_THAT(ErrorOf(Asking("a", "gone")), HasSubstr("no stream `gone` to look at"));
  protocol::ReadTap read = Asking("a", "in");
  for (const uint32_t rate : {0u, 10'001u}) {
    read.mutable_request()->set_rows_per_second(rate);
    EXPECT_THAT(ErrorOf(read), HasSubstr("1 to 10000 rows a second"));
  }
  read = Asking("a", "in");
  read.mutable_request()->set_filter(std::string(300'000, 'x'));
  EXPECT_THAT(ErrorOf(read), HasSubstr("too large"));
  // Code with probes is asked for only where it is needed; this chain has none.
  EXPECT_EQ(ErrorOf(Asking("port", "in")), "");
  EXPECT_EQ(ErrorOf(Asking("probe", "steps")), "this chain has no probes");
  EXPECT_EQ(taps_.Read(Asking("b", "in"), nullptr, 0).error().code, ErrorCode::kUnavailable);
}

TEST_F(TapsTest, AFilterDoesNoMoreThanChooseRows) {
  const auto with = [&](const std::string& filter) {
    protocol::ReadTap read = Asking(filter, "in");
    read.mutable_request()->set_filter(filter);
    return ErrorOf(read);
  };
  EXPECT_EQ(with("good"), "");
  EXPECT_EQ(with("bad"), "no chain");
  EXPECT_THAT(with("other"), HasSubstr("is made for other columns"));
  EXPECT_THAT(with("stateful"), HasSubstr("must choose rows and do no more"));
}

TEST_F(TapsTest, EndsWhenNobodyAsks) {
  for (int64_t now = 0; now <= 3 * Taps::kLeaseMicros; now += Taps::kLeaseMicros / 2) {
    EXPECT_EQ(ErrorOf(Asking("asked", "in"), now), "");
    if (now == 0) {
      EXPECT_EQ(ErrorOf(Asking("forgotten", "in"), now), "");
    }
    taps_.OnTimer(now);
  }
  // What was put aside is given behind the end of the job, to one that is known.
  EXPECT_TRUE(taps_.Read(Asking("asked", "in"), nullptr, 0));
  EXPECT_FALSE(taps_.Read(Asking("forgotten", "in"), nullptr, 0));
}

TEST_F(TapsTest, AreBoundedAndClosed) {
  for (size_t i = 0; i < Taps::kTapsMax; ++i) {
    EXPECT_EQ(ErrorOf(Asking(std::to_string(i), "in")), "");
  }
  EXPECT_THAT(ErrorOf(Asking("more", "in")), HasSubstr("16 taps are open already"));
  protocol::ReadTap close = Asking("3", "in");
  close.set_close(true);
  EXPECT_EQ(ErrorOf(close), "");
  EXPECT_EQ(ErrorOf(close), "");
  EXPECT_EQ(ErrorOf(Asking("more", "in")), "");
  protocol::ReadTap of_another = Asking("1", "in");
  of_another.set_job_id("k");
  EXPECT_THAT(ErrorOf(of_another), HasSubstr("another job's tap"));
}

TEST(TapSession, KeepsSoManyRowsAndBytes) {
  TapSession session({});
  const auto add = [&](size_t bytes) {
    protocol::TapRow row;
    row.set_json(std::string(bytes, 'x'));
    session.Add(std::move(row));
  };
  for (size_t i = 0; i < TapSession::kRowsMax + 5; ++i) add(1);
  protocol::TapRows rows;
  EXPECT_FALSE(session.Take(&rows));
  EXPECT_EQ(rows.rows_size(), static_cast<int>(TapSession::kRowsMax));
  EXPECT_EQ(rows.left_out(), 5u);
  for (int i = 0; i < 9; ++i) add(TapSession::kBytesMax / 8);
  rows.Clear();
  EXPECT_FALSE(session.Take(&rows));
  EXPECT_EQ(rows.rows_size(), 7);
  EXPECT_EQ(rows.left_out(), 2u);
  session.Fail({ErrorCode::kMemoryLimit, "no memory"});
  EXPECT_EQ(session.Take(&rows)->message, "no memory");
}

// A second's rows at once, then evenly.
TEST(SubtaskTap, ShowsNoMoreThanItsRate) {
  const Schema schema({{"n", kBigint}});
  protocol::TapRequest request;
  request.set_rows_per_second(4);
  const auto session = std::make_shared<TapSession>(request);
  const std::unique_ptr<RowTap> tap =
      MakeSubtaskTap(session, {3, schema, /*row_kinds=*/false, {}}, nullptr);
  RecordBatch batch(schema, 64, false, false, nullptr);
  for (int64_t i = 0; i < 10; ++i) batch.Values<int64_t>(0)[i] = i;
  batch.set_row_count(10);
  const auto shown = [&](int64_t now) {
    if (tap->WantsRows(now)) tap->Take(batch);
    protocol::TapRows rows;
    EXPECT_FALSE(session->Take(&rows));
    for (int i = 0; i < rows.rows_size(); ++i) {
      EXPECT_EQ(rows.rows(i).subtask(), 3u);
      EXPECT_EQ(rows.rows(i).json(), "{\"n\":" + std::to_string(i) + "}");
    }
    return rows.rows_size();
  };
  EXPECT_EQ(shown(0), 4);
  EXPECT_EQ(shown(200'000), 0);
  EXPECT_EQ(shown(250'000), 1);
  EXPECT_EQ(shown(100'000), 0);  // the clock was set back
  EXPECT_EQ(shown(600'000), 2);
  EXPECT_EQ(shown(60'000'000), 4);
  EXPECT_FALSE(tap->is_closed());
  session->Close();
  EXPECT_TRUE(tap->is_closed());
  EXPECT_FALSE(tap->WantsRows(90'000'000));
}

}  // namespace
}  // namespace flinkc
