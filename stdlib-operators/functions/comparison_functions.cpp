// = <> < <= > >=, IS DISTINCT FROM, greatest, least.
#include <algorithm>

#include "compiler/expression/implicit_cast.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

constexpr KernelsByType kEqual = FLINKC_KERNELS_BY_TYPE("flinkc_equal");
constexpr KernelsByType kNotEqual = FLINKC_KERNELS_BY_TYPE("flinkc_not_equal");
constexpr KernelsByType kLess = FLINKC_KERNELS_BY_TYPE("flinkc_less");
constexpr KernelsByType kLessEqual = FLINKC_KERNELS_BY_TYPE("flinkc_less_equal");
constexpr KernelsByType kGreater = FLINKC_KERNELS_BY_TYPE("flinkc_greater");
constexpr KernelsByType kGreaterEqual = FLINKC_KERNELS_BY_TYPE("flinkc_greater_equal");
constexpr KernelsByType kIsDistinct = FLINKC_KERNELS_BY_TYPE("flinkc_is_distinct");

// What both sides are cast to, and for DECIMALs how many digits each lacks to the larger scale.
struct ComparisonTypes {
  DataType a, b;
  std::vector<int64_t> raises;
};

std::optional<ComparisonTypes> ComparedAs(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const DataType &a = arguments[0].type, &b = arguments[1].type;
  const bool decimal = a.kind() == TypeKind::kDecimal || b.kind() == TypeKind::kDecimal;
  if (decimal && a.is_numeric() && b.is_numeric() && !a.is_floating() && !b.is_floating()) {
    const DataType x = *AsDecimal(a), y = *AsDecimal(b);
    const int scale = std::max(x.scale(), y.scale());
    return ComparisonTypes{x, y, {scale - x.scale(), scale - y.scale()}};
  }
  // CHAR and VARCHAR of any length compare as they are.
  if (a.kind() == TypeKind::kString && b.kind() == TypeKind::kString) {
    return ComparisonTypes{a, b, {}};
  }
  std::optional<DataType> common = CommonType(a, b);
  if (!common) return std::nullopt;
  if (common->kind() == TypeKind::kNull) common = BooleanType();
  if (common->kind() == TypeKind::kDecimal) return ComparisonTypes{*common, *common, {0, 0}};
  return ComparisonTypes{*common, *common, {}};
}

template <const KernelsByType& kKernels, bool kOrdered>
std::optional<Resolution> ResolveComparison(Arguments arguments) {
  const auto types = ComparedAs(arguments);
  // The flat bytes of nested values tell whether they are equal, but have no order.
  if (!types || (kOrdered && types->a.is_nested())) return std::nullopt;
  return StrictCall(ValueKernel(kKernels.For(types->a)), BooleanType(), arguments,
                    {types->a, types->b}, types->raises);
}

std::optional<Resolution> ResolveIsDistinct(Arguments arguments) {
  const auto types = ComparedAs(arguments);
  if (!types) return std::nullopt;
  Resolution resolution = StrictCall(ValueKernel(kIsDistinct.For(types->a)), BooleanType(),
                                     arguments, {types->a, types->b}, types->raises);
  resolution.null_rule = NullRule::kSeesNull;
  resolution.result = BooleanType().NotNull();
  return resolution;
}

constexpr KernelsByType kGreatest = FLINKC_KERNELS_BY_TYPE("flinkc_greatest");
constexpr KernelsByType kLeast = FLINKC_KERNELS_BY_TYPE("flinkc_least");

// Of two.
template <const KernelsByType& kKernels>
std::optional<Resolution> ResolveGreatest(Arguments arguments) {
  if (arguments.size() != 2) return std::nullopt;
  const auto common = CommonArgumentType(arguments);
  if (!common || common->is_nested()) return std::nullopt;
  const std::string_view symbol = kKernels.For(*common);
  const bool wide = common->kind() == TypeKind::kDecimal || common->is_view();
  return StrictCall(wide ? SliceKernel(symbol) : ValueKernel(symbol), *common, arguments,
                    {*common, *common});
}

constexpr size_t kArgumentsMax = 1024;

// Of one, or of three and more.
template <const KernelCall& kKernel>
std::optional<Resolution> ResolveGreatestOfMany(Arguments arguments) {
  if (arguments.empty() || arguments.size() == 2 || arguments.size() > kArgumentsMax) {
    return std::nullopt;
  }
  const auto common = CommonArgumentType(arguments);
  if (!common || common->is_nested()) return std::nullopt;
  Resolution resolution = StrictCall(kKernel, *common, arguments,
                                     std::vector<DataType>(arguments.size(), *common));
  resolution.packs_arguments = true;
  return resolution;
}
constexpr KernelCall kGreatestOfMany = SliceKernel("flinkc_native_greatest");
constexpr KernelCall kLeastOfMany = SliceKernel("flinkc_native_least");

FunctionRecord Comparison(std::string_view name, std::string_view doc,
                          std::optional<Resolution> (*resolve)(Arguments),
                          std::vector<FunctionExample> examples) {
  return {.name = name,
          .category = FunctionCategory::kComparison,
          .doc = doc,
          .nulls = "NULL if an argument is.",
          .overloads = {{"(a T, b T) -> BOOLEAN", resolve}},
          .examples = std::move(examples)};
}

}  // namespace

std::vector<FunctionRecord> ComparisonFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(
      Comparison("equal", "a = b", ResolveComparison<kEqual, false>,
                 {{"1 = 1.0", "TRUE"}, {"'a' = 'b'", "FALSE"}, {"1 = CAST(NULL AS INT)", "NULL"}}));
  records.push_back(Comparison("not_equal", "a <> b", ResolveComparison<kNotEqual, false>,
                               {{"1 <> 2", "TRUE"}, {"'a' <> 'a'", "FALSE"}}));
  records.push_back(Comparison("less", "a < b; text is compared byte by byte",
                               ResolveComparison<kLess, true>,
                               {{"1 < 2", "TRUE"},
                                {"'B' < 'a'", "TRUE"},
                                {"DATE '2001-01-01' < TIMESTAMP '2001-01-01 00:00:01'", "TRUE"}}));
  records.push_back(Comparison("less_equal", "a <= b", ResolveComparison<kLessEqual, true>,
                               {{"2 <= 2", "TRUE"}, {"2.01 <= 2", "FALSE"}}));
  records.push_back(Comparison("greater", "a > b", ResolveComparison<kGreater, true>,
                               {{"2 > 1", "TRUE"}, {"'abc' > 'abcd'", "FALSE"}}));
  records.push_back(Comparison("greater_equal", "a >= b", ResolveComparison<kGreaterEqual, true>,
                               {{"2 >= 3", "FALSE"}, {"1.10 >= 1.1", "TRUE"}}));
  records.push_back({.name = "is_distinct",
                     .category = FunctionCategory::kComparison,
                     .doc = "a IS DISTINCT FROM b: whether they differ, where NULL equals NULL.",
                     .nulls = "Never NULL.",
                     .overloads = {{"(a T, b T) -> BOOLEAN NOT NULL", ResolveIsDistinct}},
                     .examples = {{"1 IS DISTINCT FROM CAST(NULL AS INT)", "TRUE"},
                                  {"CAST(NULL AS INT) IS NOT DISTINCT FROM NULL", "TRUE"},
                                  {"'a' IS DISTINCT FROM 'a'", "FALSE"}}});
  records.push_back({.name = "greatest",
                     .category = FunctionCategory::kConditional,
                     .doc = "The largest argument; NaN is larger than any number.",
                     .nulls = "NULL if an argument is.",
                     .overloads = {{"(a T, b T) -> T", ResolveGreatest<kGreatest>},
                                   {"(a T, …) -> T", ResolveGreatestOfMany<kGreatestOfMany>}},
                     .examples = {{"greatest(1, 2.5)", "2.5"},
                                  {"greatest('a', 'b')", "b"},
                                  {"greatest(3, 7, 5)", "7"},
                                  {"greatest(3, 7.25, CAST(NULL AS INT))", "NULL"},
                                  {"greatest(1, CAST(NULL AS INT))", "NULL"}}});
  records.push_back({.name = "least",
                     .category = FunctionCategory::kConditional,
                     .doc = "The smallest argument.",
                     .nulls = "NULL if an argument is.",
                     .overloads = {{"(a T, b T) -> T", ResolveGreatest<kLeast>},
                                   {"(a T, …) -> T", ResolveGreatestOfMany<kLeastOfMany>}},
                     .examples = {{"least(1, 2.5)", "1.0"},
                                  {"least('a', 'b')", "a"},
                                  {"least(DATE '2020-02-02', DATE '2020-02-01', DATE "
                                   "'2020-03-01')",
                                   "2020-02-01"}}});
  return records;
}

}  // namespace flinkc
