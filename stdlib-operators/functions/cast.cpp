// CAST(from AS to): which kernel, and whether it can fail or give NULL.
#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/functions/native/time_zone.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/kernels/civil_time.h"

namespace flinkc {
namespace {

constexpr int kNumberKinds = 7;  // bool, i8, i16, i32, i64, f32, f64

// The row and column of the table below; -1 for other types.
int NumberIndex(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return 0;
    case TypeKind::kTinyint:
      return 1;
    case TypeKind::kSmallint:
      return 2;
    case TypeKind::kInt:
      return 3;
    case TypeKind::kBigint:
      return 4;
    case TypeKind::kFloat:
      return 5;
    case TypeKind::kDouble:
      return 6;
    default:
      return -1;
  }
}

#define FLINKC_CAST_ROW(f)                                                     \
  {"flinkc_cast_" f "_bool", "flinkc_cast_" f "_i8",  "flinkc_cast_" f "_i16", \
   "flinkc_cast_" f "_i32",  "flinkc_cast_" f "_i64", "flinkc_cast_" f "_f32", \
   "flinkc_cast_" f "_f64"}
constexpr std::string_view kNumberCasts[kNumberKinds][kNumberKinds] = {
    FLINKC_CAST_ROW("bool"), FLINKC_CAST_ROW("i8"),  FLINKC_CAST_ROW("i16"), FLINKC_CAST_ROW("i32"),
    FLINKC_CAST_ROW("i64"),  FLINKC_CAST_ROW("f32"), FLINKC_CAST_ROW("f64")};
constexpr std::string_view kFromDecimal[kNumberKinds] = FLINKC_CAST_ROW("decimal");
constexpr std::string_view kFromText[kNumberKinds] = FLINKC_CAST_ROW("text");
#define FLINKC_CAST_COLUMN(t)                                                               \
  {"flinkc_cast_bool_" t, "flinkc_cast_i8_" t,  "flinkc_cast_i16_" t, "flinkc_cast_i32_" t, \
   "flinkc_cast_i64_" t,  "flinkc_cast_f32_" t, "flinkc_cast_f64_" t}
constexpr std::string_view kToDecimal[kNumberKinds] = FLINKC_CAST_COLUMN("decimal");
constexpr std::string_view kToText[kNumberKinds] = FLINKC_CAST_COLUMN("text");

Resolution CastCall(const KernelCall& kernel, const DataType& from, const DataType& to,
                    std::vector<int64_t> immediates = {}) {
  const ArgumentInfo argument{from};
  return StrictCall(kernel, to, {&argument, 1}, {from}, std::move(immediates));
}

// A cast that works in the job's time zone.
Resolution ZonedCast(const KernelCall& kernel, const DataType& from, const DataType& to,
                     std::vector<int64_t> immediates = {}) {
  Resolution resolution = CastCall(kernel, from, to, std::move(immediates));
  resolution.prepare = &PrepareTimeZone;
  resolution.takes_time_zone = true;
  resolution.volatile_result = true;
  return resolution;
}

Resolution NumberCast(int from_index, int to_index, const DataType& from, const DataType& to) {
  const std::string_view symbol = kNumberCasts[from_index][to_index];
  // A float loses digits but no float is out of range; integers narrow from the wider and floats.
  const bool to_integer = to.is_integer();
  const bool fallible = to_integer && from.kind() != TypeKind::kBoolean &&
                        (from.is_floating() || from.kind() > to.kind());
  return CastCall(fallible ? FallibleKernel(symbol) : ValueKernel(symbol), from, to);
}

Resolution ToDecimalCast(int from_index, const DataType& from, const DataType& to) {
  const KernelCall kernel{kToDecimal[from_index], KernelConvention::kStatus, false,
                          from.is_floating(), false};
  if (from.is_floating()) {
    KernelCall checked = kernel;
    checked.may_be_null = true;
    return CastCall(checked, from, to, {to.scale(), to.precision()});
  }
  const int digits = from.kind() == TypeKind::kBoolean ? 1 : AsDecimal(from)->precision();
  const bool fits = digits <= to.precision() - to.scale();
  KernelCall checked = kernel;
  checked.may_be_null = !fits;
  return CastCall(checked, from, to, {to.scale(), fits ? 0 : to.precision()});
}

Resolution DecimalCast(const DataType& from, const DataType& to) {
  const int raise = to.scale() > from.scale() ? to.scale() - from.scale() : 0;
  const int lower = from.scale() > to.scale() ? from.scale() - to.scale() : 0;
  // Rounding up can carry into one more digit.
  const int whole = from.precision() - from.scale() + (lower > 0 ? 1 : 0);
  const bool fits = whole <= to.precision() - to.scale();
  KernelCall kernel{"flinkc_rescale_decimal"};
  kernel.may_be_null = !fits;
  return CastCall(kernel, from, to, {raise, lower, fits ? 0 : to.precision()});
}

std::optional<Resolution> ToTextCast(const DataType& from, const DataType& to) {
  const int64_t length = to.length_max(), pad = to.fixed_length() ? 1 : 0;
  if (const int index = NumberIndex(from); index >= 0) {
    return CastCall(TextKernel(kToText[index]), from, to, {length, pad});
  }
  switch (from.kind()) {
    case TypeKind::kDecimal:
      return CastCall(TextKernel("flinkc_cast_decimal_text"), from, to,
                      {from.scale(), length, pad});
    case TypeKind::kString:
      return CastCall(TextKernel("flinkc_cast_text_text"), from, to, {length, pad});
    case TypeKind::kDate:
      return CastCall(TextKernel("flinkc_cast_date_text"), from, to, {length, pad});
    case TypeKind::kTime:
      return CastCall(TextKernel("flinkc_cast_time_text"), from, to,
                      {from.precision(), length, pad});
    case TypeKind::kTimestamp:
      return CastCall(TextKernel("flinkc_cast_timestamp_text"), from, to,
                      {from.precision(), length, pad});
    case TypeKind::kTimestampLtz:
      return ZonedCast(TextKernel("flinkc_native_ltz_text"), from, to,
                       {from.precision(), length, pad});
    case TypeKind::kIntervalMonths:
      return CastCall(TextKernel("flinkc_cast_months_text"), from, to, {length, pad});
    case TypeKind::kIntervalMicros:
      return CastCall(TextKernel("flinkc_cast_micros_text"), from, to, {length, pad});
    default:
      return std::nullopt;
  }
}

std::optional<Resolution> FromTextCast(const DataType& from, const DataType& to) {
  if (const int index = NumberIndex(to); index >= 0) {
    return CastCall(FallibleKernel(kFromText[index]), from, to);
  }
  switch (to.kind()) {
    case TypeKind::kDecimal: {
      KernelCall kernel = FallibleKernel("flinkc_cast_text_decimal");
      kernel.may_be_null = true;
      return CastCall(kernel, from, to, {to.precision(), to.scale()});
    }
    case TypeKind::kDate:
      return CastCall(FallibleKernel("flinkc_cast_text_date"), from, to);
    case TypeKind::kTime:
      return CastCall(FallibleKernel("flinkc_cast_text_time"), from, to, {to.precision()});
    case TypeKind::kTimestamp:
      return CastCall(FallibleKernel("flinkc_cast_text_timestamp"), from, to, {to.precision()});
    default:
      return std::nullopt;
  }
}

std::optional<Resolution> TemporalCast(const DataType& from, const DataType& to) {
  const bool same = from.kind() == to.kind();
  if (from.kind() == TypeKind::kDate && to.kind() == TypeKind::kTimestamp) {
    return CastCall(ValueKernel("flinkc_cast_date_timestamp"), from, to);
  }
  if (from.kind() == TypeKind::kTimestamp && to.kind() == TypeKind::kDate) {
    return CastCall(ValueKernel("flinkc_cast_timestamp_date"), from, to);
  }
  if (from.kind() == TypeKind::kTimestamp && to.kind() == TypeKind::kTime) {
    return CastCall(ValueKernel("flinkc_cast_timestamp_time"), from, to,
                    {MicrosPerUnit(to.precision())});
  }
  if (from.kind() == TypeKind::kTimestampLtz) {
    const int64_t unit = MicrosPerUnit(to.precision());
    switch (to.kind()) {
      case TypeKind::kTimestamp:
        return ZonedCast(ValueKernel("flinkc_native_to_local"), from, to, {unit});
      case TypeKind::kDate:
        return ZonedCast(ValueKernel("flinkc_native_local_date"), from, to);
      case TypeKind::kTime:
        return ZonedCast(ValueKernel("flinkc_native_local_time"), from, to, {unit});
      default:
        break;
    }
  }
  if (to.kind() == TypeKind::kTimestampLtz && from.kind() == TypeKind::kTimestamp) {
    return ZonedCast(ValueKernel("flinkc_native_to_utc"), from, to);
  }
  if (to.kind() == TypeKind::kTimestampLtz && from.kind() == TypeKind::kDate) {
    return ZonedCast(ValueKernel("flinkc_native_date_to_utc"), from, to);
  }
  if (same && (from.is_timestamp() || from.kind() == TypeKind::kTime)) {
    return CastCall(ValueKernel("flinkc_cast_timestamp_timestamp"), from, to,
                    {MicrosPerUnit(to.precision())});
  }
  return std::nullopt;
}

}  // namespace

std::optional<Resolution> ResolveCast(const DataType& from, const DataType& to) {
  const int from_index = NumberIndex(from), to_index = NumberIndex(to);
  if (from_index >= 0 && to_index >= 0 && from_index != to_index) {
    return NumberCast(from_index, to_index, from, to);
  }
  if (to.kind() == TypeKind::kString) return ToTextCast(from, to);
  if (from.kind() == TypeKind::kString) return FromTextCast(from, to);
  if (from.kind() == TypeKind::kDecimal) {
    if (to.kind() == TypeKind::kDecimal) return DecimalCast(from, to);
    if (to.is_integer()) {
      return CastCall(FallibleKernel(kFromDecimal[to_index]), from, to, {from.scale()});
    }
    if (to.is_floating())
      return CastCall(ValueKernel(kFromDecimal[to_index]), from, to, {from.scale()});
    if (to.kind() == TypeKind::kBoolean) return CastCall(ValueKernel(kFromDecimal[0]), from, to);
    return std::nullopt;
  }
  if (to.kind() == TypeKind::kDecimal && from_index >= 0)
    return ToDecimalCast(from_index, from, to);
  return TemporalCast(from, to);
}

}  // namespace flinkc
