// Functions of numbers.
#include <string>
#include <variant>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/functions/native/time_zone.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"
#include "stdlib-operators/functions/time_unit.h"

namespace flinkc {
namespace {

constexpr KernelsByType kAbs = FLINKC_KERNELS_BY_TYPE("flinkc_abs");
constexpr KernelsByType kSign = FLINKC_KERNELS_BY_TYPE("flinkc_sign");
constexpr KernelsByType kFloor = FLINKC_KERNELS_BY_TYPE("flinkc_floor");
constexpr KernelsByType kCeil = FLINKC_KERNELS_BY_TYPE("flinkc_ceil");

// The argument's type if it is one number; NULL is INT.
std::optional<DataType> OneNumber(Arguments arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const DataType type = TypeOr(arguments[0], IntType());
  if (!type.is_numeric()) return std::nullopt;
  return type;
}

std::optional<Resolution> ResolveAbs(Arguments arguments) {
  const auto type = OneNumber(arguments);
  if (!type) return std::nullopt;
  const std::string_view symbol = kAbs.For(*type);
  const KernelCall kernel = type->is_integer()    ? FallibleKernel(symbol)
                            : type->is_floating() ? ValueKernel(symbol)
                                                  : SliceKernel(symbol);
  return StrictCall(kernel, *type, arguments, {*type});
}

std::optional<Resolution> ResolveSign(Arguments arguments) {
  const auto type = OneNumber(arguments);
  if (!type) return std::nullopt;
  if (type->kind() != TypeKind::kDecimal) {
    return StrictCall(ValueKernel(kSign.For(*type)), *type, arguments, {*type});
  }
  // One more digit where all of them are behind the point.
  if (type->precision() == type->scale()) return std::nullopt;
  return StrictCall(SliceKernel(kSign.decimal), *type, arguments, {*type}, {type->scale()});
}

// floor(x TO unit): the temporal meaning of the same names.
std::optional<Resolution> RoundToUnit(std::string_view timestamp, std::string_view ltz,
                                      std::string_view date, Arguments arguments) {
  const auto unit = UnitOf(arguments[1]);
  const DataType& type = arguments[0].type;
  if (!unit || *unit > TimeUnit::kMillisecond) return std::nullopt;
  const bool is_date = type.kind() == TypeKind::kDate;
  if (!is_date && !type.is_timestamp()) return std::nullopt;
  if (is_date && IsUnitOfTime(*unit)) return std::nullopt;
  const bool zoned = type.kind() == TypeKind::kTimestampLtz;
  const std::string_view symbol = is_date ? date : zoned ? ltz : timestamp;
  Resolution resolution = StrictCall(ValueKernel(symbol), type, arguments, {type, StringType()},
                                     {static_cast<int64_t>(*unit)});
  resolution.prepared_arguments = {1};
  if (zoned) {
    resolution.prepare = &PrepareTimeZone;
    resolution.takes_time_zone = true;
    resolution.volatile_result = true;
  }
  return resolution;
}

template <const KernelsByType& kKernels>
std::optional<Resolution> ResolveFloor(Arguments arguments) {
  const auto type = OneNumber(arguments);
  if (!type) return std::nullopt;
  if (type->is_integer()) {
    // Already whole; the rescaling of a DECIMAL by nothing gives it back, integers are themselves.
    return StrictCall(ValueKernel(type->kind() == TypeKind::kBigint     ? "flinkc_identity_i64"
                                  : type->kind() == TypeKind::kInt      ? "flinkc_identity_i32"
                                  : type->kind() == TypeKind::kSmallint ? "flinkc_identity_i16"
                                                                        : "flinkc_identity_i8"),
                      *type, arguments, {*type});
  }
  if (type->is_floating()) {
    return StrictCall(ValueKernel(kKernels.For(*type)), *type, arguments, {*type});
  }
  return StrictCall(SliceKernel(kKernels.decimal), DataType::Decimal(type->precision(), 0),
                    arguments, {*type}, {type->scale()});
}
std::optional<Resolution> ResolveFloorTo(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  return RoundToUnit("flinkc_floor_timestamp", "flinkc_native_floor_ltz", "flinkc_floor_date",
                     arguments);
}
std::optional<Resolution> ResolveCeilTo(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  return RoundToUnit("flinkc_ceil_timestamp", "flinkc_native_ceil_ltz", "flinkc_ceil_date",
                     arguments);
}

// round and truncate of a DECIMAL to digits that are constant: the result has that scale.
Resolution CutDecimal(std::string_view kernel, Arguments arguments, const DataType& type) {
  const int64_t* digits = nullptr;
  if (arguments.size() == 2 && arguments[1].literal != nullptr) {
    digits = std::get_if<int64_t>(&arguments[1].literal->data);
  }
  const bool constant = arguments.size() == 1 || digits != nullptr;
  const int64_t wanted = digits != nullptr ? *digits : 0;
  const int clamped = static_cast<int>(wanted < -38 ? -38 : wanted > 38 ? 38 : wanted);
  // Digits that only the row knows: the scale stays, with room for a carry where there is some.
  const DataType result =
      constant ? DecimalRoundType(type, clamped)
               : DataType::Decimal(type.precision() < 38 ? type.precision() + 1 : 38, type.scale());
  return StrictCall(NullingKernel(kernel), result, arguments, {type, IntType()},
                    {type.scale(), result.scale(), result.precision()});
}

template <bool kRound>
std::optional<Resolution> ResolveRound(Arguments arguments) {
  if (arguments.size() != 2 || !CanImplicitlyCast(arguments[1].type, IntType())) {
    return std::nullopt;
  }
  const DataType type = TypeOr(arguments[0], IntType());
  if (!type.is_numeric()) return std::nullopt;
  if (type.kind() == TypeKind::kDecimal) {
    return CutDecimal(kRound ? "flinkc_round_decimal" : "flinkc_truncate_decimal", arguments, type);
  }
  if (type.is_integer()) {
    static constexpr KernelsByType kRounds = FLINKC_KERNELS_BY_TYPE("flinkc_round");
    static constexpr KernelsByType kTruncates = FLINKC_KERNELS_BY_TYPE("flinkc_truncate");
    return StrictCall(FallibleKernel((kRound ? kRounds : kTruncates).For(type)), type, arguments,
                      {type, IntType()});
  }
  return StrictCall(ValueKernel(kRound ? "flinkc_native_round_f64" : "flinkc_native_truncate_f64"),
                    DoubleType(), arguments, {DoubleType(), IntType()});
}

// round(x) is round(x, 0).
template <bool kRound>
std::optional<Resolution> ResolveRoundWhole(Arguments arguments) {
  const auto type = OneNumber(arguments);
  if (!type) return std::nullopt;
  if (type->is_integer()) return ResolveFloor<kFloor>(arguments);
  if (type->is_floating()) {
    return StrictCall(
        ValueKernel(kRound ? "flinkc_native_round_whole_f64" : "flinkc_native_truncate_whole_f64"),
        DoubleType(), arguments, {DoubleType()});
  }
  const DataType result = DecimalRoundType(*type, 0);
  return StrictCall(
      NullingKernel(kRound ? "flinkc_round_whole_decimal" : "flinkc_truncate_whole_decimal"),
      result, arguments, {*type}, {type->scale(), result.scale(), result.precision()});
}

// Functions of one or two doubles.
struct MathFunction {
  std::string_view name;
  std::string_view doc;
  std::string_view signature;
  std::optional<Resolution> (*resolve)(Arguments);
  std::vector<FunctionExample> examples;
};

#define FLINKC_MATH_KERNEL(name) \
  constexpr KernelCall k_##name = ValueKernel("flinkc_native_" #name "_f64")
FLINKC_MATH_KERNEL(power);
FLINKC_MATH_KERNEL(atan2);
FLINKC_MATH_KERNEL(exp);
FLINKC_MATH_KERNEL(sin);
FLINKC_MATH_KERNEL(cos);
FLINKC_MATH_KERNEL(tan);
FLINKC_MATH_KERNEL(cot);
FLINKC_MATH_KERNEL(asin);
FLINKC_MATH_KERNEL(acos);
FLINKC_MATH_KERNEL(atan);
FLINKC_MATH_KERNEL(sinh);
FLINKC_MATH_KERNEL(cosh);
FLINKC_MATH_KERNEL(tanh);
FLINKC_MATH_KERNEL(sqrt);
FLINKC_MATH_KERNEL(ln);
FLINKC_MATH_KERNEL(log10);
FLINKC_MATH_KERNEL(log2);
FLINKC_MATH_KERNEL(log);
constexpr KernelCall kPi = ValueKernel("flinkc_native_pi");
constexpr KernelCall kE = ValueKernel("flinkc_native_e");
constexpr KernelCall kRadians = ValueKernel("flinkc_radians_f64");
constexpr KernelCall kDegrees = ValueKernel("flinkc_degrees_f64");

template <const KernelCall& kKernel>
std::optional<Resolution> OneDouble(Arguments arguments) {
  return FixedCall(kKernel, DoubleType(), arguments, {DoubleType()});
}
template <const KernelCall& kKernel>
std::optional<Resolution> TwoDoubles(Arguments arguments) {
  return FixedCall(kKernel, DoubleType(), arguments, {DoubleType(), DoubleType()});
}
template <const KernelCall& kKernel>
std::optional<Resolution> Constant(Arguments arguments) {
  return FixedCall(kKernel, DoubleType(), arguments, {});
}

std::vector<MathFunction> MathFunctions() {
  constexpr std::string_view kOne = "(a DOUBLE) -> DOUBLE";
  return {
      {"power",
       "a to the power b.",
       "(a DOUBLE, b DOUBLE) -> DOUBLE",
       TwoDoubles<k_power>,
       {{"power(2, 10)", "1024.0"}, {"power(2, -1)", "0.5"}, {"power(-1, 0.5)", "NaN"}}},
      {"sqrt",
       "The square root; NaN of a negative number.",
       kOne,
       OneDouble<k_sqrt>,
       {{"sqrt(16)", "4.0"}, {"sqrt(-1)", "NaN"}}},
      {"exp", "e to the power a.", kOne, OneDouble<k_exp>, {{"exp(0)", "1.0"}}},
      {"ln",
       "The natural logarithm.",
       kOne,
       OneDouble<k_ln>,
       {{"ln(1)", "0.0"}, {"ln(0)", "-Infinity"}}},
      {"log10", "The logarithm to base 10.", kOne, OneDouble<k_log10>, {{"log10(1000)", "3.0"}}},
      {"log2", "The logarithm to base 2.", kOne, OneDouble<k_log2>, {{"log2(8)", "3.0"}}},
      {"sin", "The sine.", kOne, OneDouble<k_sin>, {{"sin(0)", "0.0"}}},
      {"cos", "The cosine.", kOne, OneDouble<k_cos>, {{"cos(0)", "1.0"}}},
      {"tan", "The tangent.", kOne, OneDouble<k_tan>, {{"tan(0)", "0.0"}}},
      {"cot", "The cotangent.", kOne, OneDouble<k_cot>, {{"cot(0)", "Infinity"}}},
      {"asin", "The arc sine.", kOne, OneDouble<k_asin>, {{"asin(1)", "1.5707963267948966"}}},
      {"acos", "The arc cosine.", kOne, OneDouble<k_acos>, {{"acos(1)", "0.0"}}},
      {"atan", "The arc tangent.", kOne, OneDouble<k_atan>, {{"atan(1)", "0.7853981633974483"}}},
      {"atan2",
       "The angle of the point (x, y).",
       "(y DOUBLE, x DOUBLE) -> DOUBLE",
       TwoDoubles<k_atan2>,
       {{"atan2(1, 1)", "0.7853981633974483"}}},
      {"sinh", "The hyperbolic sine.", kOne, OneDouble<k_sinh>, {{"sinh(0)", "0.0"}}},
      {"cosh", "The hyperbolic cosine.", kOne, OneDouble<k_cosh>, {{"cosh(0)", "1.0"}}},
      {"tanh", "The hyperbolic tangent.", kOne, OneDouble<k_tanh>, {{"tanh(0)", "0.0"}}},
      {"radians",
       "Degrees as radians.",
       kOne,
       OneDouble<kRadians>,
       {{"radians(180)", "3.141592653589793"}}},
      {"degrees", "Radians as degrees.", kOne, OneDouble<kDegrees>, {{"degrees(pi())", "180.0"}}},
      {"pi",
       "The number pi.",
       "() -> DOUBLE NOT NULL",
       Constant<kPi>,
       {{"pi()", "3.141592653589793"}}},
      {"e", "The number e.", "() -> DOUBLE NOT NULL", Constant<kE>, {{"e()", "2.718281828459045"}}},
  };
}

// An operation on the bits of integers, in their common type.
template <const KernelsByType& kKernels, size_t kCount>
std::optional<Resolution> ResolveBits(Arguments arguments) {
  if (arguments.size() != kCount) return std::nullopt;
  const auto common = CommonArgumentType(arguments);
  const DataType type = common ? *common : IntType();
  if (!type.is_integer()) return std::nullopt;
  return StrictCall(ValueKernel(kKernels.For(type)), type, arguments,
                    std::vector<DataType>(kCount, type));
}
constexpr KernelsByType kBitAnd = FLINKC_KERNELS_BY_TYPE("flinkc_bitand");
constexpr KernelsByType kBitOr = FLINKC_KERNELS_BY_TYPE("flinkc_bitor");
constexpr KernelsByType kBitXor = FLINKC_KERNELS_BY_TYPE("flinkc_bitxor");
constexpr KernelsByType kBitNot = FLINKC_KERNELS_BY_TYPE("flinkc_bitnot");

constexpr std::string_view kNullIfArgument = "NULL if an argument is.";

std::vector<FunctionRecord> BitFunctions() {
  struct BitFunction {
    std::string_view name, doc, signature;
    std::optional<Resolution> (*resolve)(Arguments);
    std::vector<FunctionExample> examples;
  };
  constexpr std::string_view kTwo = "(a INTEGER, b INTEGER) -> INTEGER";
  std::vector<BitFunction> functions = {
      {"bitand",
       "The bits that both have.",
       kTwo,
       ResolveBits<kBitAnd, 2>,
       {{"bitand(12, 10)", "8"}, {"bitand(-1, CAST(5 AS BIGINT))", "5"}}},
      {"bitor",
       "The bits that one of them has.",
       kTwo,
       ResolveBits<kBitOr, 2>,
       {{"bitor(12, 10)", "14"}}},
      {"bitxor",
       "The bits that just one of them has.",
       kTwo,
       ResolveBits<kBitXor, 2>,
       {{"bitxor(12, 10)", "6"}}},
      {"bitnot",
       "The bits that it has not.",
       "(a INTEGER) -> INTEGER",
       ResolveBits<kBitNot, 1>,
       {{"bitnot(5)", "-6"}, {"bitnot(CAST(-1 AS TINYINT))", "0"}}},
  };
  std::vector<FunctionRecord> records;
  for (BitFunction& function : functions) {
    records.push_back({.name = function.name,
                       .category = FunctionCategory::kNumeric,
                       .doc = function.doc,
                       .nulls = kNullIfArgument,
                       .overloads = {{function.signature, function.resolve}},
                       .examples = std::move(function.examples)});
  }
  return records;
}

}  // namespace

std::vector<FunctionRecord> NumericFunctions() {
  std::vector<FunctionRecord> records;
  for (MathFunction& function : MathFunctions()) {
    records.push_back({.name = function.name,
                       .category = FunctionCategory::kNumeric,
                       .doc = function.doc,
                       .nulls = kNullIfArgument,
                       .overloads = {{function.signature, function.resolve}},
                       .examples = std::move(function.examples)});
  }
  records.push_back({.name = "log",
                     .category = FunctionCategory::kNumeric,
                     .doc = "The natural logarithm, or that to `base`.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a DOUBLE) -> DOUBLE", OneDouble<k_ln>},
                                   {"(base DOUBLE, a DOUBLE) -> DOUBLE", TwoDoubles<k_log>}},
                     .examples = {{"log(1)", "0.0"}, {"log(2, 8)", "3.0"}}});
  records.push_back(
      {.name = "abs",
       .category = FunctionCategory::kNumeric,
       .doc = "The number without its sign.",
       .nulls = "NULL if the argument is; the smallest integer fails.",
       .overloads = {{"(a NUMERIC) -> NUMERIC", ResolveAbs}},
       .examples = {{"abs(-3)", "3"}, {"abs(-0.5)", "0.5"}, {"abs(CAST(-1.5 AS DOUBLE))", "1.5"}}});
  records.push_back({.name = "sign",
                     .category = FunctionCategory::kNumeric,
                     .doc = "-1, 0 or 1 in the number's own type.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a NUMERIC) -> NUMERIC", ResolveSign}},
                     .examples = {{"sign(-3)", "-1"}, {"sign(2.50)", "1.00"}, {"sign(0)", "0"}}});
  records.push_back(
      {.name = "floor",
       .category = FunctionCategory::kNumeric,
       .doc = "The largest whole number not above it; of a date or timestamp the begin of the unit "
              "(weeks begin on Sunday).",
       .nulls = kNullIfArgument,
       .overloads = {{"(a NUMERIC) -> NUMERIC", ResolveFloor<kFloor>},
                     {"(at TIMESTAMP | DATE TO unit) -> type of at", ResolveFloorTo}},
       .examples = {{"floor(-1.5)", "-2"},
                    {"floor(CAST(1.5 AS DOUBLE))", "1.0"},
                    {"FLOOR(TIMESTAMP '2020-02-29 12:34:56' TO MINUTE)", "2020-02-29 12:34:00"},
                    {"FLOOR(DATE '2020-02-29' TO QUARTER)", "2020-01-01"},
                    {"FLOOR(DATE '2020-02-29' TO WEEK)", "2020-02-23"}}});
  records.push_back(
      {.name = "ceil",
       .aliases = {"ceiling"},
       .category = FunctionCategory::kNumeric,
       .doc = "The smallest whole number not below it; of a date or timestamp the end of the unit.",
       .nulls = kNullIfArgument,
       .overloads = {{"(a NUMERIC) -> NUMERIC", ResolveFloor<kCeil>},
                     {"(at TIMESTAMP | DATE TO unit) -> type of at", ResolveCeilTo}},
       .examples = {{"ceil(1.2)", "2"},
                    {"ceiling(-1.2)", "-1"},
                    {"CEIL(TIMESTAMP '2020-02-29 12:34:56' TO DAY)", "2020-03-01 00:00:00"},
                    {"CEIL(DATE '2020-01-01' TO YEAR)", "2020-01-01"}}});
  records.push_back(
      {.name = "round",
       .category = FunctionCategory::kNumeric,
       .doc = "The number rounded to `digits` after the point (0; negative: before it), half up.",
       .nulls = "NULL if an argument is or a DECIMAL overflows; an integer that overflows fails.",
       .overloads = {{"(a NUMERIC) -> NUMERIC", ResolveRoundWhole<true>},
                     {"(a NUMERIC, digits INT) -> NUMERIC", ResolveRound<true>}},
       .examples = {{"round(2.5)", "3"},
                    {"round(-2.5)", "-3"},
                    {"round(3.14159, 2)", "3.14"},
                    {"round(CAST(2.675 AS DOUBLE), 2)", "2.68"},
                    {"round(1250, -2)", "1300"}}});
  records.push_back({.name = "truncate",
                     .category = FunctionCategory::kNumeric,
                     .doc = "The number cut to `digits` after the point (0; negative: before it).",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(a NUMERIC) -> NUMERIC", ResolveRoundWhole<false>},
                                   {"(a NUMERIC, digits INT) -> NUMERIC", ResolveRound<false>}},
                     .examples = {{"truncate(42.345, 2)", "42.34"},
                                  {"truncate(-1.9)", "-1"},
                                  {"truncate(1299, -2)", "1200"},
                                  {"truncate(CAST(1.29 AS DOUBLE), 1)", "1.2"}}});
  for (FunctionRecord& record : BitFunctions()) records.push_back(std::move(record));
  return records;
}

}  // namespace flinkc
