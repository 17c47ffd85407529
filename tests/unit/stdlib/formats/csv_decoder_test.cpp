#include <random>

#include "stdlib-operators/formats/csv_scanner.h"
#include "tests/unit/stdlib/formats/decode_fixture.h"

namespace flinkc {
namespace {

Schema TwoColumns() { return Schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType::String()}}); }

using Rows = std::vector<std::string>;

TEST(CsvDecoder, ReadsFieldsByHeaderNameInAnyOrder) {
  const Decoded got = Decode(MakeSource("csv", TwoColumns()), "b,x,a\nhello,9,1\nworld,8,-2\n");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":"hello"})", R"({"a":-2,"b":"world"})"}));
}

TEST(CsvDecoder, WithoutHeaderFieldsAreTheDeclaredColumns) {
  const Decoded got =
      Decode(MakeSource("csv", TwoColumns(), {{"header", "false"}}), "1,hello\n2,b");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":"hello"})", R"({"a":2,"b":"b"})"}));
}

TEST(CsvDecoder, QuotesHoldDelimitersQuotesAndLineEnds) {
  const Decoded got = Decode(MakeSource("csv", TwoColumns()),
                             "a,b\r\n\"1\",\"x,\"\"y\"\"\r\nz\"\r\n2,\"\"\r\n3,\r\n4,5\"\r\n");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":"x,\"y\"\r\nz"})", R"({"a":2,"b":""})",
                            R"({"a":3,"b":null})", R"({"a":4,"b":"5\""})"}));
}

TEST(CsvDecoder, OptionsChangeDelimiterQuoteNullAndTrim) {
  const OptionMap options = {
      {"delimiter", "\\t"}, {"quote", "'"}, {"null", "NA"}, {"trim", "true"}};
  const Decoded got = Decode(MakeSource("csv", TwoColumns(), options),
                             " a \t b\n 1 \t 'x\ty' \nNA\tNA\n3\t'NA'\n4\t  \n");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":"x\ty"})", R"({"a":null,"b":null})",
                            R"({"a":3,"b":"NA"})", R"({"a":4,"b":""})"}));
}

TEST(CsvDecoder, DelimiterAndQuoteMustDiffer) {
  const Decoded got = Decode(MakeSource("csv", TwoColumns(), {{"delimiter", "\""}}), "");
  EXPECT_NE(got.error.find("two different characters"), std::string::npos) << got.error;
}

TEST(CsvDecoder, BlankLinesAreNoRecordsUnlessThereIsOneColumn) {
  EXPECT_EQ(Decode(MakeSource("csv", TwoColumns()), "a,b\n\n1,x\n\r\n\n2,y\n").rows.size(), 2u);
  const Schema one({{"b", DataType::String()}});
  EXPECT_EQ(Decode(MakeSource("csv", one), "b\nx\n\ny\n").rows,
            (Rows{R"({"b":"x"})", R"({"b":null})", R"({"b":"y"})"}));
}

TEST(CsvDecoder, HeaderWithoutANullableColumnGivesNull) {
  const Decoded got = Decode(MakeSource("csv", TwoColumns()), "a\n1\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":null})"}));
}

TEST(CsvDecoder, HeaderWithoutANotNullColumnIsAnError) {
  const Schema schema({{"a", DataType(TypeKind::kInt, false)}});
  const Decoded got = Decode(MakeSource("csv", schema), "x,y\n1,2\n");
  EXPECT_EQ(got.error, "the header has no column `a`, which is NOT NULL; it has: x, y");
}

TEST(CsvDecoder, HeaderWithAColumnTwiceIsAnError) {
  const Decoded got = Decode(MakeSource("csv", TwoColumns()), "a,b,a\n1,2,3\n");
  EXPECT_EQ(got.error, "the header has the column `a` more than once");
}

TEST(CsvDecoder, OnlyNeededColumnsAreDecoded) {
  SourceDescriptor source = MakeSource("csv", TwoColumns());
  source.needed_columns = {1};
  EXPECT_EQ(Decode(source, "a,b\nnot a number,x\n").rows, (Rows{R"({"b":"x"})"}));
  source.needed_columns = {};
  EXPECT_EQ(Decode(source, "a,b\n1,x\n2,y\n").rows.size(), 2u);
}

TEST(CsvDecoder, ReadsEveryType) {
  const Schema schema(
      {{"bool", DataType(TypeKind::kBoolean)},
       {"tiny", DataType(TypeKind::kTinyint)},
       {"small", DataType(TypeKind::kSmallint)},
       {"big", DataType(TypeKind::kBigint)},
       {"float", DataType(TypeKind::kFloat)},
       {"double", DataType(TypeKind::kDouble)},
       {"dec", DataType::Decimal(12, 2)},
       {"wide", DataType::Decimal(38, 10)},
       {"vc", DataType::String(3)},
       {"bytes", DataType(TypeKind::kBytes)},
       {"date", DataType(TypeKind::kDate)},
       {"ts", DataType::Timestamp(3)},
       {"ltz", DataType::TimestampLtz(3)},
       {"months", DataType(TypeKind::kIntervalMonths)},
       {"micros", DataType(TypeKind::kIntervalMicros)},
       {"list", DataType::Array(DataType(TypeKind::kInt))},
       {"row", DataType::Row({"x", "y"}, {DataType(TypeKind::kInt), DataType::String()})}});
  const std::string header =
      "bool,tiny,small,big,float,double,dec,wide,vc,bytes,date,ts,ltz,months,micros,list,row\n";
  const Decoded got = Decode(
      MakeSource("csv", schema),
      header +
          "TRUE,-128,32767,-9223372036854775808,1.5,0.1,12.345,-1234567890123456789.5,äöü,aGk=,"
          "2000-02-29,2001-01-01 00:47:00.123,2001-01-01T00:00:00+01:00,1-02,-3 04:05:06.5,"
          "\"[1,null,3]\",\"{\"\"y\"\":\"\"b\"\",\"\"x\"\":1}\"\n");
  ASSERT_EQ(got.error, "");
  ASSERT_EQ(got.rows.size(), 1u);
  const std::string& row = got.rows[0];
  for (const char* part :
       {R"("bool":true)", R"("tiny":-128)", R"("small":32767)", R"("big":-9223372036854775808)",
        R"("float":1.5)", R"("double":0.1)", R"("dec":12.35)",
        R"("wide":-1234567890123456789.5000000000)", R"("vc":"äöü")", R"("bytes":"aGk=")",
        R"("date":"2000-02-29")", R"("ts":"2001-01-01 00:47:00.123")",
        R"("ltz":"2000-12-31 23:00:00.000)", R"("list":[1,null,3])", R"("row":{"x":1,"y":"b"})"}) {
    EXPECT_NE(row.find(part), std::string::npos) << part << " in " << row;
  }
}

struct BadCell {
  DataType type;
  std::string text;
  RowStatus status;
};

TEST(CsvDecoder, BadCellsSayWhy) {
  const DataType integer(TypeKind::kInt, false);
  const BadCell cells[] = {
      {integer, "abc", RowStatus::kInvalidCast},
      {integer, "2147483648", RowStatus::kOutOfRange},
      {integer, "", RowStatus::kNullInNotNull},
      {integer, "-", RowStatus::kInvalidCast},
      {integer, "1.0", RowStatus::kInvalidCast},
      {integer, "99999999999999999999999", RowStatus::kOutOfRange},
      {DataType(TypeKind::kBigint), "9223372036854775808", RowStatus::kOutOfRange},
      {DataType(TypeKind::kDouble), "1e999", RowStatus::kOutOfRange},
      {DataType(TypeKind::kDouble), "1..2", RowStatus::kInvalidCast},
      {DataType(TypeKind::kDouble), "infinite", RowStatus::kInvalidCast},
      {DataType(TypeKind::kDouble), "+-1", RowStatus::kInvalidCast},
      {DataType(TypeKind::kFloat), "1e39", RowStatus::kOutOfRange},
      {DataType(TypeKind::kBoolean), "yes", RowStatus::kInvalidCast},
      {DataType::Decimal(4, 2), "100", RowStatus::kOutOfRange},
      {DataType::Decimal(4, 2), "99.995", RowStatus::kOutOfRange},
      {DataType::Decimal(4, 2), "1e", RowStatus::kInvalidCast},
      {DataType::Decimal(38, 0), std::string(39, '9'), RowStatus::kOutOfRange},
      {DataType(TypeKind::kDate), "2001-02-29", RowStatus::kInvalidTimestamp},
      {DataType(TypeKind::kDate), "2001-13-01", RowStatus::kInvalidTimestamp},
      {DataType(TypeKind::kDate), "2001-1-1", RowStatus::kInvalidTimestamp},
      {DataType::Timestamp(3), "2001-01-01 24:00:00", RowStatus::kInvalidTimestamp},
      {DataType::Timestamp(3), "2001-01-01", RowStatus::kInvalidTimestamp},
      {DataType::Timestamp(3), "2001-01-01 00:00:00.", RowStatus::kInvalidTimestamp},
      {DataType::Timestamp(3), "2001-01-01 00:00:00+01:00", RowStatus::kInvalidTimestamp},
      {DataType::TimestampLtz(3), "2001-01-01 00:00:00+1", RowStatus::kInvalidTimestamp},
      {DataType::String(3), "four", RowStatus::kValueTooLong},
      {DataType(TypeKind::kBytes), "a", RowStatus::kInvalidCast},
      {DataType(TypeKind::kIntervalMonths), "1-12", RowStatus::kOutOfRange},
      {DataType(TypeKind::kIntervalMicros), "1 24:00:00", RowStatus::kOutOfRange},
      {DataType::Array(DataType(TypeKind::kInt)), "[1", RowStatus::kMalformedRow},
      {DataType::String(), "\xFF", RowStatus::kInvalidUtf8},
  };
  for (const BadCell& cell : cells) {
    SourceDescriptor source =
        MakeSource("csv", Schema({{"v", cell.type}, {"w", DataType(TypeKind::kInt)}}));
    source.on_error = ErrorMode::kDrop;
    const Decoded got = Decode(source, "v,w\n" + cell.text + ",7\n");
    EXPECT_TRUE(got.rows.empty()) << cell.type.ToString() << " " << cell.text;
    ASSERT_EQ(got.failures.size(), 1u) << cell.type.ToString() << " " << cell.text;
    EXPECT_EQ(got.failures[0].status, static_cast<int32_t>(cell.status)) << cell.text;
    EXPECT_EQ(got.failures[0].column, "v");
    EXPECT_EQ(got.failures[0].raw, cell.text + ",7");
  }
}

TEST(CsvDecoder, OnErrorFailNamesColumnFoundAndExpected) {
  const Decoded got = Decode(MakeSource("csv", TwoColumns()), "a,b\n1,x\nabc,y\n3,z\n");
  EXPECT_EQ(got.error,
            "column `a`: the value cannot be cast to the type: found `abc`, expected INT "
            "[INVALID_CAST]; set on_error to drop, null or route to go on");
  EXPECT_EQ(got.failed_text, "abc,y");
}

TEST(CsvDecoder, OnErrorNullWritesNullWhereItMayAndDropsElse) {
  const Schema schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType(TypeKind::kInt, false)}});
  SourceDescriptor source = MakeSource("csv", schema);
  source.on_error = ErrorMode::kNull;
  const Decoded got = Decode(source, "a,b\n1,1\nx,2\n3,x\n4\n5,5\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":1})", R"({"a":null,"b":2})", R"({"a":5,"b":5})"}));
  EXPECT_EQ(got.offsets, (std::vector<int64_t>{0, 1, 4}));
  ASSERT_EQ(got.failures.size(), 2u);
  EXPECT_EQ(got.failures[0].column, "b");
  EXPECT_EQ(got.failures[0].offset, 2);
  EXPECT_EQ(got.failures[1].status, static_cast<int32_t>(RowStatus::kTooFewFields));
  EXPECT_EQ(got.failures[1].offset, 3);
}

TEST(CsvDecoder, AColumnsOwnOnErrorGoesFirst) {
  SourceDescriptor source = MakeSource("csv", TwoColumns());
  source.on_error = ErrorMode::kFail;
  source.column_on_error[0] = ErrorMode::kRoute;
  const Decoded got = Decode(source, "a,b\nx,1\n2,2\n");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.rows, (Rows{R"({"a":2,"b":"2"})"}));
  EXPECT_EQ(got.failures.size(), 1u);
  EXPECT_NE(Decode(source, "a,b\n1\n").error, "");
}

TEST(CsvDecoder, TooFewAndTooManyFieldsLoseOnlyTheirRow) {
  SourceDescriptor source = MakeSource("csv", TwoColumns());
  source.on_error = ErrorMode::kRoute;
  const Decoded got = Decode(source, "a,b\n1,x\n2\n3,y,z\n4,w\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":"x"})", R"({"a":4,"b":"w"})"}));
  ASSERT_EQ(got.failures.size(), 2u);
  EXPECT_EQ(got.failures[0].status, static_cast<int32_t>(RowStatus::kTooFewFields));
  EXPECT_EQ(got.failures[0].raw, "2");
  EXPECT_EQ(got.failures[0].detail, "found 1 fields, expected 2, in `2`");
  EXPECT_EQ(got.failures[1].status, static_cast<int32_t>(RowStatus::kTooManyFields));
  EXPECT_EQ(got.offsets, (std::vector<int64_t>{0, 3}));
}

TEST(CsvDecoder, AQuoteThatNeverEndsIsOneBadRecord) {
  SourceDescriptor source = MakeSource("csv", TwoColumns());
  source.on_error = ErrorMode::kDrop;
  const Decoded got = Decode(source, "a,b\n1,x\n2,\"never\n3,y\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":"x"})"}));
  ASSERT_EQ(got.failures.size(), 1u);
  EXPECT_EQ(got.failures[0].status, static_cast<int32_t>(RowStatus::kUnterminatedQuote));
  EXPECT_EQ(got.failures[0].raw, "2,\"never\n3,y\n");
}

TEST(CsvDecoder, TextBehindAClosingQuoteIsMalformed) {
  SourceDescriptor source = MakeSource("csv", TwoColumns());
  source.on_error = ErrorMode::kDrop;
  const Decoded got = Decode(source, "a,b\n1,\"x\"y\n2,z\n");
  EXPECT_EQ(got.rows, (Rows{R"({"a":2,"b":"z"})"}));
  ASSERT_EQ(got.failures.size(), 1u);
  EXPECT_EQ(got.failures[0].status, static_cast<int32_t>(RowStatus::kMalformedRow));
}

TEST(CsvDecoder, EmptyInputsGiveNoRows) {
  EXPECT_EQ(Decode(MakeSource("csv", TwoColumns()), "").rows.size(), 0u);
  EXPECT_EQ(Decode(MakeSource("csv", TwoColumns()), "a,b\n").rows.size(), 0u);
  EXPECT_EQ(Decode(MakeSource("csv", TwoColumns()), "a,b").rows.size(), 0u);
}

// A CSV of random fields with all that makes CSV hard, and broken rows among them.
std::string RandomCsv(std::mt19937& random, int rows) {
  const char* fields[] = {"",           "1",          "-17", "\"2\"", "x",    "\"a,b\"",
                          "\"li\nne\"", "\"q\"\"q\"", "5\"", "\"\"",  " sp ", "\"crlf\r\nx\"",
                          "\"bad\"x",   "0"};
  std::string text = "a,b,c\n";
  for (int row = 0; row < rows; ++row) {
    const int count = random() % 20 == 0 ? static_cast<int>(random() % 5) : 3;
    for (int field = 0; field < count; ++field) {
      if (field > 0) text += ',';
      text += fields[random() % std::size(fields)];
    }
    text += random() % 4 == 0 ? "\r\n" : "\n";
  }
  return text;
}

TEST(CsvDecoder, AnyBlockSizeAndBatchSizeGivesTheSameRowsAndFailures) {
  std::mt19937 random(7);
  const Schema schema(
      {{"a", DataType::String()}, {"b", DataType(TypeKind::kInt)}, {"c", DataType::String()}});
  for (int round = 0; round < 30; ++round) {
    SourceDescriptor source =
        MakeSource("csv", schema, {{"trim", round % 2 == 0 ? "true" : "false"}});
    source.on_error = round % 3 == 0 ? ErrorMode::kNull : ErrorMode::kDrop;
    const std::string text = RandomCsv(random, 80);
    const Decoded whole = Decode(source, text);
    ASSERT_GT(whole.rows.size(), 0u);
    for (const size_t piece : {1, 7, 64, 100, 1000}) {
      const Decoded pieces = Decode(source, text, piece, 5 + static_cast<int32_t>(piece) % 60);
      EXPECT_EQ(pieces.rows, whole.rows) << "blocks of " << piece;
      EXPECT_EQ(pieces.offsets, whole.offsets);
      ASSERT_EQ(pieces.failures.size(), whole.failures.size());
      for (size_t i = 0; i < whole.failures.size(); ++i) {
        EXPECT_EQ(pieces.failures[i].raw, whole.failures[i].raw);
        EXPECT_EQ(pieces.failures[i].offset, whole.failures[i].offset);
      }
    }
  }
}

// A plain automaton over the bytes, to compare the scanner with.
std::vector<size_t> RecordStarts(std::string_view text) {
  std::vector<size_t> starts;
  bool quoted = false, field_start = true;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted) {
      if (text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        ++i;
      } else if (text[i] == '"') {
        quoted = false;
      }
      continue;
    }
    quoted = text[i] == '"' && field_start;
    field_start = text[i] == ',' || text[i] == '\n';
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  return starts;
}

TEST(CsvQuoteScanner, FindsOnlyTrueRecordStartsWhateverThePieces) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const std::string text = RandomCsv(random, 20);
    const std::vector<size_t> starts = RecordStarts(text);
    for (const size_t piece_bytes : {1, 3, 16, 1000}) {
      CsvQuoteScanner scanner{CsvDialect{}};
      const size_t target = random() % text.size();
      size_t found = std::string::npos;
      for (size_t base = 0; base < text.size(); base += piece_bytes) {
        const std::string_view piece = std::string_view(text).substr(base, piece_bytes);
        if (found == std::string::npos && target < base + piece.size()) {
          const size_t at = scanner.FindRecordStart(piece, target > base ? target - base : 0);
          if (at != std::string::npos) found = base + at;
        }
        scanner.EndPiece(piece);
      }
      const auto expected = std::upper_bound(starts.begin(), starts.end(), target);
      EXPECT_EQ(found, expected == starts.end() ? std::string::npos : *expected)
          << "target " << target << " pieces of " << piece_bytes << "\n"
          << text;
    }
  }
}

}  // namespace
}  // namespace flinkc
