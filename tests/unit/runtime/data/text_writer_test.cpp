#include "runtime/data/text_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runtime/data/value.h"

namespace flinkc {
namespace {

std::string DoubleText(double value) {
  std::string out;
  AppendDouble(out, value);
  return out;
}

// What `jshell> Double.toString(…)` of JDK 21 prints.
TEST(TextWriter, PrintsDoublesAsJava) {
  EXPECT_EQ(DoubleText(0.0), "0.0");
  EXPECT_EQ(DoubleText(-0.0), "-0.0");
  EXPECT_EQ(DoubleText(1.0), "1.0");
  EXPECT_EQ(DoubleText(-2.5), "-2.5");
  EXPECT_EQ(DoubleText(123.456), "123.456");
  EXPECT_EQ(DoubleText(9999999.0), "9999999.0");
  EXPECT_EQ(DoubleText(1e7), "1.0E7");
  EXPECT_EQ(DoubleText(1e10), "1.0E10");
  EXPECT_EQ(DoubleText(12345678.9), "1.23456789E7");
  EXPECT_EQ(DoubleText(0.001), "0.001");
  EXPECT_EQ(DoubleText(0.01), "0.01");
  EXPECT_EQ(DoubleText(0.5), "0.5");
  EXPECT_EQ(DoubleText(0.00123), "0.00123");
  EXPECT_EQ(DoubleText(0.000999), "9.99E-4");
  EXPECT_EQ(DoubleText(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(DoubleText(2e23), "2.0E23");
  EXPECT_EQ(DoubleText(5e-324), "4.9E-324");
  EXPECT_EQ(DoubleText(std::numeric_limits<double>::max()), "1.7976931348623157E308");
  EXPECT_EQ(DoubleText(std::nan("")), "NaN");
  EXPECT_EQ(DoubleText(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(TextWriter, PrintsFloatsByTheirOwnDigits) {
  std::string out;
  AppendFloat(out, 0.1f);
  out += ' ';
  AppendFloat(out, 3.4028235e38f);
  out += ' ';
  AppendFloat(out, 16777216.0f);
  EXPECT_EQ(out, "0.1 3.4028235E38 1.6777216E7");
}

TEST(TextWriter, PrintsDecimalsWithTheirScale) {
  const auto text = [](Int128 unscaled, int scale) {
    std::string out;
    AppendDecimal(out, unscaled, scale);
    return out;
  };
  EXPECT_EQ(text(0, 2), "0.00");
  EXPECT_EQ(text(5, 2), "0.05");
  EXPECT_EQ(text(-5, 2), "-0.05");
  EXPECT_EQ(text(12345, 2), "123.45");
  EXPECT_EQ(text(12345, 0), "12345");
  Int128 large = 1;
  for (int i = 0; i < 37; ++i) large *= 10;
  EXPECT_EQ(text(large, 37), "1.0000000000000000000000000000000000000");
  EXPECT_EQ(text(-large - 7, 0), "-10000000000000000000000000000000000007");
}

TEST(TextWriter, PrintsTimes) {
  const auto timestamp = [](int64_t micros, int precision) {
    std::string out;
    AppendTimestamp(out, micros, precision);
    return out;
  };
  EXPECT_EQ(timestamp(978307200000000, 3), "2001-01-01 00:00:00.000");
  EXPECT_EQ(timestamp(978307200123456, 6), "2001-01-01 00:00:00.123456");
  EXPECT_EQ(timestamp(978307200123456, 0), "2001-01-01 00:00:00");
  EXPECT_EQ(timestamp(-1, 6), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(timestamp(-62135596800000000, 3), "0001-01-01 00:00:00.000");
  EXPECT_EQ(timestamp(253402300799999999, 6), "9999-12-31 23:59:59.999999");
  std::string date;
  AppendDate(date, 11016);
  EXPECT_EQ(date, "2000-02-29");
  std::string interval;
  AppendIntervalMonths(interval, -14);
  interval += ' ';
  AppendIntervalMicros(interval, (86400ll + 7384) * 1000000);
  EXPECT_EQ(interval, "-1-02 +1 02:03:04.000");
}

TEST(TextWriter, EscapesJsonStrings) {
  const auto json = [](std::string_view text) {
    std::string out;
    AppendJsonString(out, text);
    return out;
  };
  EXPECT_EQ(json(""), "\"\"");
  EXPECT_EQ(json("a long plain string, nothing to escape"),
            "\"a long plain string, nothing to escape\"");
  EXPECT_EQ(json("quote \" backslash \\ line\n tab\t nul\0"),
            "\"quote \\\" backslash \\\\ line\\n tab\\t nul\"");
  EXPECT_EQ(json(std::string_view("\x01\x1f", 2)), "\"\\u0001\\u001f\"");
  EXPECT_EQ(json("grün €  😀 behind"), "\"grün €  😀 behind\"");
  // Cut-off, overlong, surrogate, lone continuation.
  EXPECT_EQ(json("ab\xE2\x82"), "\"ab\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json("x\xED\xA0\x80y"), "\"x\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDy\"");
}

TEST(TextWriter, EscapesAtEveryPlaceOfAWord) {
  for (const unsigned char special : {'"', '\\', '\n', '\x1f'}) {
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, '~');
      text[at] = static_cast<char>(special);
      std::string out;
      AppendJsonString(out, text);
      EXPECT_GT(out.size(), text.size() + 2) << at;
      EXPECT_EQ(out[1 + at], '\\');
    }
  }
}

TEST(TextWriter, PrintsNestedValues) {
  const DataType row = DataType::Row({"a", "b"}, {DataType(TypeKind::kInt), DataType::String()});
  const DataType type = DataType::Array(row);
  const Value value{ValueList{Value{ValueList{Value{int64_t{1}}, Value{std::string("x\"y")}}},
                              Value{}, Value{ValueList{Value{}, Value{std::string(40, 'z')}}}}};
  EXPECT_EQ(ToText(value, type), "[(1, x\"y), NULL, (NULL, " + std::string(40, 'z') + ")]");
  EXPECT_EQ(ToJson(value, type), "[{\"a\":1,\"b\":\"x\\\"y\"},null,{\"a\":null,\"b\":\"" +
                                     std::string(40, 'z') + "\"}]");
  const DataType map = DataType::Map(DataType(TypeKind::kInt), DataType(TypeKind::kDouble));
  const Value entries{ValueList{Value{int64_t{7}}, Value{0.5}, Value{int64_t{8}}, Value{}}};
  EXPECT_EQ(ToText(entries, map), "{7=0.5, 8=NULL}");
  EXPECT_EQ(ToJson(entries, map), "{\"7\":0.5,\"8\":null}");
  EXPECT_EQ(ToText(Value{ValueList{}}, type), "[]");
}

TEST(TextWriter, PrintsWhatJsonHasNoNumberFor) {
  EXPECT_EQ(ToJson(Value{std::nan("")}, DataType(TypeKind::kDouble)), "\"NaN\"");
  EXPECT_EQ(ToJson(Value{int64_t{0}}, DataType::TimestampLtz(3)), "\"1970-01-01 00:00:00.000Z\"");
  EXPECT_EQ(ToJson(Value{std::string("ab")}, DataType(TypeKind::kBytes)), "\"YWI=\"");
  EXPECT_EQ(ToJson(Value{true}, DataType(TypeKind::kBoolean)), "true");
}

}  // namespace
}  // namespace flinkc
