#include "stdlib-operators/kernels/cast_text.h"

#include <gtest/gtest.h>

#include "stdlib-operators/kernels/text_format.h"
#include "tests/unit/stdlib/kernels/kernel_fixture.h"

namespace flinkc {
namespace {

// Every day of Flink's calendar, and years outside of it.
TEST(CastText, DateFormatByDayIsTheDate) {
  KernelFixture fixture;
  const auto check = [&](int64_t day, int64_t micros_of_day) {
    char expected[kNumberTextBytes];
    const uint32_t size = FormatDate(day, expected);
    StringValue out;
    flinkc_date_format_day(&fixture.context, day * kMicrosPerDay + micros_of_day, &out);
    ASSERT_EQ(Text(out), std::string(expected, size));
    const StringValue same = MakeStringValue(out.data(), out.size);
    ASSERT_TRUE(out == same);  // as a key it must have the same bytes
  };
  for (int64_t day = kDayMin - 800; day <= kDayMax + 800; ++day) {
    check(day, day % 2 == 0 ? 0 : kMicrosPerDay - 1);
  }
  check(100'000'000, 5);
  check(-100'000'000, 5);
}

}  // namespace
}  // namespace flinkc
