#include <gmock/gmock.h>

#include "runtime/data/value.h"
#include "tests/unit/runtime/task/executor_fixture.h"

namespace flinkc {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A step that fails for numbers divisible by 3, at column 1 ("half").
class RowFailureTest : public ExecutorFixture {
 protected:
  void Build(ErrorMode mode) {
    chain_->layout_.heads[0].schema = number_;
    chain_->AddSink("out", number_);
    chain_->AddSink("errors", ErrorSchema());
    const uint32_t out = chain_->AddPort("out", number_, PortTarget::kSink, 0);
    const uint32_t errors = chain_->AddPort("s.errors", ErrorSchema(), PortTarget::kSink, 1);
    StepLayout step{"s/cast", mode, std::nullopt, {"n", "half"}};
    if (mode == ErrorMode::kRoute) step.errors_port = errors;
    chain_->layout_.steps = {step};
    ChainSource source;
    source.descriptor.on_error = mode;
    source.descriptor.schema = number_;
    chain_->layout_.source = source;
    chain_->AddPipeline(
        PipelineInput::kHead, 0, {out, errors},
        ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
          const int64_t number = Cell(batch, 0, row);
          if (number % 3 == 0) {
            const int32_t action = flinkc_rt_report_error(
                context, 0, static_cast<int32_t>(RowStatus::kDivisionByZero), 1, row);
            if (action == static_cast<int32_t>(ErrorAction::kFail)) return false;
            if (action == static_cast<int32_t>(ErrorAction::kSkipRow)) return true;
            Emit(context, out, {-1});  // stands for NULL
            return true;
          }
          Emit(context, out, {number});
          return true;
        }));
    Make();
    sinks_[1]->collect_rows_ = false;
  }

  BatchPtr Input() {
    BatchPtr batch = MakeBatch(number_, Numbers(1, 6));
    auto origin = std::make_shared<SplitOrigin>();
    origin->connector = "file";
    origin->topic = "numbers.csv";
    origin->partition = 2;
    batch->set_origin(origin, 100);
    return batch;
  }

  std::string ErrorRow(int32_t row) {
    return RowToJson(*sinks_[1]->batches_.at(0), ErrorSchema(), row);
  }
};

TEST_F(RowFailureTest, FailEndsTheJobAndSaysWhere) {
  Build(ErrorMode::kFail);
  EXPECT_EQ(Feed(Input()), ExecutorState::kFailed);
  EXPECT_EQ(executor_->error().code, ErrorCode::kInvalidData);
  EXPECT_THAT(executor_->error().message,
              AllOf(HasSubstr("s/cast"), HasSubstr("DIVISION_BY_ZERO"), HasSubstr("`half`"),
                    HasSubstr("numbers.csv record 102"), HasSubstr("{\"n\":3}")));
}

TEST_F(RowFailureTest, HiddenColumnsAreNotShown) {
  Build(ErrorMode::kFail);
  chain_->layout_.heads[0].schema = IntegerSchema({"n", "$watermark"});
  EXPECT_EQ(Feed(MakeBatch(chain_->layout_.heads[0].schema, {{3, 77}})), ExecutorState::kFailed);
  EXPECT_THAT(executor_->error().message, HasSubstr("row {\"n\":3}"));
}

TEST_F(RowFailureTest, DropCounts) {
  Build(ErrorMode::kDrop);
  EXPECT_EQ(Feed(Input()), ExecutorState::kReady);
  EXPECT_EQ(Watermark(kWatermarkFinal), ExecutorState::kReady);
  EXPECT_THAT(sinks_[0]->rows_, ElementsAre(Row{1}, Row{2}, Row{4}, Row{5}));
  EXPECT_EQ(executor_->step_errors()[0], 1u);
}

TEST_F(RowFailureTest, NullKeepsTheRow) {
  Build(ErrorMode::kNull);
  EXPECT_EQ(Feed(Input()), ExecutorState::kReady);
  EXPECT_EQ(Watermark(kWatermarkFinal), ExecutorState::kReady);
  EXPECT_THAT(sinks_[0]->rows_, ElementsAre(Row{1}, Row{2}, Row{-1}, Row{4}, Row{5}));
}

TEST_F(RowFailureTest, RouteWritesTheErrorRow) {
  Build(ErrorMode::kRoute);
  executor_->PushBatch(Input(), nullptr, 978307200000000);
  EXPECT_EQ(Advance(), ExecutorState::kReady);
  executor_->PushWatermark(kWatermarkFinal, 978307200000000);
  EXPECT_EQ(Advance(), ExecutorState::kReady);
  EXPECT_THAT(sinks_[0]->rows_, ElementsAre(Row{1}, Row{2}, Row{4}, Row{5}));
  ASSERT_EQ(sinks_[1]->batches_.size(), 1u);
  ASSERT_EQ(sinks_[1]->batches_[0]->row_count(), 1);
  EXPECT_EQ(ErrorRow(0),
            R"({"at":"2001-01-01 00:00:00.000Z","step":"s/cast","code":"DIVISION_BY_ZERO",)"
            R"("message":"division by zero","column":"half","row":"{\"n\":3}","raw":null,)"
            R"("origin":{"connector":"file","topic":"numbers.csv","partition":2,"offset":102}})");
}

TEST_F(RowFailureTest, ManyErrorRowsRespectTheRoomOfTheirSink) {
  Build(ErrorMode::kRoute);
  sinks_[1]->rooms_ = 0;
  std::vector<Row> threes(4000, Row{3});
  ExecutorState state = ExecutorState::kReady;
  int fed = 0;
  for (; fed < 100 && state == ExecutorState::kReady; ++fed)
    state = Feed(MakeBatch(number_, threes));
  EXPECT_EQ(state, ExecutorState::kBlocked);
  EXPECT_LE(fed, 4);
  sinks_[1]->rooms_ = -1;
  EXPECT_EQ(Advance(), ExecutorState::kReady);
  EXPECT_EQ(Watermark(kWatermarkFinal), ExecutorState::kReady);
  int64_t rows = 0;
  for (const BatchPtr& batch : sinks_[1]->batches_) rows += batch->row_count();
  EXPECT_EQ(rows, fed * 4000);
}

TEST_F(RowFailureTest, DecodeFailuresGoTheSameWay) {
  Build(ErrorMode::kRoute);
  SplitOrigin origin{"file", "bad.csv", 0};
  DecodeFailure failure;
  failure.status = static_cast<int32_t>(RowStatus::kTooFewFields);
  failure.raw = "1;2";
  failure.offset = 17;
  failure.detail = "found 1, expected 2";
  failure.origin = &origin;
  EXPECT_TRUE(executor_->OnDecodeFailure(failure, 0));
  EXPECT_EQ(Watermark(kWatermarkFinal), ExecutorState::kReady);
  EXPECT_THAT(ErrorRow(0), AllOf(HasSubstr("TOO_FEW_FIELDS"), HasSubstr("found 1, expected 2"),
                                 HasSubstr("\"raw\":\"1;2\""), HasSubstr("\"row\":null"),
                                 HasSubstr("\"topic\":\"bad.csv\""), HasSubstr("\"offset\":17")));
}

TEST_F(RowFailureTest, AColumnsOwnModeWins) {
  Build(ErrorMode::kRoute);
  chain_->layout_.source->descriptor.column_on_error[0] = ErrorMode::kFail;
  DecodeFailure failure;
  failure.status = static_cast<int32_t>(RowStatus::kInvalidCast);
  failure.column = "n";
  const Status failed = executor_->OnDecodeFailure(failure, 0);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kInvalidData);
  chain_->layout_.source->descriptor.column_on_error[0] = ErrorMode::kDrop;
  EXPECT_TRUE(executor_->OnDecodeFailure(failure, 0));
  EXPECT_EQ(executor_->step_errors()[0], 1u);
  EXPECT_TRUE(executor_->is_drained());
}

}  // namespace
}  // namespace flinkc
