#include "runtime/exchange/batch_codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "runtime/data/value.h"
#include "tests/support/random_batch.h"

namespace flinkc {
namespace {

std::string Encode(const Schema& schema, const RecordBatch& batch) {
  std::string bytes;
  AppendBatch(schema, batch, &bytes);
  return bytes;
}

TEST(BatchCodec, GivesBackWhatWasWritten) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    const Schema schema = round == 0 ? SchemaOfAllTypes() : SomeOfAllTypes(random());
    const bool kinds = random() % 2 == 0;
    const bool hashes = random() % 2 == 0;
    const auto rows = static_cast<int32_t>(random() % 100);
    const BatchPtr batch = RandomBatch(schema, rows, kinds, hashes, random);
    std::string bytes = "before";
    AppendBatch(schema, *batch, &bytes);
    ASSERT_EQ(bytes.substr(0, 6), "before");
    bytes.erase(0, 6);
    BatchReader reader(schema, kinds, hashes, nullptr);
    Result<BatchPtr> read = reader.Read(bytes);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(Describe(schema, **read), Describe(schema, *batch));
    // Nothing of it lies in the bytes that were read.
    std::ranges::fill(bytes, '\xff');
    EXPECT_EQ(Describe(schema, **read), Describe(schema, *batch));
    // The same again from what was made of it.
    EXPECT_EQ(Encode(schema, **read), Encode(schema, *batch));
  }
}

TEST(BatchCodec, TakesFullBatches) {
  std::mt19937_64 random(2);
  const Schema schema = SomeOfAllTypes(0x3c0c00);
  const BatchPtr batch = RandomBatch(schema, RecordBatch::kRowsMax, false, true, random);
  MemoryPool memory;
  {
    BatchReader reader(schema, false, true, &memory);
    const Result<BatchPtr> read = reader.Read(Encode(schema, *batch));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(Describe(schema, **read), Describe(schema, *batch));
    EXPECT_GT(memory.used_bytes(), (*read)->memory_bytes());
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(BatchCodec, WritesBytesThatRowsShareOnce) {
  const Schema schema({{"a", DataType::String()}});
  RecordBatch batch(schema, 64, false, false, nullptr);
  auto arena = std::make_shared<Arena>();
  WriteValue(batch, schema[0].type, 0, 0, Value{std::string(1000, 'x')}, *arena);
  for (int32_t row = 1; row < 50; ++row) {
    batch.SetValid(0, row);
    batch.Values<StringValue>(0)[row] = batch.Values<StringValue>(0)[0];
  }
  batch.set_row_count(50);
  const std::string bytes = Encode(schema, batch);
  EXPECT_LT(bytes.size(), 2000u);
  const Result<BatchPtr> read = BatchReader(schema, false, false, nullptr).Read(bytes);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(Describe(schema, **read), Describe(schema, batch));
}

TEST(BatchCodec, LeavesOutWhatTheReaderDoesNotNeed) {
  std::mt19937_64 random(3);
  const Schema schema({{"a", DataType(TypeKind::kInt)}});
  const std::string both = Encode(schema, *RandomBatch(schema, 5, true, true, random));
  const Result<BatchPtr> read = BatchReader(schema, false, false, nullptr).Read(both);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ((*read)->layout().row_kinds, nullptr);
  EXPECT_EQ((*read)->layout().key_hashes, nullptr);
  const std::string none = Encode(schema, *RandomBatch(schema, 5, false, false, random));
  EXPECT_FALSE(BatchReader(schema, true, false, nullptr).Read(none).has_value());
  EXPECT_FALSE(BatchReader(schema, false, true, nullptr).Read(none).has_value());
}

TEST(BatchCodec, RefusesWhatIsTooShortOrTooLong) {
  std::mt19937_64 random(4);
  const Schema schema = SchemaOfAllTypes();
  const std::string bytes = Encode(schema, *RandomBatch(schema, 3, true, true, random));
  BatchReader reader(schema, true, true, nullptr);
  for (size_t size = 0; size < bytes.size(); ++size) {
    // From memory of its own, so that a sanitizer sees its end.
    const std::string part = bytes.substr(0, size);
    const Result<BatchPtr> read = reader.Read(part);
    ASSERT_FALSE(read.has_value()) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_FALSE(reader.Read(bytes + '\0').has_value());
}

// Each changed byte gives what is refused, or a batch that can be read within its bounds.
TEST(BatchCodec, ReadsNothingOutsideOfDamagedBytes) {
  std::mt19937_64 random(5);
  const Schema schema = SchemaOfAllTypes();
  const std::string bytes = Encode(schema, *RandomBatch(schema, 4, true, true, random));
  BatchReader reader(schema, true, true, nullptr);
  size_t refused = 0;
  std::string damaged = bytes;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {1, 2, 0x40, 0x80, 0xff}) {
      damaged[at] = static_cast<char>(bytes[at] ^ change);
      const Result<BatchPtr> read = reader.Read(damaged);
      if (read.has_value()) {
        EXPECT_FALSE(Describe(schema, **read).empty());
        // It may be sent on.
        EXPECT_FALSE(Encode(schema, **read).empty());
      } else {
        ++refused;
        ASSERT_EQ(read.error().code, ErrorCode::kCorrupt);
      }
    }
    damaged[at] = bytes[at];
  }
  EXPECT_GT(refused, bytes.size());
}

class DamagedBatch : public testing::Test {
 protected:
  // The message for two rows of `type` whose byte `at` is `byte`.
  std::string ErrorOf(const DataType& type, const Value& value, size_t at, char byte) {
    const Schema schema({{"a", type}});
    RecordBatch batch(schema, 64, true, false, nullptr);
    Arena arena;
    for (int32_t row = 0; row < 2; ++row) {
      WriteValue(batch, type, 0, row, value, arena);
      batch.layout().row_kinds[row] = 0;
    }
    batch.set_row_count(2);
    std::string bytes = Encode(schema, batch);
    bytes[at] = byte;
    const Result<BatchPtr> read = BatchReader(schema, true, false, nullptr).Read(bytes);
    return read.has_value() ? "" : read.error().message;
  }
  static constexpr size_t kKinds = 16;
  static constexpr size_t kValues = kKinds + 2;
  const DataType boolean_ = DataType(TypeKind::kBoolean).NotNull();
  const DataType text_ = DataType::String().NotNull();
};

TEST_F(DamagedBatch, IsToldWhatIsWrong) {
  const Value yes{true};
  EXPECT_EQ(ErrorOf(boolean_, yes, 0, 2), "");
  EXPECT_EQ(ErrorOf(boolean_, yes, 1, 17), "a batch from a peer: 4354 rows");
  EXPECT_EQ(ErrorOf(boolean_, yes, 4, 2), "a batch from a peer: 2 columns, expected 1");
  EXPECT_EQ(ErrorOf(boolean_, yes, 6, 6), "a batch from a peer: flags 6");
  EXPECT_EQ(ErrorOf(boolean_, yes, 8, 1),
            "a batch from a peer: 20 bytes for 2 rows and a heap of 1");
  EXPECT_EQ(ErrorOf(boolean_, yes, kKinds, 4), "a batch from a peer: a row kind");
  EXPECT_EQ(ErrorOf(boolean_, yes, kValues, 2), "a batch from a peer: a value of column a");
  const Value brief{std::string("abc")};
  EXPECT_EQ(ErrorOf(text_, brief, kValues + 6, 'x'), "");
  EXPECT_EQ(ErrorOf(text_, brief, kValues + 7, 'x'), "a batch from a peer: a value of column a");
  EXPECT_EQ(ErrorOf(text_, brief, kValues, 2), "a batch from a peer: a value of column a");
  const Value lengthy{std::string(20, 'z')};
  EXPECT_EQ(ErrorOf(text_, lengthy, kValues, 40), "");
  EXPECT_EQ(ErrorOf(text_, lengthy, kValues, 41), "a batch from a peer: a value of column a");
  EXPECT_EQ(ErrorOf(text_, lengthy, kValues + 15, 1), "a batch from a peer: a value of column a");
}

}  // namespace
}  // namespace flinkc
