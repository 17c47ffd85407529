#include "runtime/data/record_batch.h"

#include <gtest/gtest.h>

#include <thread>

#include "runtime/data/value.h"

namespace flinkc {
namespace {

const Schema kSchema({{"flag", DataType(TypeKind::kBoolean).NotNull()},
                      {"small", DataType(TypeKind::kSmallint)},
                      {"price", DataType::Decimal(38, 4)},
                      {"name", DataType::String()},
                      {"tags", DataType::Array(DataType::String())}});

TEST(RecordBatch, AlignsColumnsAndKeepsThemApart) {
  RecordBatch batch(kSchema, 100, true, true, nullptr);
  for (size_t column = 0; column < kSchema.size(); ++column) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(batch.layout().columns[column].values) % 16, 0u);
    EXPECT_EQ(batch.layout().columns[column].validity != nullptr, kSchema[column].type.nullable());
  }
  // Fill every column to its last row and word; no other cell may change.
  Arena arena;
  for (int32_t row = 0; row < 100; ++row) {
    WriteValue(batch, kSchema[0].type, 0, row, Value{row % 2 == 0}, arena);
    WriteValue(batch, kSchema[1].type, 1, row, row % 3 == 0 ? Value{} : Value{int64_t{row}}, arena);
    WriteValue(batch, kSchema[2].type, 2, row, Value{Int128{row} << 70}, arena);
    WriteValue(batch, kSchema[3].type, 3, row, Value{std::string(static_cast<size_t>(row), 'n')},
               arena);
    WriteValue(batch, kSchema[4].type, 4, row,
               Value{ValueList{Value{std::to_string(row)}, Value{}}}, arena);
    batch.layout().row_kinds[row] = 2;
    batch.layout().key_hashes[row] = static_cast<uint64_t>(row);
  }
  batch.set_row_count(100);
  for (int32_t row = 0; row < 100; ++row) {
    EXPECT_EQ(ReadValue(batch, kSchema[0].type, 0, row), Value{row % 2 == 0});
    EXPECT_EQ(ReadValue(batch, kSchema[1].type, 1, row),
              row % 3 == 0 ? Value{} : Value{int64_t{row}});
    EXPECT_EQ(ReadValue(batch, kSchema[2].type, 2, row), Value{Int128{row} << 70});
    EXPECT_EQ(ReadValue(batch, kSchema[3].type, 3, row),
              Value{std::string(static_cast<size_t>(row), 'n')});
    EXPECT_EQ(ReadValue(batch, kSchema[4].type, 4, row),
              (Value{ValueList{Value{std::to_string(row)}, Value{}}}));
    EXPECT_EQ(batch.kind(row), RowKind::kUpdateAfter);
  }
  EXPECT_EQ(RowToJson(batch, kSchema, 3),
            R"({"flag":false,"small":null,"price":354177486215223391.0272,"name":"nnn","tags":["3",null]})");
}

TEST(RecordBatch, IsAccounted) {
  MemoryPool memory;
  {
    RecordBatch batch(kSchema, 4096, false, false, &memory);
    EXPECT_EQ(memory.used_bytes(), batch.memory_bytes());
    EXPECT_GT(batch.memory_bytes(), 4096u * (1 + 2 + 16 + 16 + 16));
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(RecordBatch, HoldsAnArenaOnce) {
  RecordBatch batch(kSchema, 64, false, false, nullptr);
  auto arena = std::make_shared<Arena>();
  auto other = std::make_shared<Arena>();
  batch.KeepAlive(arena);
  batch.KeepAlive(other);
  batch.KeepAlive(arena);
  EXPECT_EQ(batch.arenas().size(), 2u);
  EXPECT_EQ(arena.use_count(), 2);
  batch.Clear();
  EXPECT_EQ(arena.use_count(), 1);
}

TEST(BatchPool, GivesAReturnedBatchOutAgainEmpty) {
  MemoryPool memory;
  BatchPool pool(kSchema, true, false, &memory);
  BatchPtr batch = pool.Take();
  EXPECT_EQ(batch->capacity(), RecordBatch::kRowsMax);
  const RecordBatch* first = batch.get();
  batch->set_row_count(7);
  batch->set_origin(std::make_shared<SplitOrigin>(), 12);
  batch->KeepAlive(std::make_shared<Arena>());
  batch.reset();
  batch = pool.Take();
  EXPECT_EQ(batch.get(), first);
  EXPECT_EQ(batch->row_count(), 0);
  EXPECT_EQ(batch->origin(), nullptr);
  EXPECT_TRUE(batch->arenas().empty());
}

TEST(BatchPool, MayDieBeforeItsBatches) {
  MemoryPool memory;
  auto pool = std::make_unique<BatchPool>(kSchema, false, false, &memory);
  BatchPtr batch = pool->Take();
  pool.reset();
  batch->set_row_count(1);
  batch.reset();
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(BatchPool, TakesBatchesBackFromOtherThreads) {
  BatchPool pool(kSchema, false, false, nullptr, 64);
  for (int round = 0; round < 200; ++round) {
    std::vector<BatchPtr> batches;
    for (int i = 0; i < 8; ++i) batches.push_back(pool.Take());
    std::thread other([&batches] { batches.erase(batches.begin(), batches.begin() + 4); });
    std::vector<BatchPtr> more;
    for (int i = 0; i < 4; ++i) {
      more.push_back(pool.Take());
      EXPECT_EQ(more.back()->row_count(), 0);
    }
    other.join();
  }
}

}  // namespace
}  // namespace flinkc
