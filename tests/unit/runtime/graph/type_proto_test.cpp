#include "runtime/data/type_proto.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

DataType Nested() {
  return DataType::Array(
      DataType::Row({"a", "b"}, {DataType::Decimal(20, 3), DataType::Timestamp(3, false)}), false);
}

TEST(TypeProto, RoundTripsEveryKind) {
  for (const DataType& type :
       {DataType(), DataType(TypeKind::kBoolean, false), DataType(TypeKind::kBigint),
        DataType::Decimal(38, 38), DataType::String(), DataType::String(7, true),
        DataType::TimestampLtz(6), DataType(TypeKind::kIntervalMicros), Nested(),
        DataType::Map(DataType::String(), Nested())}) {
    Result<DataType> read = FromProto(ToProto(type));
    ASSERT_TRUE(read.has_value()) << type.ToString() << ": " << read.error().message;
    EXPECT_EQ(*read, type) << type.ToString();
  }
}

TEST(TypeProto, RefusesWhatIsNoType) {
  proto::DataType message;
  message.set_kind(200);
  EXPECT_FALSE(FromProto(message).has_value());

  message = ToProto(DataType::Decimal(10, 2));
  message.set_scale(11);
  EXPECT_FALSE(FromProto(message).has_value());

  message = ToProto(Nested());
  message.clear_children();
  EXPECT_FALSE(FromProto(message).has_value());

  message = ToProto(DataType::Row({"a"}, {DataType::String()}));
  message.add_field_names("b");
  EXPECT_FALSE(FromProto(message).has_value());

  DataType deep;
  for (int i = 0; i < 100; ++i) deep = DataType::Array(deep);
  EXPECT_FALSE(FromProto(ToProto(deep)).has_value());
}

TEST(ValueProto, RoundTrips) {
  Int128 huge = -(static_cast<Int128>(1) << 100);
  for (const Value& value :
       {Value{}, Value{true}, Value{int64_t{-5}}, Value{2.5}, Value{huge},
        Value{std::string("a\0b", 3)},
        Value{ValueList{Value{}, Value{std::string("x")}, Value{ValueList{}}}}}) {
    Result<Value> read = FromProto(ToProto(value));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(*read, value);
  }
}

TEST(ValueProto, FitsItsTypeOnly) {
  EXPECT_TRUE(ValueFits(Value{int64_t{127}}, DataType(TypeKind::kTinyint)));
  EXPECT_FALSE(ValueFits(Value{int64_t{128}}, DataType(TypeKind::kTinyint)));
  EXPECT_FALSE(ValueFits(Value{std::string("1")}, DataType(TypeKind::kInt)));
  EXPECT_TRUE(ValueFits(Value{}, DataType(TypeKind::kInt)));
  EXPECT_FALSE(ValueFits(Value{}, DataType(TypeKind::kInt, false)));
  EXPECT_TRUE(ValueFits(Value{Int128{999}}, DataType::Decimal(3, 1)));
  EXPECT_FALSE(ValueFits(Value{Int128{1000}}, DataType::Decimal(3, 1)));
  DataType list = DataType::Array(DataType(TypeKind::kInt, false));
  EXPECT_TRUE(ValueFits(Value{ValueList{Value{int64_t{1}}}}, list));
  EXPECT_FALSE(ValueFits(Value{ValueList{Value{}}}, list));
}

}  // namespace
}  // namespace flinkc
