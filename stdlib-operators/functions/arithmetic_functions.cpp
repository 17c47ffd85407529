// + - * / % and unary minus, on numbers and on dates, times and intervals.
#include <algorithm>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

constexpr KernelsByType kAdd = FLINKC_KERNELS_BY_TYPE("flinkc_add");
constexpr KernelsByType kSubtract = FLINKC_KERNELS_BY_TYPE("flinkc_subtract");
constexpr KernelsByType kMultiply = FLINKC_KERNELS_BY_TYPE("flinkc_multiply");
constexpr KernelsByType kDivide = FLINKC_KERNELS_BY_TYPE("flinkc_divide");
constexpr KernelsByType kModulo = FLINKC_KERNELS_BY_TYPE("flinkc_modulo");
constexpr KernelsByType kNegate = FLINKC_KERNELS_BY_TYPE("flinkc_negate");

constexpr int64_t kDecimalPrecisionMax = 38;

// The two types of a numeric operation, a NULL literal as what the other is.
struct Operands {
  DataType a, b;
};
std::optional<Operands> NumericOperands(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const DataType fallback = TypeOr(arguments[1], IntType());
  Operands operands{TypeOr(arguments[0], fallback), {}};
  operands.b = TypeOr(arguments[1], operands.a);
  if (!operands.a.is_numeric() || !operands.b.is_numeric()) return std::nullopt;
  return operands;
}

bool IsDecimalOperation(const Operands& operands) {
  return !operands.a.is_floating() && !operands.b.is_floating() &&
         (operands.a.kind() == TypeKind::kDecimal || operands.b.kind() == TypeKind::kDecimal);
}

// An operation of two integers or two floats, in their common type.
Resolution PrimitiveCall(const KernelsByType& kernels, const Operands& operands,
                         Arguments arguments) {
  const DataType common = *CommonType(operands.a, operands.b);
  const KernelCall kernel =
      common.is_integer() ? FallibleKernel(kernels.For(common)) : ValueKernel(kernels.For(common));
  return StrictCall(kernel, common, arguments, {common, common});
}

// A DECIMAL operation whose sides meet at the larger scale: + - %.
Resolution DecimalSumCall(const KernelsByType& kernels, const Operands& operands,
                          Arguments arguments, const DataType& result, bool fallible) {
  const DataType a = *AsDecimal(operands.a), b = *AsDecimal(operands.b);
  const int meet = std::max(a.scale(), b.scale());
  const int whole = std::max(a.precision() - a.scale(), b.precision() - b.scale());
  const bool fits = !fallible && result.scale() == meet && whole + meet + 1 <= kDecimalPrecisionMax;
  const KernelCall kernel{kernels.decimal, KernelConvention::kStatus, false, fallible,
                          !fits && !fallible};
  return StrictCall(
      kernel, result, arguments, {a, b},
      {meet - a.scale(), meet - b.scale(), meet - result.scale(), fits ? 0 : result.precision()});
}

Resolution DecimalMultiplyCall(const Operands& operands, Arguments arguments) {
  const DataType a = *AsDecimal(operands.a), b = *AsDecimal(operands.b);
  const DataType result = DecimalMultiplyType(a, b);
  const bool fits = a.precision() + b.precision() <= result.precision() &&
                    result.scale() == a.scale() + b.scale();
  const KernelCall kernel{kMultiply.decimal, KernelConvention::kStatus, false, false, !fits};
  return StrictCall(kernel, result, arguments, {a, b},
                    {a.scale() + b.scale() - result.scale(), fits ? 0 : result.precision()});
}

Resolution DecimalDivideCall(const Operands& operands, Arguments arguments) {
  const DataType a = *AsDecimal(operands.a), b = *AsDecimal(operands.b);
  const DataType result = DecimalDivideType(a, b);
  const int shift = result.scale() + b.scale() - a.scale();
  const bool fits = a.precision() + shift <= result.precision();
  const KernelCall kernel{kDivide.decimal, KernelConvention::kStatus, false, true, !fits};
  return StrictCall(kernel, result, arguments, {a, b}, {shift, fits ? 0 : result.precision()});
}

// What is added to a date or time, and the kernel; `date` and `time` hold those for months and
// microseconds.
struct TemporalKernels {
  std::string_view timestamp_months, timestamp_micros, date_months, date_micros, time_micros;
};
constexpr TemporalKernels kTemporalAdd{"flinkc_add_timestamp_months", "flinkc_add_timestamp_micros",
                                       "flinkc_add_date_months", "flinkc_add_date_micros",
                                       "flinkc_add_time_micros"};
constexpr TemporalKernels kTemporalSubtract{
    "flinkc_subtract_timestamp_months", "flinkc_subtract_timestamp_micros",
    "flinkc_subtract_date_months", "flinkc_subtract_date_micros", "flinkc_subtract_time_micros"};

std::optional<Resolution> MoveCall(const TemporalKernels& kernels, const DataType& at,
                                   const DataType& interval, Arguments arguments) {
  const bool months = interval.kind() == TypeKind::kIntervalMonths;
  if (at.is_timestamp()) {
    return StrictCall(FallibleKernel(months ? kernels.timestamp_months : kernels.timestamp_micros),
                      at, arguments, {at, interval});
  }
  if (at.kind() == TypeKind::kDate) {
    return StrictCall(FallibleKernel(months ? kernels.date_months : kernels.date_micros), at,
                      arguments, {at, interval});
  }
  if (at.kind() == TypeKind::kTime && !months) {
    return StrictCall(ValueKernel(kernels.time_micros), at, arguments, {at, interval});
  }
  return std::nullopt;
}

bool AreSameIntervals(const DataType& a, const DataType& b) {
  return a.is_interval() && a.kind() == b.kind();
}

std::optional<Resolution> ResolveAdd(Arguments arguments) {
  if (const auto operands = NumericOperands(arguments)) {
    if (!IsDecimalOperation(*operands)) return PrimitiveCall(kAdd, *operands, arguments);
    return DecimalSumCall(kAdd, *operands, arguments, DecimalAddType(operands->a, operands->b),
                          false);
  }
  if (arguments.size() != 2) return std::nullopt;
  const DataType &a = arguments[0].type, &b = arguments[1].type;
  if (AreSameIntervals(a, b)) {
    return StrictCall(FallibleKernel(kAdd.For(a)), a, arguments, {a, a});
  }
  if (b.is_interval()) return MoveCall(kTemporalAdd, a, b, arguments);
  return std::nullopt;
}

std::optional<Resolution> ResolveSubtract(Arguments arguments) {
  if (const auto operands = NumericOperands(arguments)) {
    if (!IsDecimalOperation(*operands)) return PrimitiveCall(kSubtract, *operands, arguments);
    return DecimalSumCall(kSubtract, *operands, arguments, DecimalAddType(operands->a, operands->b),
                          false);
  }
  if (arguments.size() != 2) return std::nullopt;
  const DataType &a = arguments[0].type, &b = arguments[1].type;
  if (AreSameIntervals(a, b)) {
    return StrictCall(FallibleKernel(kSubtract.For(a)), a, arguments, {a, a});
  }
  if (b.is_interval()) return MoveCall(kTemporalSubtract, a, b, arguments);
  const DataType interval(TypeKind::kIntervalMicros);
  if (a.kind() == TypeKind::kDate && b.kind() == TypeKind::kDate) {
    return StrictCall(ValueKernel("flinkc_subtract_date_date"), interval, arguments, {a, b});
  }
  const auto common = CommonType(a, b);
  if (common && common->is_timestamp()) {
    return StrictCall(FallibleKernel(kSubtract.i64), interval, arguments, {*common, *common});
  }
  return std::nullopt;
}

std::optional<Resolution> ResolveMultiply(Arguments arguments) {
  if (const auto operands = NumericOperands(arguments)) {
    if (!IsDecimalOperation(*operands)) return PrimitiveCall(kMultiply, *operands, arguments);
    return DecimalMultiplyCall(*operands, arguments);
  }
  if (arguments.size() != 2) return std::nullopt;
  // An interval and an integer, in any order; months count in 32 bits.
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const DataType& interval = arguments[i].type;
    const DataType& factor = arguments[1 - i].type;
    const bool months = interval.kind() == TypeKind::kIntervalMonths;
    const DataType as = months ? IntType() : BigintType();
    if (!interval.is_interval() || !CanImplicitlyCast(factor, as)) continue;
    return StrictCall(FallibleKernel(kMultiply.For(interval)), interval, arguments,
                      {i == 0 ? interval : as, i == 0 ? as : interval});
  }
  return std::nullopt;
}

std::optional<Resolution> ResolveDivide(Arguments arguments) {
  const auto operands = NumericOperands(arguments);
  if (!operands) return std::nullopt;
  if (!IsDecimalOperation(*operands)) return PrimitiveCall(kDivide, *operands, arguments);
  return DecimalDivideCall(*operands, arguments);
}

std::optional<Resolution> ResolveModulo(Arguments arguments) {
  const auto operands = NumericOperands(arguments);
  if (!operands) return std::nullopt;
  if (IsDecimalOperation(*operands)) {
    return DecimalSumCall(kModulo, *operands, arguments,
                          DecimalModuloType(operands->a, operands->b), true);
  }
  if (operands->a.is_floating() || operands->b.is_floating()) {
    return StrictCall(ValueKernel("flinkc_native_modulo_f64"), DoubleType(), arguments,
                      {DoubleType(), DoubleType()});
  }
  return PrimitiveCall(kModulo, *operands, arguments);
}

std::optional<Resolution> ResolveNegate(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const DataType type = TypeOr(arguments[0], IntType());
  if (!type.is_numeric() && !type.is_interval()) return std::nullopt;
  if (type.kind() == TypeKind::kDecimal) {
    return StrictCall({kNegate.decimal}, type, arguments, {type});
  }
  if (type.is_floating()) {
    return StrictCall(ValueKernel(kNegate.For(type)), type, arguments, {type});
  }
  return StrictCall(FallibleKernel(kNegate.For(type)), type, arguments, {type});
}

}  // namespace

std::vector<FunctionRecord> ArithmeticFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      {.name = "add",
       .category = FunctionCategory::kArithmetic,
       .doc = "a + b: numbers; a date, time or timestamp and an interval; two intervals.",
       .nulls = "NULL if an argument is; an integer overflow fails, a DECIMAL overflow is NULL.",
       .overloads = {{"(a NUMERIC, b NUMERIC) -> NUMERIC", ResolveAdd},
                     {"(at TIMESTAMP | DATE | TIME, by INTERVAL) -> type of at", ResolveAdd},
                     {"(a INTERVAL, b INTERVAL) -> INTERVAL", ResolveAdd}},
       .examples = {{"1 + 2", "3"},
                    {"1.5 + 2", "3.5"},
                    {"2147483647 + 1", "error: INTEGER_OVERFLOW"},
                    {"1 + CAST(NULL AS INT)", "NULL"},
                    {"TIMESTAMP '2001-01-31 10:00:00' + INTERVAL '1' MONTH", "2001-02-28 10:00:00"},
                    {"DATE '2001-12-31' + INTERVAL '1' DAY", "2002-01-01"}}});
  records.push_back(
      {.name = "subtract",
       .category = FunctionCategory::kArithmetic,
       .doc = "a - b: numbers; a date, time or timestamp and an interval; two of them.",
       .nulls = "NULL if an argument is; an integer overflow fails, a DECIMAL overflow is NULL.",
       .overloads = {{"(a NUMERIC, b NUMERIC) -> NUMERIC", ResolveSubtract},
                     {"(at TIMESTAMP | DATE | TIME, by INTERVAL) -> type of at", ResolveSubtract},
                     {"(a TIMESTAMP | DATE, b TIMESTAMP | DATE) -> INTERVAL DAY TO SECOND",
                      ResolveSubtract},
                     {"(a INTERVAL, b INTERVAL) -> INTERVAL", ResolveSubtract}},
       .examples = {
           {"1 - 2", "-1"},
           {"1.50 - 0.5", "1.00"},
           {"TIMESTAMP '2001-01-01 00:00:00' - INTERVAL '1' SECOND", "2000-12-31 23:59:59"},
           {"DATE '2001-01-02' - DATE '2001-01-01'", "+1 00:00:00.000"}}});
  records.push_back(
      {.name = "multiply",
       .category = FunctionCategory::kArithmetic,
       .doc = "a * b: numbers; an interval and an integer.",
       .nulls = "NULL if an argument is; an integer overflow fails, a DECIMAL overflow is NULL.",
       .overloads = {{"(a NUMERIC, b NUMERIC) -> NUMERIC", ResolveMultiply},
                     {"(a INTERVAL, times BIGINT) -> INTERVAL", ResolveMultiply}},
       .examples = {{"6 * 7", "42"},
                    {"0.908 * 1000", "908.000"},
                    {"INTERVAL '1' MINUTE * 90", "+0 01:30:00.000"}}});
  records.push_back(
      {.name = "divide",
       .category = FunctionCategory::kArithmetic,
       .doc = "a / b. Integers divide to an integer, cut towards zero.",
       .nulls = "NULL if an argument is; integers and DECIMALs fail on division by zero.",
       .overloads = {{"(a NUMERIC, b NUMERIC) -> NUMERIC", ResolveDivide}},
       .examples = {{"7 / 2", "3"},
                    {"-7 / 2", "-3"},
                    {"1.0 / 3", "0.333333333333"},
                    {"CAST(7 AS DOUBLE) / 2", "3.5"},
                    {"1 / 0", "error: DIVISION_BY_ZERO"}}});
  records.push_back(
      {.name = "modulo",
       .aliases = {"mod"},
       .category = FunctionCategory::kArithmetic,
       .doc = "a % b: the rest of the division; its sign is that of a.",
       .nulls = "NULL if an argument is; integers and DECIMALs fail on division by zero.",
       .overloads = {{"(a NUMERIC, b NUMERIC) -> NUMERIC", ResolveModulo}},
       .examples = {{"mod(7, 3)", "1"},
                    {"-7 % 3", "-1"},
                    {"7.5 % 2", "1.5"},
                    {"1 % 0", "error: DIVISION_BY_ZERO"}}});
  records.push_back({.name = "negate",
                     .category = FunctionCategory::kArithmetic,
                     .doc = "-a",
                     .nulls = "NULL if the argument is; the smallest integer fails.",
                     .overloads = {{"(a NUMERIC) -> NUMERIC", ResolveNegate},
                                   {"(a INTERVAL) -> INTERVAL", ResolveNegate}},
                     .examples = {{"-(1 + 2)", "-3"}, {"-(0.5)", "-0.5"}}});
  return records;
}

}  // namespace flinkc
