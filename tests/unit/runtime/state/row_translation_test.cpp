// What a later version of a job makes of stored rows: equal to what its kernels would have kept had
// they seen all the values; or a refusal that says what has changed.
#include "runtime/state/row_translation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/abi/keyed_table.h"
#include "stdlib-operators/kernels/aggregate.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

constexpr uint32_t kKeyOffset = 8;
constexpr uint32_t kStateOffset = 24;

StateSchema::Accumulator Accumulator(const std::string& verb, const std::string& type_suffix,
                                     DataType argument, uint32_t bytes) {
  StateSchema::Accumulator accumulator;
  accumulator.name = accumulator.call = verb + "(x)";
  accumulator.kind = "flinkc_" + verb + "_" + type_suffix;
  accumulator.input = "x";
  accumulator.argument_types = {argument};
  accumulator.result_type = argument;
  accumulator.offset = kStateOffset;
  accumulator.bytes = bytes;
  return accumulator;
}

// One key `k` and the accumulators one after the other.
StateSchema SchemaOf(DataType key, std::vector<StateSchema::Accumulator> accumulators) {
  StateSchema schema;
  schema.key_bytes = 16;
  StateSchema::KeyField field{"k", key, kKeyOffset, std::nullopt};
  if (key.nullable()) field.null_offset = kKeyOffset + 8;
  schema.keys.push_back(field);
  uint32_t offset = kStateOffset;
  for (StateSchema::Accumulator& accumulator : accumulators) {
    accumulator.offset = offset;
    offset += (accumulator.bytes + 7) / 8 * 8;
  }
  schema.accumulators = std::move(accumulators);
  schema.row_bytes = offset;
  return schema;
}

StateLayout LayoutFor(const StateSchema& schema) {
  StateLayout layout = LayoutOf(schema);
  layout.state_id = "sums/aggregate";
  layout.schema = schema;
  return layout;
}

DataType Type(TypeKind kind) { return DataType(kind); }

// Why the stored state cannot be read; "" if it can.
std::string Refusal(const StateSchema& stored, const StateSchema& wanted) {
  const StateLayout layout = LayoutFor(wanted);
  const auto translation = RowTranslation::Make({stored, std::nullopt}, layout);
  if (translation) return "";
  EXPECT_EQ(translation.error().code, ErrorCode::kStateIncompatible);
  EXPECT_THAT(translation.error().message, HasSubstr("`sums/aggregate`"));
  EXPECT_THAT(translation.error().message, HasSubstr("--allow-non-restored-state"));
  return translation.error().message;
}

// Feeds a state of the narrow kernel, translates it, feeds the wide kernel more, and compares with
// the wide kernel fed with everything.
template <typename NarrowState, typename WideState, typename Narrow, typename Wide>
void ExpectWidened(const std::string& verb, const std::string& narrow_suffix,
                   const std::string& wide_suffix, DataType narrow_type, DataType wide_type,
                   int32_t (*narrow)(KernelContext*, StateHeap*, NarrowState*, Narrow),
                   int32_t (*wide)(KernelContext*, StateHeap*, WideState*, Wide),
                   const std::vector<Narrow>& before, const std::vector<Wide>& after) {
  SCOPED_TRACE(verb + " " + narrow_suffix + " to " + wide_suffix);
  const StateSchema stored =
      SchemaOf(Type(TypeKind::kInt).NotNull(),
               {Accumulator(verb, narrow_suffix, narrow_type, sizeof(NarrowState))});
  const StateSchema wanted =
      SchemaOf(Type(TypeKind::kInt).NotNull(),
               {Accumulator(verb, wide_suffix, wide_type, sizeof(WideState))});
  const StateLayout layout = LayoutFor(wanted);
  const auto translation = RowTranslation::Make({stored, std::nullopt}, layout);
  ASSERT_TRUE(translation) << translation.error().message;
  NarrowState narrow_state;
  WideState expected;
  std::memset(&narrow_state, 0, sizeof(narrow_state));
  std::memset(&expected, 0, sizeof(expected));
  for (const Narrow value : before) {
    ASSERT_EQ(narrow(nullptr, nullptr, &narrow_state, value), kKernelOk);
    ASSERT_EQ(wide(nullptr, nullptr, &expected, static_cast<Wide>(value)), kKernelOk);
  }
  std::string row(stored.row_bytes, '\0');
  std::memcpy(row.data() + kStateOffset, &narrow_state, sizeof(narrow_state));
  std::string widened;
  translation->Apply(row.data(), &widened);
  ASSERT_EQ(widened.size(), wanted.row_bytes);
  WideState found;
  std::memcpy(&found, widened.data() + kStateOffset, sizeof(found));
  for (const Wide value : after) {
    wide(nullptr, nullptr, &found, value);
    wide(nullptr, nullptr, &expected, value);
  }
  EXPECT_EQ(std::memcmp(&found, &expected, sizeof(found)), 0);
}

TEST(RowTranslation, AWiderSumIsExact) {
  const std::vector<int32_t> ints = {INT32_MIN, -1, 0, 7, INT32_MIN};
  const std::vector<int64_t> longs = {INT64_MAX, INT64_MAX, -3};
  ExpectWidened("sum", "i8", "i32", Type(TypeKind::kTinyint), Type(TypeKind::kInt), flinkc_sum_i8,
                flinkc_sum_i32, std::vector<int8_t>{-128, -128, 3}, {1, INT32_MAX});
  ExpectWidened("sum", "i8", "i64", Type(TypeKind::kTinyint), Type(TypeKind::kBigint),
                flinkc_sum_i8, flinkc_sum_i64, std::vector<int8_t>{-128, 3}, longs);
  ExpectWidened("sum", "i16", "i64", Type(TypeKind::kSmallint), Type(TypeKind::kBigint),
                flinkc_sum_i16, flinkc_sum_i64, std::vector<int16_t>{-32768, 3}, longs);
  ExpectWidened("sum", "i32", "i64", Type(TypeKind::kInt), Type(TypeKind::kBigint), flinkc_sum_i32,
                flinkc_sum_i64, ints, longs);
  ExpectWidened("sum", "i32", "i64", Type(TypeKind::kInt), Type(TypeKind::kBigint), flinkc_sum_i32,
                flinkc_sum_i64, std::vector<int32_t>{}, longs);
  ExpectWidened("sum", "f32", "f64", Type(TypeKind::kFloat), Type(TypeKind::kDouble),
                flinkc_sum_f32, flinkc_sum_f64, std::vector<float>{0.1f, -2.5f}, {1e300});
}

TEST(RowTranslation, AWiderExtremeIsExact) {
  ExpectWidened("min", "i8", "i16", Type(TypeKind::kTinyint), Type(TypeKind::kSmallint),
                flinkc_min_i8, flinkc_min_i16, std::vector<int8_t>{-5, 7}, {-4});
  ExpectWidened("min", "i8", "i64", Type(TypeKind::kTinyint), Type(TypeKind::kBigint),
                flinkc_min_i8, flinkc_min_i64, std::vector<int8_t>{-5, 7}, {});
  ExpectWidened("max", "i8", "i32", Type(TypeKind::kTinyint), Type(TypeKind::kInt), flinkc_max_i8,
                flinkc_max_i32, std::vector<int8_t>{-5}, {-6});
  ExpectWidened("max", "i16", "i32", Type(TypeKind::kSmallint), Type(TypeKind::kInt),
                flinkc_max_i16, flinkc_max_i32, std::vector<int16_t>{-500}, {-600});
  ExpectWidened("max", "i16", "i64", Type(TypeKind::kSmallint), Type(TypeKind::kBigint),
                flinkc_max_i16, flinkc_max_i64, std::vector<int16_t>{}, {-600});
  ExpectWidened("min", "i32", "i64", Type(TypeKind::kInt), Type(TypeKind::kBigint), flinkc_min_i32,
                flinkc_min_i64, std::vector<int32_t>{INT32_MIN}, {INT64_MIN});
  ExpectWidened("max", "f32", "f64", Type(TypeKind::kFloat), Type(TypeKind::kDouble),
                flinkc_max_f32, flinkc_max_f64, std::vector<float>{0.1f}, {0.05});
}

TEST(RowTranslation, ADecimalOfMoreDigitsIsExact) {
  const StateSchema stored =
      SchemaOf(Type(TypeKind::kInt), {Accumulator("sum", "decimal", DataType::Decimal(10, 2), 24)});
  const StateSchema wanted = SchemaOf(
      Type(TypeKind::kInt), {Accumulator("sum", "wide_decimal", DataType::Decimal(30, 2), 32)});
  const StateLayout layout = LayoutFor(wanted);
  const auto translation = RowTranslation::Make({stored, std::nullopt}, layout);
  ASSERT_TRUE(translation) << translation.error().message;
  for (const Int128 value : {Int128{-5}, Int128{1} << 100, -(Int128{1} << 100), Int128{0}}) {
    LongSumState narrow{};
    WideSumState expected{};
    flinkc_sum_decimal(nullptr, nullptr, &narrow, &value);
    flinkc_sum_wide_decimal(nullptr, nullptr, &expected, &value);
    std::string row(stored.row_bytes, '\0');
    std::memcpy(row.data() + kStateOffset, &narrow, sizeof(narrow));
    std::string widened;
    translation->Apply(row.data(), &widened);
    EXPECT_EQ(std::memcmp(widened.data() + kStateOffset, &expected, sizeof(expected)), 0);
  }
}

TEST(RowTranslation, ACountAndACastArgumentAreFound) {
  StateSchema::Accumulator count = Accumulator("count", "i32", Type(TypeKind::kInt), 8);
  StateSchema::Accumulator wide = Accumulator("count", "i64", Type(TypeKind::kBigint), 8);
  EXPECT_EQ(
      Refusal(SchemaOf(Type(TypeKind::kInt), {count}), SchemaOf(Type(TypeKind::kInt), {wide})), "");
  wide = Accumulator("sum", "i64", Type(TypeKind::kBigint), 24);
  wide.call = wide.name = "sum(CAST(x AS BIGINT)) FILTER (WHERE y)";
  wide.input = "CAST(x AS BIGINT) FILTER (WHERE y)";
  StateSchema::Accumulator sum = Accumulator("sum", "i32", Type(TypeKind::kInt), 16);
  EXPECT_THAT(
      Refusal(SchemaOf(Type(TypeKind::kInt), {sum}), SchemaOf(Type(TypeKind::kInt), {wide})),
      HasSubstr("it has `sum(x)`, the job has no such aggregate"))
      << "of other rows";
  sum.input = "x FILTER (WHERE y)";
  EXPECT_EQ(Refusal(SchemaOf(Type(TypeKind::kInt), {sum}), SchemaOf(Type(TypeKind::kInt), {wide})),
            "");
}

TEST(RowTranslation, AWiderKeyKeepsItsHashAndANewAggregateBegins) {
  const StateSchema stored = SchemaOf(Type(TypeKind::kInt).NotNull(),
                                      {Accumulator("sum", "i32", Type(TypeKind::kInt), 16)});
  const StateSchema wanted =
      SchemaOf(Type(TypeKind::kBigint), {Accumulator("max", "i32", Type(TypeKind::kInt), 8),
                                         Accumulator("sum", "i32", Type(TypeKind::kInt), 16)});
  const StateLayout layout = LayoutFor(wanted);
  const auto translation = RowTranslation::Make({stored, std::nullopt}, layout);
  ASSERT_TRUE(translation) << translation.error().message;
  EXPECT_FALSE(translation->is_identity());
  std::string row(stored.row_bytes, '\0');
  const uint64_t hash = HashInteger(int32_t{-7});
  const int32_t key = -7;
  IntegerSumState sum{40, 2};
  std::memcpy(row.data(), &hash, sizeof(hash));
  std::memcpy(row.data() + kKeyOffset, &key, sizeof(key));
  std::memcpy(row.data() + kStateOffset, &sum, sizeof(sum));
  std::string wide;
  translation->Apply(row.data(), &wide);
  int64_t wide_key;
  std::memcpy(&wide_key, wide.data() + kKeyOffset, sizeof(wide_key));
  EXPECT_EQ(wide_key, -7);
  EXPECT_EQ(std::memcmp(wide.data(), &hash, sizeof(hash)), 0);
  EXPECT_EQ(HashInteger(int64_t{-7}), hash) << "what it is looked up by";
  EXPECT_EQ(wide.substr(kStateOffset, 8), std::string(8, '\0')) << "the new one has seen no rows";
  EXPECT_EQ(std::memcmp(wide.data() + kStateOffset + 8, &sum, sizeof(sum)), 0);
}

TEST(RowTranslation, AllElseIsRefusedAndSaysWhy) {
  const auto sum = Accumulator("sum", "i32", Type(TypeKind::kInt), 16);
  const StateSchema stored = SchemaOf(Type(TypeKind::kInt), {sum});
  EXPECT_EQ(Refusal(stored, stored), "");
  EXPECT_THAT(Refusal(stored, SchemaOf(Type(TypeKind::kSmallint), {sum})),
              HasSubstr("its key `k` is INT, which cannot become SMALLINT"));
  EXPECT_THAT(Refusal(stored, SchemaOf(Type(TypeKind::kInt).NotNull(), {sum})),
              HasSubstr("its key `k` is INT, which cannot become INT NOT NULL"));
  EXPECT_THAT(Refusal(stored, SchemaOf(Type(TypeKind::kInt), {})),
              HasSubstr("it has `sum(x)`, the job has no such aggregate"));
  StateSchema renamed = stored;
  renamed.keys[0].name = "region";
  EXPECT_THAT(Refusal(stored, renamed), HasSubstr("it is kept by (k), the job groups by (region)"));
  EXPECT_THAT(Refusal(SchemaOf(Type(TypeKind::kInt),
                               {Accumulator("sum", "i64", Type(TypeKind::kBigint), 24)}),
                      stored),
              HasSubstr("`sum(x)` was kept of values of type BIGINT, which cannot become INT"));
  // The same kernel, and yet another meaning of its bytes.
  EXPECT_THAT(Refusal(SchemaOf(Type(TypeKind::kInt),
                               {Accumulator("sum", "decimal", DataType::Decimal(10, 2), 24)}),
                      SchemaOf(Type(TypeKind::kInt),
                               {Accumulator("sum", "decimal", DataType::Decimal(12, 4), 24)})),
              HasSubstr("DECIMAL(10, 2), which cannot become DECIMAL(12, 4)"));
  EXPECT_THAT(
      Refusal(
          SchemaOf(Type(TypeKind::kInt), {Accumulator("max", "i64", DataType::Timestamp(3), 16)}),
          SchemaOf(Type(TypeKind::kInt), {Accumulator("max", "i64", Type(TypeKind::kBigint), 16)})),
      HasSubstr("TIMESTAMP(3), which cannot become BIGINT"));
  EXPECT_THAT(
      Refusal(
          SchemaOf(Type(TypeKind::kInt), {Accumulator("max", "i32", Type(TypeKind::kDate), 8)}),
          SchemaOf(Type(TypeKind::kInt), {Accumulator("max", "i64", DataType::Timestamp(3), 16)})),
      HasSubstr("DATE, which cannot become TIMESTAMP(3)"));
  // A distinct set holds the values as they were.
  auto distinct = sum, wide = Accumulator("sum", "i64", Type(TypeKind::kBigint), 24);
  StateSchema from = SchemaOf(Type(TypeKind::kInt), {distinct});
  from.accumulators[0].distinct_offset = from.row_bytes;
  from.row_bytes += 16;
  StateSchema to = SchemaOf(Type(TypeKind::kInt), {wide});
  to.accumulators[0].distinct_offset = to.row_bytes;
  to.row_bytes += 16;
  EXPECT_THAT(Refusal(from, to), HasSubstr("cannot become BIGINT"));
}

TEST(RowTranslation, AnotherWindowIsRefused) {
  const StateSchema schema =
      SchemaOf(Type(TypeKind::kInt), {Accumulator("sum", "i32", Type(TypeKind::kInt), 16)});
  StateLayout layout = LayoutFor(schema);
  const WindowLayout minute{60'000'000, 60'000'000, 60'000'000, 0, 0};
  const WindowLayout hop{60'000'000, 20'000'000, 20'000'000, 0, 5'000'000};
  layout.window = hop;
  const auto translation = RowTranslation::Make({schema, minute}, layout);
  ASSERT_FALSE(translation);
  EXPECT_THAT(translation.error().message,
              HasSubstr("its window was tumble 60000 ms, now it is hop 60000 ms every 20000 ms, "
                        "lateness 5000 ms"));
}

}  // namespace
}  // namespace flinkc
