#include "stdlib-operators/kernels/decimal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "stdlib-operators/kernels/decimal_math.h"
#include "tests/unit/stdlib/kernels/kernel_fixture.h"

namespace flinkc {
namespace {

// One line of decimal_cases.txt, which decimal_cases.py wrote.
struct DecimalCase {
  std::string operation;
  int p1, s1, p2, s2;
  std::string a, b;
  int precision, scale;
  std::string result;
};

std::string Evaluate(const DecimalCase& c) {
  const Int128 a = ParseInt128(c.a), b = ParseInt128(c.b);
  const int meet = std::max(c.s1, c.s2);
  Int128 out = 0;
  int32_t status;
  if (c.operation == "multiply") {
    status = flinkc_multiply_decimal(&a, &b, c.s1 + c.s2 - c.scale, c.precision, &out);
  } else if (c.operation == "divide") {
    status = flinkc_divide_decimal(&a, &b, c.scale + c.s2 - c.s1, c.precision, &out);
  } else {
    auto* kernel = c.operation == "add"        ? flinkc_add_decimal
                   : c.operation == "subtract" ? flinkc_subtract_decimal
                                               : flinkc_modulo_decimal;
    status = kernel(&a, &b, meet - c.s1, meet - c.s2, meet - c.scale, c.precision, &out);
  }
  if (status == kKernelNull) return "NULL";
  return status == kKernelOk ? Int128ToString(out) : "error";
}

TEST(DecimalTest, AgreesWithPythonsDecimal) {
  std::ifstream file(FLINKC_SOURCE_DIR "/tests/unit/stdlib/kernels/decimal_cases.txt");
  size_t cases = 0;
  DecimalCase c;
  while (file >> c.operation >> c.p1 >> c.s1 >> c.p2 >> c.s2 >> c.a >> c.b >> c.precision >>
         c.scale >> c.result) {
    ++cases;
    EXPECT_EQ(Evaluate(c), c.result)
        << c.operation << " DECIMAL(" << c.p1 << "," << c.s1 << ") " << c.a << " DECIMAL(" << c.p2
        << "," << c.s2 << ") " << c.b << " as DECIMAL(" << c.precision << "," << c.scale << ")";
  }
  EXPECT_EQ(cases, 7500u);
}

TEST(DecimalTest, DividesByZero) {
  const Int128 a = 5, zero = 0;
  Int128 out;
  EXPECT_EQ(flinkc_divide_decimal(&a, &zero, 6, 38, &out), Failure(RowStatus::kDivisionByZero));
  EXPECT_EQ(flinkc_modulo_decimal(&a, &zero, 0, 0, 0, 38, &out),
            Failure(RowStatus::kDivisionByZero));
}

TEST(DecimalTest, ComparesAcrossScalesThatNeed256Bits) {
  const Int128 big = ParseInt128("99999999999999999999999999999999999999");
  const Int128 small = ParseInt128("99999999999999999999999999999999999998");
  EXPECT_EQ(CompareDecimal(big, small, 38, 0), 1);
  EXPECT_EQ(CompareDecimal(-big, small, 38, 0), -1);
  EXPECT_EQ(CompareDecimal(-big, -small, 0, 0), -1);
  EXPECT_EQ(CompareDecimal(5, 500, 2, 0), 0);
}

TEST(DecimalTest, RescalesAndRoundsAwayFromZero) {
  Int128 out;
  const Int128 a = -125, b = 124;
  EXPECT_EQ(flinkc_rescale_decimal(&a, 0, 1, 0, &out), kKernelOk);
  EXPECT_EQ(Int128ToString(out), "-13");
  EXPECT_EQ(flinkc_rescale_decimal(&b, 0, 1, 0, &out), kKernelOk);
  EXPECT_EQ(Int128ToString(out), "12");
  EXPECT_EQ(flinkc_rescale_decimal(&b, 36, 0, 38, &out), kKernelNull);
  EXPECT_EQ(flinkc_rescale_decimal(&b, 35, 0, 38, &out), kKernelOk);
}

TEST(DecimalTest, FloorAndCeil) {
  Int128 out;
  const Int128 a = -101, b = 100;
  flinkc_floor_decimal(&a, 2, &out);
  EXPECT_EQ(Int128ToString(out), "-2");
  flinkc_ceil_decimal(&a, 2, &out);
  EXPECT_EQ(Int128ToString(out), "-1");
  flinkc_ceil_decimal(&b, 2, &out);
  EXPECT_EQ(Int128ToString(out), "1");
}

}  // namespace
}  // namespace flinkc
