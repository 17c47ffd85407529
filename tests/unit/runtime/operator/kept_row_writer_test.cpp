// Rows that come and rows that are kept, on their way into batches: each against the values that
// they were made of.
#include "runtime/operator/kept_row_writer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "runtime/operator/row_mover.h"

namespace flinkc {
namespace {

constexpr int32_t kRowCount = 500;
const Schema kSchema({{"n", DataType(TypeKind::kBigint, false)},
                      {"word", DataType::String()},
                      {"ok", DataType(TypeKind::kBoolean)},
                      {"small", DataType(TypeKind::kSmallint)},
                      {"note", DataType::String(0, false, false)},
                      {"i", DataType(TypeKind::kInt, false)}});
const std::vector<uint32_t> kAll = {0, 1, 2, 3, 4, 5};

std::string TextOf(const StringValue& value) { return std::string(value.view()); }

// Texts of all lengths that are copied in a way of their own.
class Rows {
 public:
  Rows() {
    std::mt19937_64 random(3);
    texts_.reserve(2 * kRowCount);
    for (int32_t row = 0; row < kRowCount; ++row) {
      const auto i = static_cast<size_t>(row);
      batch.Values<int64_t>(0)[i] = static_cast<int64_t>(random());
      Set(1, row, random() % 4 == 0);
      batch.Values<StringValue>(1)[i] = Text(random() % 150);
      Set(2, row, random() % 4 == 0);
      batch.Values<int8_t>(2)[i] = static_cast<int8_t>(random() % 2);
      Set(3, row, random() % 4 == 0);
      batch.Values<int16_t>(3)[i] = static_cast<int16_t>(random());
      batch.Values<StringValue>(4)[i] = Text(random() % 40);
      batch.Values<int32_t>(5)[i] = static_cast<int32_t>(random());
    }
    batch.set_row_count(kRowCount);
  }

  RecordBatch batch{kSchema, kRowCount, false, false, nullptr};

 private:
  void Set(size_t column, int32_t row, bool is_null) {
    is_null ? batch.SetNull(column, row) : batch.SetValid(column, row);
  }
  StringValue Text(size_t size) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + (i + texts_.size()) % 26);
    return MakeStringValue(texts_.emplace_back(std::move(text)));
  }

  std::vector<std::string> texts_;
};

void ExpectSame(const RecordBatch& a, int32_t row_a, const RecordBatch& b, int32_t row_b) {
  const auto i = static_cast<size_t>(row_a), j = static_cast<size_t>(row_b);
  EXPECT_EQ(a.Values<int64_t>(0)[i], b.Values<int64_t>(0)[j]);
  for (const size_t column : {1u, 2u, 3u}) {
    EXPECT_EQ(a.IsNull(column, row_a), b.IsNull(column, row_b));
  }
  if (!a.IsNull(1, row_a)) {
    EXPECT_EQ(TextOf(a.Values<StringValue>(1)[i]), TextOf(b.Values<StringValue>(1)[j]));
  }
  if (!a.IsNull(2, row_a)) EXPECT_EQ(a.Values<int8_t>(2)[i], b.Values<int8_t>(2)[j]);
  if (!a.IsNull(3, row_a)) EXPECT_EQ(a.Values<int16_t>(3)[i], b.Values<int16_t>(3)[j]);
  EXPECT_EQ(TextOf(a.Values<StringValue>(4)[i]), TextOf(b.Values<StringValue>(4)[j]));
  EXPECT_EQ(a.Values<int32_t>(5)[i], b.Values<int32_t>(5)[j]);
}

class KeptRows : public testing::Test {
 protected:
  const Rows rows_;
  RecordBatch to_{kSchema, kRowCount, false, false, nullptr};
  KernelContext context_{};
  OutputArena arena_{&context_, nullptr};
};

TEST_F(KeptRows, AreWhatWasKept) {
  const RowCodec codec(kSchema);
  const KeptRowWriter writer(kSchema, kAll);
  EXPECT_TRUE(writer.shows_all_views());
  for (int32_t row = 0; row < kRowCount; ++row) {
    std::string bytes;
    codec.Append(rows_.batch, kAll, row, &bytes);
    EXPECT_EQ(bytes.size(), codec.SizeOf(rows_.batch, kAll, row));
    EXPECT_TRUE(codec.IsValid(bytes));
    writer.Write(bytes, &arena_, to_, row);
    bytes.assign(bytes.size(), '!');  // nothing shows them
  }
  for (int32_t row = 0; row < kRowCount; ++row) ExpectSame(rows_.batch, row, to_, row);
}

// The first and the last columns are left alone, and of the texts one.
TEST_F(KeptRows, AreWrittenAsFarAsTheyAreWanted) {
  const RowCodec codec(kSchema);
  const KeptRowWriter writer(kSchema, {RowCodec::kNowhere, RowCodec::kNowhere, 2,
                                       RowCodec::kNowhere, 4, RowCodec::kNowhere});
  EXPECT_FALSE(writer.shows_all_views());
  for (int32_t row = 0; row < kRowCount; ++row) {
    const auto i = static_cast<size_t>(row);
    to_.Values<int64_t>(0)[i] = 7;
    to_.Values<int32_t>(5)[i] = 8;
    std::string bytes;
    codec.Append(rows_.batch, kAll, row, &bytes);
    writer.Write(bytes, &arena_, to_, row);
    bytes.assign(bytes.size(), '!');
    EXPECT_EQ(to_.IsNull(2, row), rows_.batch.IsNull(2, row));
    EXPECT_EQ(TextOf(to_.Values<StringValue>(4)[i]), TextOf(rows_.batch.Values<StringValue>(4)[i]));
    EXPECT_EQ(to_.Values<int64_t>(0)[i], 7);
    EXPECT_EQ(to_.Values<int32_t>(5)[i], 8);
  }
}

TEST_F(KeptRows, AreCopiedOnceInARun) {
  std::vector<std::string> kept;
  for (int i = 0; i < 2000; ++i) kept.push_back("the kept row " + std::to_string(i));
  KeptCopies copies;
  const char* first = copies.Of(kept[0], &arena_).data();
  EXPECT_EQ(copies.Of(kept[0], &arena_).data(), first);
  // More than there is room for: some are copied again.
  std::mt19937_64 random(4);
  for (int i = 0; i < 20'000; ++i) {
    const std::string& row = kept[random() % kept.size()];
    const std::string_view copy = copies.Of(row, &arena_);
    ASSERT_EQ(copy, row);
    ASSERT_NE(copy.data(), row.data());
  }
  copies.Clear();
  kept[0][0] = 'T';
  EXPECT_EQ(copies.Of(kept[0], &arena_), "The kept row 0");
}

TEST_F(KeptRows, MoveTogetherAsOneByOne) {
  const RowMover mover(kSchema, kAll, kSchema, kAll);
  std::mt19937_64 random(5);
  std::vector<int32_t> rows(kRowCount - 3);
  for (int32_t& row : rows) row = static_cast<int32_t>(random() % kRowCount);
  mover.Move(rows_.batch, rows, to_, 3);
  for (size_t i = 0; i < rows.size(); ++i) {
    ExpectSame(rows_.batch, rows[i], to_, static_cast<int32_t>(i) + 3);
  }
}

}  // namespace
}  // namespace flinkc
