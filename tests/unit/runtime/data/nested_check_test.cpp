#include "runtime/data/nested_check.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "runtime/data/text_writer.h"
#include "runtime/data/value.h"

namespace flinkc {
namespace {

struct Sample {
  DataType type;
  Value value;
};

std::vector<Sample> Samples() {
  const DataType text = DataType::String();
  const DataType number = DataType(TypeKind::kInt);
  const DataType row = DataType::Row({"a", "b", "c"}, {number, text, DataType(TypeKind::kBoolean)});
  const Value long_text{std::string(40, 'z')};
  const Value one{ValueList{Value{int64_t{1}}, long_text, Value{true}}};
  const Value other{ValueList{Value{}, Value{std::string("x")}, Value{}}};
  return {{DataType::Array(number), Value{ValueList{Value{int64_t{7}}, Value{}}}},
          {DataType::Array(number), Value{ValueList{}}},
          {row, one},
          {DataType::Array(row), Value{ValueList{one, Value{}, other}}},
          {DataType::Map(text, DataType::Array(text)),
           Value{ValueList{long_text, Value{ValueList{long_text, Value{}}}}}}};
}

TEST(NestedCheck, WhatWasWrittenIsValid) {
  for (const Sample& sample : Samples()) {
    EXPECT_TRUE(IsNestedValid(sample.type, FlatBytes(sample.type, sample.value)))
        << sample.type.ToString();
  }
}

TEST(NestedCheck, WhatPointsOutsideIsNot) {
  const DataType texts = DataType::Array(DataType::String());
  const std::string bytes = FlatBytes(texts, Value{ValueList{Value{std::string(40, 'z')}}});
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(IsNestedValid(texts, std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(IsNestedValid(DataType::Array(DataType(TypeKind::kInt)), bytes));
  EXPECT_FALSE(
      IsNestedValid(DataType::Row({"a", "b"}, {DataType::String(), DataType::String()}), bytes));
}

// Each changed byte gives what is refused, or what can be read within its bounds.
TEST(NestedCheck, WhatIsValidCanBeRead) {
  for (const Sample& sample : Samples()) {
    const std::string bytes = FlatBytes(sample.type, sample.value);
    size_t refused = 0;
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int change : {1, 2, 0x40, 0x80, 0xFF}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ change);
        if (!IsNestedValid(sample.type, changed)) {
          ++refused;
          continue;
        }
        const StringValue view = MakeStringValue(changed);
        std::string json;
        AppendJson(json, sample.type, &view);
        EXPECT_FALSE(json.empty());
      }
    }
    EXPECT_GT(refused, 8u) << sample.type.ToString();
  }
}

}  // namespace
}  // namespace flinkc
