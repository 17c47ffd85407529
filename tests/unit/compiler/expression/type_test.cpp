#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "compiler/expression/implicit_cast.h"
#include "tests/unit/compiler/expression/checking.h"

namespace flinkc {
namespace {

std::string Parsed(std::string_view text) { return Checking(text).Type(); }

TEST(Type, OfEveryKind) {
  const std::pair<std::string_view, std::string_view> kTypes[] = {
      {"BOOLEAN", "BOOLEAN"},
      {"tinyint", "TINYINT"},
      {"SMALLINT", "SMALLINT"},
      {"INT NOT NULL", "INT NOT NULL"},
      {"INTEGER NULL", "INT"},
      {"BIGINT", "BIGINT"},
      {"FLOAT", "FLOAT"},
      {"DOUBLE PRECISION", "DOUBLE"},
      {"DECIMAL", "DECIMAL(10, 0)"},
      {"DECIMAL(12,2) NOT NULL", "DECIMAL(12, 2) NOT NULL"},
      {"NUMERIC(5)", "DECIMAL(5, 0)"},
      {"STRING", "STRING"},
      {"VARCHAR", "STRING"},
      {"VARCHAR(10)", "VARCHAR(10)"},
      {"CHAR", "CHAR(1)"},
      {"CHAR(3)", "CHAR(3)"},
      {"BYTES", "BYTES"},
      {"DATE", "DATE"},
      {"TIMESTAMP", "TIMESTAMP(6)"},
      {"TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(3)"},
      {"TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"},
      {"TIMESTAMP_LTZ(0)", "TIMESTAMP_LTZ(0)"},
      {"INTERVAL DAY(3) TO SECOND(6)", "INTERVAL DAY TO SECOND"},
      {"INTERVAL HOUR", "INTERVAL DAY TO SECOND"},
      {"INTERVAL YEAR TO MONTH", "INTERVAL YEAR TO MONTH"},
      {"ARRAY<ROW<a INT, `b c` STRING NOT NULL>> NOT NULL",
       "ARRAY<ROW<a INT, b c STRING NOT NULL>> NOT NULL"},
      {"ROW(a INT)", "ROW<a INT>"},
  };
  for (const auto& [text, printed] : kTypes) EXPECT_EQ(Parsed(text), printed);
}

TEST(Type, ThatIsNone) {
  EXPECT_EQ(Parsed("STRNG"), "E0309 unknown type `STRNG` @ STRNG ^ did you mean `STRING`?");
  EXPECT_EQ(Parsed("long"), "E0309 unknown type `long` @ long ^ it is called `BIGINT` here");
  EXPECT_EQ(Parsed("INT NOT"),
            "E0301 expected `NOT NULL` or the end of the type, found `NOT` @ NOT");
  EXPECT_EQ(Parsed("ROW<a INT, a INT>"), "E0309 the field `a` stands twice @ a");
  EXPECT_EQ(Parsed("ARRAY<INT"), "E0301 expected `,` or `>`, found the end of the expression @ ");
  EXPECT_EQ(Parsed("INTERVAL"),
            "E0301 expected the interval's unit (`YEAR TO MONTH` or `DAY TO SECOND`), found the "
            "end of the expression @ ");
  EXPECT_EQ(Parsed("INTERVAL MONTH TO DAY"),
            "E0309 an interval is of years and months or of days to seconds, not of both @ Y");
  EXPECT_EQ(Parsed("VARCHAR(0)"), "E0309 the length must be from 1 to 1000000000 @ 0");
  EXPECT_EQ(Parsed("TIME(3)"), "E0202 the type TIME is not supported yet @ TIME");
  EXPECT_EQ(Parsed(""), "E0301 expected a type, found the end of the expression @ ");
}

// --- rules of types ---

DataType Type(std::string_view text) {
  Checking checking(text);
  std::optional<DataType> type = ParseType(checking.text(), checking.log());
  EXPECT_TRUE(type.has_value()) << text;
  return type.value_or(DataType());
}

std::string Common(std::string_view a, std::string_view b) {
  std::optional<DataType> forward = CommonType(Type(a), Type(b));
  std::optional<DataType> backward = CommonType(Type(b), Type(a));
  EXPECT_EQ(forward.has_value(), backward.has_value());
  if (!forward) return "none";
  EXPECT_EQ(forward->ToString(), backward->ToString());
  return forward->ToString();
}

TEST(CommonType, IsFlinks) {
  EXPECT_EQ(Common("INT", "BIGINT"), "BIGINT");
  EXPECT_EQ(Common("INT NOT NULL", "INT NOT NULL"), "INT NOT NULL");
  EXPECT_EQ(Common("INT NOT NULL", "INT"), "INT");
  EXPECT_EQ(Common("INT", "DECIMAL(4,2)"), "DECIMAL(12, 2)");
  EXPECT_EQ(Common("BIGINT", "DECIMAL(2,2)"), "DECIMAL(21, 2)");
  EXPECT_EQ(Common("DECIMAL(38,0)", "DECIMAL(10,5)"), "DECIMAL(38, 0)");
  EXPECT_EQ(Common("INT", "FLOAT"), "FLOAT");
  EXPECT_EQ(Common("DECIMAL(4,2)", "FLOAT"), "DOUBLE");
  EXPECT_EQ(Common("FLOAT", "DOUBLE"), "DOUBLE");
  EXPECT_EQ(Common("VARCHAR(3)", "CHAR(5)"), "VARCHAR(5)");
  EXPECT_EQ(Common("CHAR(3)", "CHAR(3)"), "CHAR(3)");
  EXPECT_EQ(Common("VARCHAR(3)", "STRING"), "STRING");
  EXPECT_EQ(Common("TIMESTAMP(3)", "TIMESTAMP(6)"), "TIMESTAMP(6)");
  EXPECT_EQ(Common("TIMESTAMP(3)", "TIMESTAMP_LTZ(0)"), "TIMESTAMP_LTZ(3)");
  EXPECT_EQ(Common("DATE", "TIMESTAMP(3)"), "TIMESTAMP(3)");
  EXPECT_EQ(Common("ARRAY<INT NOT NULL>", "ARRAY<BIGINT>"), "ARRAY<BIGINT>");
  EXPECT_EQ(Common("ROW<a INT>", "ROW<a BIGINT>"), "ROW<a BIGINT>");
  EXPECT_EQ(Common("ROW<a INT>", "ROW<a INT, b INT>"), "none");
  EXPECT_EQ(Common("INT", "STRING"), "none");
  EXPECT_EQ(Common("INT", "BOOLEAN"), "none");
  EXPECT_EQ(Common("DATE", "TIMESTAMP_LTZ(3)"), "none");
  EXPECT_EQ(Common("INTERVAL DAY", "INTERVAL MONTH"), "none");
}

TEST(ImplicitCast, NeverLosesAValue) {
  auto can = [](std::string_view from, std::string_view to) {
    return CanImplicitlyCast(Type(from), Type(to));
  };
  EXPECT_TRUE(can("TINYINT", "BIGINT"));
  EXPECT_FALSE(can("BIGINT", "INT"));
  EXPECT_TRUE(can("INT", "DECIMAL(10,0)"));
  EXPECT_FALSE(can("INT", "DECIMAL(10,1)"));
  EXPECT_TRUE(can("DECIMAL(5,2)", "DECIMAL(6,3)"));
  EXPECT_FALSE(can("DECIMAL(5,2)", "DECIMAL(5,3)"));
  EXPECT_TRUE(can("DECIMAL(38,10)", "DOUBLE"));
  EXPECT_FALSE(can("DOUBLE", "FLOAT"));
  EXPECT_FALSE(can("DOUBLE", "DECIMAL(38,10)"));
  EXPECT_TRUE(can("VARCHAR(5)", "STRING"));
  EXPECT_FALSE(can("STRING", "VARCHAR(5)"));
  EXPECT_FALSE(can("CHAR(3)", "CHAR(5)"));
  EXPECT_TRUE(can("DATE", "TIMESTAMP(0)"));
  EXPECT_FALSE(can("TIMESTAMP(3)", "DATE"));
  EXPECT_FALSE(can("TIMESTAMP(6)", "TIMESTAMP(3)"));
  EXPECT_TRUE(can("ARRAY<INT NOT NULL>", "ARRAY<INT>"));
  EXPECT_FALSE(can("ARRAY<INT>", "ARRAY<INT NOT NULL>"));
  EXPECT_TRUE(can("ARRAY<INT>", "ARRAY<BIGINT>"));
  EXPECT_FALSE(can("ARRAY<BIGINT>", "ARRAY<INT>"));
  EXPECT_TRUE(can("MAP<INT, STRING NOT NULL>", "MAP<BIGINT, STRING>"));
  EXPECT_FALSE(can("ROW<a INT, b STRING>", "ROW<a INT>"));
  EXPECT_FALSE(can("STRING", "BYTES"));
}

// The values of Flink's own LogicalTypeMergingTest, and of its documentation.
TEST(DecimalArithmetic, IsFlinks) {
  auto decimal = [](int precision, int scale) {
    return DataType::Decimal(precision, scale, false);
  };
  EXPECT_EQ(DecimalDivideType(decimal(32, 8), decimal(38, 8)), decimal(38, 6));
  EXPECT_EQ(DecimalDivideType(decimal(30, 20), decimal(30, 20)), decimal(38, 8));
  EXPECT_EQ(DecimalMultiplyType(decimal(30, 10), decimal(30, 10)), decimal(38, 6));
  EXPECT_EQ(DecimalMultiplyType(decimal(30, 20), decimal(30, 20)), decimal(38, 17));
  EXPECT_EQ(DecimalMultiplyType(decimal(38, 2), decimal(38, 3)), decimal(38, 5));
  EXPECT_EQ(DecimalModuloType(decimal(30, 10), decimal(30, 10)), decimal(30, 10));
  EXPECT_EQ(DecimalModuloType(decimal(30, 20), decimal(25, 20)), decimal(25, 20));
  EXPECT_EQ(DecimalAddType(decimal(10, 2), decimal(5, 4)), decimal(13, 4));
  EXPECT_EQ(DecimalAddType(DataType(TypeKind::kInt), decimal(5, 4)).ToString(), "DECIMAL(15, 4)");
  EXPECT_EQ(DecimalRoundType(decimal(10, 4), 2), decimal(9, 2));
  EXPECT_EQ(DecimalRoundType(decimal(10, 4), 6), decimal(10, 4));
  EXPECT_EQ(DecimalRoundType(decimal(10, 4), -1), decimal(7, 0));
  EXPECT_EQ(DecimalSumType(decimal(10, 4)), DataType::Decimal(38, 4));
  EXPECT_EQ(DecimalAverageType(decimal(10, 4)), DataType::Decimal(38, 6));
}

}  // namespace
}  // namespace flinkc
