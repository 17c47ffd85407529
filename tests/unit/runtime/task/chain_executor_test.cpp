#include "runtime/task/chain_executor.h"

#include <gmock/gmock.h>

#include <cstring>

#include "tests/unit/runtime/task/executor_fixture.h"

namespace flinkc {
namespace {

using testing::ElementsAre;

class ChainExecutorTest : public ExecutorFixture {
 protected:
  // Every row of the head `times` times to `port`.
  FakeChain::Function Copy(uint32_t port, int64_t times = 1) {
    return ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
      for (int64_t i = 0; i < times; ++i) Emit(context, port, {Cell(batch, 0, row)});
      return true;
    });
  }
};

TEST_F(ChainExecutorTest, CarriesRowsFromLoopToLoopToSink) {
  chain_->AddSink("out", number_);
  const uint32_t middle = chain_->AddPort("middle", number_, PortTarget::kPipelines);
  const uint32_t out = chain_->AddPort("out", number_, PortTarget::kSink, 0);
  chain_->AddPipeline(PipelineInput::kHead, 0, {middle}, Copy(middle));
  chain_->AddPipeline(PipelineInput::kPort, middle, {out},
                      ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
                        if (Cell(batch, 0, row) % 2 == 0)
                          Emit(context, out, {Cell(batch, 0, row) * 10});
                        return true;
                      }));
  Make();
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 6))), ExecutorState::kReady);
  EXPECT_TRUE(sinks_[0]->rows_.empty());  // part-full builders wait for more
  EXPECT_FALSE(executor_->is_drained());
  while (!executor_->is_drained()) {
    executor_->Flush();
    EXPECT_EQ(Advance(), ExecutorState::kReady);
  }
  EXPECT_THAT(sinks_[0]->rows_, ElementsAre(Row{0}, Row{20}, Row{40}));
  EXPECT_EQ(executor_->rows_out(), 3u);
}

// One input row becomes 3,000 output rows: 12 million in all through a channel of two batches.
TEST_F(ChainExecutorTest, StopsWhenAnEdgeIsFullAndResumesAtItsRow) {
  const uint32_t out = chain_->AddPort("out", number_, PortTarget::kEdge, 0);
  chain_->AddPipeline(PipelineInput::kHead, 0, {out}, Copy(out, 3000));
  const std::shared_ptr<Channel> channel = MakeChannel(2);
  memory_.emplace();
  Make({{Partitioning::kForward, {channel}}}, &*memory_);
  executor_->PushBatch(MakeBatch(number_, Numbers(0, 4000)), nullptr, 0);
  int64_t rows = 0;
  bool blocked = false;
  size_t used_max = 0;
  while (true) {
    const ExecutorState state = Advance();
    blocked |= state == ExecutorState::kBlocked;
    used_max = std::max(used_max, memory_->used_bytes());
    if (state == ExecutorState::kReady) {
      if (executor_->is_drained()) break;
      executor_->Flush();
    }
    StreamElement element;
    while (channel->Pop(&element)) {
      for (int32_t row = 0; row < element.batch->row_count(); ++row, ++rows) {
        ASSERT_EQ(element.batch->Values<int64_t>(0)[row], rows / 3000);
      }
    }
  }
  StreamElement element;
  while (channel->Pop(&element)) rows += element.batch->row_count();
  EXPECT_EQ(rows, 4000 * 3000);
  EXPECT_TRUE(blocked);
  EXPECT_LT(used_max, 8u * 4096 * 8);  // a few batches, whatever one row produces
}

TEST_F(ChainExecutorTest, WaitsForASinkThatIsBehind) {
  chain_->AddSink("out", number_);
  const uint32_t out = chain_->AddPort("out", number_, PortTarget::kSink, 0);
  chain_->AddPipeline(PipelineInput::kHead, 0, {out}, Copy(out, 10));
  Make();
  sinks_[0]->rooms_ = 1;
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 4000))), ExecutorState::kBlocked);
  EXPECT_EQ(sinks_[0]->batches_.size(), 1u);
  EXPECT_EQ(Advance(), ExecutorState::kBlocked);
  EXPECT_FALSE(executor_->progressed());
  sinks_[0]->rooms_ = -1;
  EXPECT_EQ(Advance(), ExecutorState::kReady);
  executor_->Flush();
  EXPECT_EQ(Advance(), ExecutorState::kReady);
  ASSERT_EQ(sinks_[0]->rows_.size(), 40'000u);
  for (size_t i = 0; i < 40'000; ++i)
    ASSERT_EQ(sinks_[0]->rows_[i][0], static_cast<int64_t>(i / 10));
}

TEST_F(ChainExecutorTest, GivesEveryConsumerOfAPortAllRows) {
  chain_->AddSink("left", number_);
  chain_->AddSink("right", number_);
  const uint32_t middle = chain_->AddPort("middle", number_, PortTarget::kPipelines);
  const uint32_t left = chain_->AddPort("left", number_, PortTarget::kSink, 0);
  const uint32_t right = chain_->AddPort("right", number_, PortTarget::kSink, 1);
  chain_->AddPipeline(PipelineInput::kHead, 0, {middle}, Copy(middle, 20));
  chain_->AddPipeline(PipelineInput::kPort, middle, {left}, Copy(left));
  chain_->AddPipeline(PipelineInput::kPort, middle, {right}, Copy(right, 2));
  Make();
  sinks_[1]->rooms_ = 0;  // the slow consumer holds the fast one back, but loses nothing
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 4000))), ExecutorState::kBlocked);
  EXPECT_LT(sinks_[0]->rows_.size(), 80'000u);
  sinks_[1]->rooms_ = -1;
  EXPECT_EQ(Advance(), ExecutorState::kReady);
  EXPECT_EQ(Watermark(kWatermarkFinal), ExecutorState::kReady);
  EXPECT_EQ(sinks_[0]->rows_.size(), 80'000u);
  EXPECT_EQ(sinks_[1]->rows_.size(), 160'000u);
  EXPECT_EQ(sinks_[0]->rows_.back(), Row{3999});
}

TEST_F(ChainExecutorTest, LetsSeveralLoopsReadTheHead) {
  chain_->AddSink("left", number_);
  chain_->AddSink("right", number_);
  const uint32_t left = chain_->AddPort("left", number_, PortTarget::kSink, 0);
  const uint32_t right = chain_->AddPort("right", number_, PortTarget::kSink, 1);
  // Each must see its own progress of the split.
  const auto write_progress = [](uint32_t port) {
    return ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
      Emit(context, port, {context->split->max_event_time});
      context->split->max_event_time = Cell(batch, 0, row);
      return true;
    });
  };
  chain_->AddPipeline(PipelineInput::kHead, 0, {left}, write_progress(left));
  chain_->AddPipeline(PipelineInput::kHead, 0, {right}, write_progress(right));
  Make();
  ASSERT_EQ(executor_->head_pipeline_count(), 2u);
  SplitProgress progress[2] = {{-1}, {-1}};
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 3)), progress), ExecutorState::kReady);
  executor_->Flush();
  EXPECT_EQ(Advance(), ExecutorState::kReady);
  EXPECT_THAT(sinks_[0]->rows_, ElementsAre(Row{-1}, Row{0}, Row{1}));
  EXPECT_THAT(sinks_[1]->rows_, ElementsAre(Row{-1}, Row{0}, Row{1}));
}

TEST_F(ChainExecutorTest, SpreadsRowsByKeyHash) {
  const uint32_t out = chain_->AddPort("out", number_, PortTarget::kEdge, 0, /*key_hashes=*/true);
  chain_->AddPipeline(PipelineInput::kHead, 0, {out},
                      ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
                        const int64_t key = Cell(batch, 0, row);
                        EmitHashed(context, out, {key}, HashInteger(key));
                        return true;
                      }));
  std::vector<std::shared_ptr<Channel>> channels;
  for (int i = 0; i < 3; ++i) channels.push_back(MakeChannel(8));
  Make({{Partitioning::kHash, channels}});
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 4000))), ExecutorState::kReady);
  EXPECT_EQ(Watermark(5), ExecutorState::kReady);
  executor_->PushEnd();
  size_t rows = 0;
  for (uint32_t i = 0; i < 3; ++i) {
    StreamElement element;
    ASSERT_TRUE(channels[i]->Pop(&element));
    ASSERT_EQ(element.kind, ElementKind::kBatch);
    rows += static_cast<size_t>(element.batch->row_count());
    for (int32_t row = 0; row < element.batch->row_count(); ++row) {
      const uint64_t hash = HashInteger(element.batch->Values<int64_t>(0)[row]);
      ASSERT_EQ(element.batch->layout().key_hashes[row], hash);
      ASSERT_EQ(OwnerOfHash(hash, 128, 3), i);
    }
    ASSERT_TRUE(channels[i]->Pop(&element));
    EXPECT_EQ(element.watermark, 5);
    ASSERT_TRUE(channels[i]->Pop(&element));
    EXPECT_EQ(element.kind, ElementKind::kEnd);
  }
  EXPECT_EQ(rows, 4000u);
}

TEST_F(ChainExecutorTest, BalancesWhatHasNoKey) {
  const uint32_t out = chain_->AddPort("out", number_, PortTarget::kEdge, 0);
  chain_->AddPipeline(PipelineInput::kHead, 0, {out}, Copy(out, 4));
  const std::shared_ptr<Channel> first = MakeChannel(8);
  const std::shared_ptr<Channel> second = MakeChannel(8);
  Make({{Partitioning::kRebalance, {first, second}}});
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 4096))), ExecutorState::kReady);
  StreamElement element;
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(first->Pop(&element));
    EXPECT_TRUE(second->Pop(&element));
  }
}

TEST_F(ChainExecutorTest, EndsWithTheErrorOfASink) {
  chain_->AddSink("out", number_);
  const uint32_t out = chain_->AddPort("out", number_, PortTarget::kSink, 0);
  chain_->AddPipeline(PipelineInput::kHead, 0, {out}, Copy(out));
  Make();
  sinks_[0]->write_status_ = MakeError(ErrorCode::kNoSpace, "disk full");
  Feed(MakeBatch(number_, Numbers(0, 10)));
  executor_->Flush();
  EXPECT_EQ(Advance(), ExecutorState::kFailed);
  EXPECT_EQ(executor_->error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(executor_->error().message, "sink `out`: disk full");
}

TEST_F(ChainExecutorTest, EndsAtTheMemoryLimit) {
  const uint32_t out = chain_->AddPort("out", number_, PortTarget::kEdge, 0);
  chain_->AddPipeline(PipelineInput::kHead, 0, {out}, Copy(out));
  memory_.emplace(10'000'000);
  Make({{Partitioning::kForward, {MakeChannel(2)}}}, &*memory_);
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 10))), ExecutorState::kReady);
  memory_->ForceReserve(10'000'000);
  EXPECT_EQ(Feed(MakeBatch(number_, Numbers(0, 10))), ExecutorState::kFailed);
  EXPECT_EQ(executor_->error().code, ErrorCode::kMemoryLimit);
  memory_->Release(10'000'000);
}

// Views: rows of a batch may outlive the batch and the run that made them.
class ViewsTest : public ExecutorFixture {
 protected:
  ViewsTest() {
    memory_.emplace();
    chain_->layout_.heads[0].schema = text_;
    chain_->AddSink("out", text_);
    const uint32_t out = chain_->AddPort("out", text_, PortTarget::kSink, 0);
    // Rows whose text begins with 'k' are kept, those with 'c' are made anew by a kernel.
    chain_->AddPipeline(
        PipelineInput::kHead, 0, {out},
        ForEachRow([=](ChainContext* context, const BatchLayout& batch, int64_t row) {
          const StringValue text = static_cast<const StringValue*>(batch.columns[0].values)[row];
          if (text.view()[0] == 'd') return true;
          StringValue result = text;
          if (text.view()[0] == 'c') {
            char* bytes = AllocateBytes(&context->kernel, text.size);
            std::memset(bytes, 'C', text.size);
            result = MakeStringValue(bytes, text.size);
          }
          BatchLayout& builder = *context->ports[out].channels[0];
          static_cast<StringValue*>(builder.columns[0].values)[builder.row_count] = result;
          if (++builder.row_count == builder.capacity) flinkc_rt_flush_channel(context, out, 0);
          return true;
        }));
  }

  // Texts of 40 bytes in an arena of their own.
  BatchPtr Texts(const std::vector<char>& first_letters, bool resident = false) {
    auto batch = std::make_shared<RecordBatch>(text_, 4096, false, false, nullptr);
    auto arena = std::make_shared<Arena>(&*memory_);
    for (size_t i = 0; i < first_letters.size(); ++i) {
      char* bytes = arena->Allocate(40);
      std::memset(bytes, first_letters[i], 40);
      batch->Values<StringValue>(0)[i] = MakeStringValue(bytes, 40);
    }
    batch->set_row_count(static_cast<int32_t>(first_letters.size()));
    if (resident) arena->MarkResident();
    batch->KeepAlive(arena);
    return batch;
  }

  std::string TextOf(size_t batch, int32_t row) {
    return std::string(sinks_[0]->batches_[batch]->Values<StringValue>(0)[row].view());
  }

  const Schema text_{{{"text", DataType::String().NotNull()}}};
};

TEST_F(ViewsTest, RowsKeepTheirBytesAlive) {
  Make({}, &*memory_);
  sinks_[0]->collect_rows_ = false;
  Feed(Texts({'k', 'c', 'k', 'd'}));
  Feed(Texts({'k', 'c'}));
  executor_->Flush();
  Advance();
  ASSERT_EQ(sinks_[0]->batches_.size(), 1u);
  EXPECT_EQ(TextOf(0, 0), std::string(40, 'k'));
  EXPECT_EQ(TextOf(0, 1), std::string(40, 'C'));
  EXPECT_EQ(TextOf(0, 4), std::string(40, 'C'));
  // Both inputs' arenas and the output arena.
  EXPECT_EQ(sinks_[0]->batches_[0]->arenas().size(), 3u);
}

TEST_F(ViewsTest, AFewSurvivorsDoNotPinTheirBatch) {
  Make({}, &*memory_);
  sinks_[0]->collect_rows_ = false;
  std::vector<char> letters(4000, 'd');
  letters[7] = 'k';
  for (int i = 0; i < 100; ++i) Feed(Texts(letters));
  executor_->Flush();
  Advance();
  ASSERT_EQ(sinks_[0]->batches_.size(), 1u);
  EXPECT_EQ(sinks_[0]->batches_[0]->row_count(), 100);
  EXPECT_EQ(TextOf(0, 0), std::string(40, 'k'));
  EXPECT_EQ(TextOf(0, 99), std::string(40, 'k'));
  EXPECT_EQ(sinks_[0]->batches_[0]->arenas().size(), 1u);
  EXPECT_LT(memory_->used_bytes(), 1'000'000u);
}

// What stays anyway is shown where it lies.
TEST_F(ViewsTest, RowsOfAResidentArenaAreNotCopied) {
  Make({}, &*memory_);
  sinks_[0]->collect_rows_ = false;
  std::vector<char> letters(4000, 'd');
  letters[7] = 'k';
  const BatchPtr batch = Texts(letters, /*resident=*/true);
  Feed(batch);
  executor_->Flush();
  Advance();
  ASSERT_EQ(sinks_[0]->batches_.size(), 1u);
  EXPECT_EQ(sinks_[0]->batches_[0]->Values<StringValue>(0)[0].data(),
            batch->Values<StringValue>(0)[7].data());
}

TEST_F(ViewsTest, AShortColumnDoesNotPinLongOnes) {
  Make({}, &*memory_);
  sinks_[0]->collect_rows_ = false;
  BatchPtr batch = Texts(std::vector<char>(4000, 'k'));
  auto others = std::make_shared<Arena>(&*memory_);  // of columns that nobody reads
  others->Allocate(4'000'000);
  batch->KeepAlive(others);
  Feed(std::move(batch));
  executor_->Flush();
  Advance();
  ASSERT_EQ(sinks_[0]->batches_.size(), 1u);
  EXPECT_EQ(others.use_count(), 1);
  EXPECT_EQ(TextOf(0, 3999), std::string(40, 'k'));
}

TEST_F(ViewsTest, ArenasAreGivenBackAndUsedAgain) {
  Make({}, &*memory_);
  sinks_[0]->collect_rows_ = false;
  size_t after_ten = 0;
  for (int i = 0; i < 100; ++i) {
    Feed(Texts(std::vector<char>(4000, 'c')));
    sinks_[0]->batches_.clear();
    if (i == 10) after_ten = memory_->used_bytes();
  }
  EXPECT_LE(memory_->used_bytes(), after_ten + 600'000);
}

}  // namespace
}  // namespace flinkc
