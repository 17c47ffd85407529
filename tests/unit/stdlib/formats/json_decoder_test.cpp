#include <random>

#include "tests/unit/stdlib/formats/decode_fixture.h"

namespace flinkc {
namespace {

using Rows = std::vector<std::string>;

Schema TwoColumns() { return Schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType::String()}}); }

SourceDescriptor Dropping(Schema schema, OptionMap options = {}) {
  SourceDescriptor source = MakeSource("json", std::move(schema), std::move(options));
  source.on_error = ErrorMode::kDrop;
  return source;
}

TEST(JsonDecoder, ReadsFieldsInAnyOrderAndSkipsUnknownOnes) {
  const Decoded got = Decode(MakeSource("json", TwoColumns()),
                             R"({"a":1,"b":"x"}
{"b":"y","z":{"deep":[1,{"a":"}"}]},"a":2}
 { "a" : 3 , "b" : "long enough to be no inline string" }
{"a":4,"b":null,"c":[]}
{"b":"w"}
{}
)");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.rows,
            (Rows{R"({"a":1,"b":"x"})", R"({"a":2,"b":"y"})",
                  R"({"a":3,"b":"long enough to be no inline string"})", R"({"a":4,"b":null})",
                  R"({"a":null,"b":"w"})", R"({"a":null,"b":null})"}));
}

TEST(JsonDecoder, UnescapesStringsAndKeys) {
  const Decoded got = Decode(MakeSource("json", TwoColumns()),
                             R"({"\u0061":1,"b":"q\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00"})");
  EXPECT_EQ(got.rows, (Rows{"{\"a\":1,\"b\":\"q\\\"\\\\/\\b\\f\\n\\r\\tä😀\"}"}));
}

TEST(JsonDecoder, TheLastOfTwoFieldsOfOneNameCounts) {
  EXPECT_EQ(Decode(MakeSource("json", TwoColumns()), R"({"a":1,"b":"x","a":2})").rows,
            (Rows{R"({"a":2,"b":"x"})"}));
  EXPECT_EQ(Decode(MakeSource("json", TwoColumns()), R"({"a":"no","b":"x","a":2})").rows,
            (Rows{R"({"a":2,"b":"x"})"}));
}

TEST(JsonDecoder, ReadsMapsInTheOrderOfTheirKeysEachOnce) {
  const Schema schema(
      {{"m", DataType::Map(DataType::String(), DataType(TypeKind::kInt))},
       {"n", DataType::Map(DataType::String().NotNull(), DataType::Array(DataType::String()))}});
  EXPECT_EQ(Decode(MakeSource("json", schema), R"({"m":{"pear":2,"apple":1,"fig":null},"n":{}}
{"m":{"a":1,"a":2},"n":{"":["x"],"a key of more than twelve bytes":null}}
{"m":null,"n":{"\u00e9":[]}}
)")
                .rows,
            (Rows{R"({"m":{"apple":1,"fig":null,"pear":2},"n":{}})",
                  R"({"m":{"a":2},"n":{"":["x"],"a key of more than twelve bytes":null}})",
                  R"({"m":null,"n":{"é":[]}})"}));
}

TEST(JsonDecoder, AMapThatIsNoneIsAnError) {
  const Schema schema(
      {{"m", DataType::Map(DataType::String(), DataType(TypeKind::kInt).NotNull())}});
  EXPECT_EQ(Decode(Dropping(schema), R"({"m":[1]}
{"m":{"a":"x"}}
{"m":{"a":null}}
{"m":{"a":1}
{"m":{"a":7}}
)")
                .rows,
            (Rows{R"({"m":{"a":7}})"}));
}

TEST(JsonDecoder, NumbersAndBooleansMayStandInQuotesAndStringsTakeAnything) {
  const Schema schema({{"i", DataType(TypeKind::kBigint)},
                       {"d", DataType(TypeKind::kDouble)},
                       {"t", DataType(TypeKind::kBoolean)},
                       {"s", DataType::String()}});
  const Decoded got = Decode(MakeSource("json", schema),
                             "{\"i\":\"12\",\"d\":\"1e3\",\"t\":\"true\",\"s\":1.50}\n"
                             "{\"i\":-0,\"d\":-1.25E-2,\"t\":false,\"s\":{\"k\": [1, 2]} }\n"
                             "{\"s\":true}\n");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.rows, (Rows{R"({"i":12,"d":1000.0,"t":true,"s":"1.50"})",
                            R"({"i":0,"d":-0.0125,"t":false,"s":"{\"k\": [1, 2]}"})",
                            R"({"i":null,"d":null,"t":null,"s":"true"})"}));
}

TEST(JsonDecoder, TimestampFormats) {
  const Schema schema({{"t", DataType::Timestamp(3)}, {"z", DataType::TimestampLtz(3)}});
  const Rows expected{R"({"t":"2001-01-01 00:00:01.500","z":"2001-01-01 00:00:00.000Z"})"};
  const auto rows = [&](const char* format, const char* line) {
    Decoded got = Decode(Dropping(schema, {{"timestamp_format", format}}), line);
    for (std::string& row : got.rows) {
      if (row.find("000Z") == std::string::npos) row.replace(row.find("000\"}"), 3, "000Z");
    }
    return got.rows;
  };
  const char* sql = R"({"t":"2001-01-01 00:00:01.5","z":"2001-01-01 00:00:00Z"})";
  const char* iso = R"({"t":"2001-01-01T00:00:01.5","z":"2001-01-01T01:00:00+01:00"})";
  const char* epoch = R"({"t":978307201500,"z":"978307200000"})";
  EXPECT_EQ(rows("sql", sql), expected);
  EXPECT_EQ(rows("iso", iso), expected);
  EXPECT_EQ(rows("epoch_ms", epoch), expected);
  EXPECT_EQ(rows("sql", iso), Rows{});
  EXPECT_EQ(rows("iso", sql), Rows{});
  EXPECT_EQ(rows("sql", epoch), Rows{});
  EXPECT_EQ(rows("epoch_ms", sql), Rows{});
}

TEST(JsonDecoder, NestedValues) {
  const DataType inner =
      DataType::Row({"x", "y"}, {DataType(TypeKind::kInt, false), DataType::String()});
  const Schema schema({{"list", DataType::Array(DataType::String())},
                       {"rows", DataType::Array(inner)},
                       {"row", inner}});
  const Decoded got = Decode(
      Dropping(schema),
      R"({"list":["a",null,"longer than twelve bytes"],"rows":[{"y":"p","x":1},{"x":2,"q":[]}],"row":null}
{"list":[],"rows":null,"row":{"x":3,"y":"\u00e4"}}
{"list":[1,true]}
{"row":{"y":"x is missing"}}
{"row":[1]}
{"list":["a",}
{"list":{"a":1}}
)");
  EXPECT_EQ(got.rows,
            (Rows{R"({"list":["a",null,"longer than twelve bytes"],"rows":[{"x":1,"y":"p"},)"
                  R"({"x":2,"y":null}],"row":null})",
                  R"({"list":[],"rows":null,"row":{"x":3,"y":"ä"}})",
                  R"({"list":["1","true"],"rows":null,"row":null})"}));
  ASSERT_EQ(got.failures.size(), 4u);
  EXPECT_EQ(got.failures[0].status, static_cast<int32_t>(RowStatus::kNullInNotNull));
  EXPECT_EQ(got.failures[0].column, "row");
  EXPECT_EQ(got.failures[1].status, static_cast<int32_t>(RowStatus::kInvalidCast));
  EXPECT_EQ(got.failures[2].status, static_cast<int32_t>(RowStatus::kMalformedRow));
  EXPECT_EQ(got.failures[3].status, static_cast<int32_t>(RowStatus::kInvalidCast));
}

// What simdjson's document stream would swallow or accept.
TEST(JsonDecoder, ABadLineNeverTakesAGoodOneWithIt) {
  const char* bad_lines[] = {R"({"a":1)",
                             R"({"a":1,"b":"open)",
                             "{\"a\":1,\"b\":\"\xFF\"}",
                             R"({"a":2,})",
                             R"({"a":1}})",
                             R"({"a":1} {"a":2})",
                             R"({"a":1} x)",
                             R"({"a" 1})",
                             R"({"a":})",
                             R"({"a"x:1})",
                             R"({"a":1,,"b":"x"})",
                             R"({"a":1 "b":"x"})",
                             R"({a:1})",
                             R"([{"a":1}])",
                             R"("a")",
                             R"(17)",
                             R"(null)",
                             R"({)",
                             R"(})",
                             R"({"a":[1})",
                             R"({"b":"\q"})",
                             R"({"b":"\ud800"})",
                             "{\"b\":\"tab\there\"}",
                             R"(not json)"};
  for (const char* bad : bad_lines) {
    for (const int place : {0, 1, 2}) {
      std::string text;
      for (int line = 0; line < 3; ++line) {
        text += line == place ? std::string(bad) : "{\"a\":" + std::to_string(line) + "}";
        text += '\n';
      }
      const Decoded got = Decode(Dropping(TwoColumns()), text);
      EXPECT_EQ(got.rows.size(), 2u) << bad;
      ASSERT_EQ(got.failures.size(), 1u) << bad;
      EXPECT_EQ(got.failures[0].raw, bad);
      EXPECT_EQ(got.failures[0].offset, place) << bad;
    }
  }
}

TEST(JsonDecoder, TwoOpenStringsDoNotJoinTheirLines) {
  const Decoded got =
      Decode(Dropping(TwoColumns()),
             "{\"a\":1,\"b\":\"open\n{\"a\":2,\"b\":\"x\"}\n{\"a\":3,\"b\":\"open\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":2,"b":"x"})"}));
  EXPECT_EQ(got.failures.size(), 2u);
}

TEST(JsonDecoder, AnObjectOverTwoLinesIsTwoBadLines) {
  const Decoded got = Decode(Dropping(TwoColumns()), "{\"a\":1,\n\"b\":\"x\"}\n{\"a\":2}\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":2,"b":null})"}));
  EXPECT_EQ(got.failures.size(), 2u);
}

TEST(JsonDecoder, BadNumbersAreNotJson) {
  const Schema schema({{"i", DataType(TypeKind::kInt)},
                       {"d", DataType(TypeKind::kDouble)},
                       {"m", DataType::Decimal(10, 2)}});
  for (const char* value : {"01", "+1", "1.", ".5", "-", "0x10", "1e", "NaN", "tru", "--1"}) {
    for (const char* column : {"i", "d", "m"}) {
      const Decoded got = Decode(Dropping(schema), fmt::format("{{\"{}\":{}}}\n", column, value));
      ASSERT_EQ(got.failures.size(), 1u) << column << " " << value;
      EXPECT_EQ(got.failures[0].status, static_cast<int32_t>(RowStatus::kInvalidCast));
      EXPECT_EQ(got.failures[0].column, column);
    }
  }
}

TEST(JsonDecoder, OnErrorFailNamesColumnFoundAndExpected) {
  const Decoded got =
      Decode(MakeSource("json", TwoColumns()), "{\"a\":1}\n{\"a\": [1, 2] , \"b\":\"x\"}\n");
  EXPECT_EQ(got.error,
            "column `a`: the value cannot be cast to the type: found `[1, 2]`, expected INT "
            "[INVALID_CAST]; set on_error to drop, null or route to go on");
  EXPECT_EQ(got.failed_text, R"({"a": [1, 2] , "b":"x"})");
}

TEST(JsonDecoder, OnErrorNullAndAbsentNotNull) {
  const Schema schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType(TypeKind::kInt, false)}});
  SourceDescriptor source = MakeSource("json", schema);
  source.on_error = ErrorMode::kNull;
  const Decoded got = Decode(source,
                             "{\"a\":\"x\",\"b\":1}\n{\"a\":2}\n{\"a\":3,\"b\":null}\n"
                             "{\"a\":99999999999,\"b\":4}\n\n{\"a\":5,\"b\":5}\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":null,"b":1})", R"({"a":null,"b":4})", R"({"a":5,"b":5})"}));
  EXPECT_EQ(got.offsets, (std::vector<int64_t>{0, 3, 5}));
  ASSERT_EQ(got.failures.size(), 2u);
  EXPECT_EQ(got.failures[0].detail, "found no field `b`, expected INT NOT NULL");
  EXPECT_EQ(got.failures[1].detail, "found `null`, expected INT NOT NULL");
}

TEST(JsonDecoder, UnneededFieldsCannotFail) {
  SourceDescriptor source = MakeSource("json", TwoColumns());
  source.needed_columns = {1};
  EXPECT_EQ(Decode(source, R"({"a":"not a number","b":"x"})").rows, (Rows{R"({"b":"x"})"}));
}

TEST(JsonDecoder, AnyBlockSizeGivesTheSameRows) {
  std::mt19937 random(3);
  const char* lines[] = {
      R"({"a":1,"b":"x"})", R"({"b":"a longer string \n with \"escapes\"","a":2})",
      R"({"a":1)",          "",
      R"({"a":"x"})",       R"({"c":[[{}]],"a":7,"b":null})",
      "{\"b\":\"\xC3\"}",   "   ",
      R"({"b":"open)"};
  for (int round = 0; round < 20; ++round) {
    std::string text;
    for (int i = 0; i < 100; ++i) {
      text += lines[random() % std::size(lines)];
      text += random() % 3 == 0 ? "\r\n" : "\n";
    }
    const Decoded whole = Decode(Dropping(TwoColumns()), text);
    ASSERT_GT(whole.rows.size(), 0u);
    for (const size_t piece : {1, 10, 77, 500}) {
      const Decoded pieces = Decode(Dropping(TwoColumns()), text, piece, 3);
      EXPECT_EQ(pieces.rows, whole.rows);
      EXPECT_EQ(pieces.offsets, whole.offsets);
      EXPECT_EQ(pieces.failures.size(), whole.failures.size());
    }
  }
}

TEST(TextDecoder, EveryLineIsARow) {
  SourceDescriptor source = MakeSource("text", Schema({{"line", DataType::String().NotNull()}}));
  const std::string text = "To be, or not to be\r\n\nlast line without an end";
  const Rows expected{R"({"line":"To be, or not to be"})", R"({"line":""})",
                      R"({"line":"last line without an end"})"};
  EXPECT_EQ(Decode(source, text).rows, expected);
  EXPECT_EQ(Decode(source, text, 5).rows, expected);
  EXPECT_EQ(Decode(source, "").rows, Rows{});
}

TEST(TextDecoder, LinesThatAreNotUtf8Fail) {
  SourceDescriptor source = MakeSource("text", Schema({{"line", DataType::String().NotNull()}}));
  EXPECT_NE(Decode(source, "ok\n\xFF\n").error.find("UTF-8"), std::string::npos);
  EXPECT_EQ(Decode(source, "ok\n\xFF\n").failed_text, "\xFF");
  source.on_error = ErrorMode::kDrop;
  const Decoded got = Decode(source, "one\n\xFF\ntwo\n");
  EXPECT_EQ(got.rows, (Rows{R"({"line":"one"})", R"({"line":"two"})"}));
  EXPECT_EQ(got.offsets, (std::vector<int64_t>{0, 2}));
}

}  // namespace
}  // namespace flinkc
