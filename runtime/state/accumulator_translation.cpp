#include "runtime/state/accumulator_translation.h"
#include "runtime/state/field_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace flinkc {

namespace {

template <size_t bytes>
void Copy(const char* from, char* to) {
  std::memcpy(to, from, bytes);
}

// {i64 sum, i64 count} to {u64 low, i64 high, i64 count}.
void WidenSum(const char* from, char* to) {
  const auto sum = LoadField<int64_t>(from);
  StoreField(to, sum);
  StoreField(to + 8, sum < 0 ? int64_t{-1} : int64_t{0});
  StoreField(to + 16, LoadField<int64_t>(from + 8));
}

// {u64 low, i64 high, i64 count} to {u64 low, u64 middle, i64 high, i64 count}.
void WidenDecimalSum(const char* from, char* to) {
  const auto high = LoadField<int64_t>(from + 8);
  StoreField(to, LoadField<uint64_t>(from));
  StoreField(to + 8, high);
  StoreField(to + 16, high < 0 ? int64_t{-1} : int64_t{0});
  StoreField(to + 24, LoadField<int64_t>(from + 16));
}

// {T value, bool seen}.
template <typename From, typename To>
void WidenExtreme(const char* from, char* to) {
  StoreField(to, static_cast<To>(LoadField<From>(from)));
  to[sizeof(To)] = from[sizeof(From)];
}

// "flinkc_sum_i32": what it does, and of what.
struct Kernel {
  std::string_view verb;
  std::string_view type;
  std::string_view immediates;  // "/4"
};
std::optional<Kernel> KernelOf(std::string_view kind) {
  Kernel kernel;
  const size_t slash = std::min(kind.find('/'), kind.size());
  kernel.immediates = kind.substr(slash);
  kind = kind.substr(0, slash);
  for (const std::string_view verb :
       {"flinkc_count_", "flinkc_sum_", "flinkc_avg_", "flinkc_min_", "flinkc_max_"}) {
    if (!kind.starts_with(verb)) continue;
    kernel.verb = verb;
    kernel.type = kind.substr(verb.size());
    return kernel;
  }
  return std::nullopt;
}

// Both states must have the sizes that the translation is written for.
struct Way {
  std::string_view from;
  std::string_view to;
  uint32_t from_bytes;
  uint32_t to_bytes;
  TranslateAccumulator translate;
};

constexpr Way kSums[] = {
    {"i8", "i16", 16, 16, Copy<16>},  {"i8", "i32", 16, 16, Copy<16>},
    {"i16", "i32", 16, 16, Copy<16>}, {"i8", "i64", 16, 24, WidenSum},
    {"i16", "i64", 16, 24, WidenSum}, {"i32", "i64", 16, 24, WidenSum},
    {"f32", "f64", 16, 16, Copy<16>}, {"decimal", "wide_decimal", 24, 32, WidenDecimalSum},
};
constexpr Way kExtremes[] = {
    {"i8", "i16", 2, 4, WidenExtreme<int8_t, int16_t>},
    {"i8", "i32", 2, 8, WidenExtreme<int8_t, int32_t>},
    {"i8", "i64", 2, 16, WidenExtreme<int8_t, int64_t>},
    {"i16", "i32", 4, 8, WidenExtreme<int16_t, int32_t>},
    {"i16", "i64", 4, 16, WidenExtreme<int16_t, int64_t>},
    {"i32", "i64", 8, 16, WidenExtreme<int32_t, int64_t>},
    {"f32", "f64", 8, 16, WidenExtreme<float, double>},
};

// An input without its filter, and the filter.
std::pair<std::string_view, std::string_view> SplitFilter(std::string_view input) {
  const size_t filter = std::min(input.find(" FILTER "), input.size());
  return {input.substr(0, filter), input.substr(filter)};
}

}  // namespace

bool IsWidening(const DataType& from, const DataType& to) {
  if (from.nullable() && !to.nullable()) return false;
  if (from.SameKindAs(to)) return true;
  if (from.is_integer() && to.is_integer()) return from.kind() < to.kind();
  if (from.kind() == TypeKind::kFloat && to.kind() == TypeKind::kDouble) return true;
  if (from.kind() != to.kind()) return false;
  switch (from.kind()) {
    case TypeKind::kDecimal:
      return from.scale() == to.scale() && from.precision() <= to.precision();
    case TypeKind::kString:
      return !from.fixed_length() && !to.fixed_length() &&
             (to.length_max() == 0 ||
              (from.length_max() != 0 && from.length_max() <= to.length_max()));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kTime:
      return from.precision() <= to.precision();
    default:
      return false;
  }
}

bool HasSameInput(const StateSchema::Accumulator& from, const StateSchema::Accumulator& to) {
  if (from.input == to.input) return true;
  if (to.argument_types.size() != 1) return false;
  const auto [from_argument, from_filter] = SplitFilter(from.input);
  const auto [to_argument, to_filter] = SplitFilter(to.input);
  return from_filter == to_filter &&
         to_argument == fmt::format("CAST({} AS {})", from_argument,
                                    to.argument_types[0].Nullable().ToString());
}

std::optional<TranslateAccumulator> FindTranslation(const StateSchema::Accumulator& from,
                                                    const StateSchema::Accumulator& to) {
  const std::optional<Kernel> old_kernel = KernelOf(from.kind);
  const std::optional<Kernel> new_kernel = KernelOf(to.kind);
  // The values of a distinct set are kept as they were.
  if (!old_kernel || !new_kernel || from.distinct_offset || to.distinct_offset ||
      old_kernel->verb != new_kernel->verb || old_kernel->immediates != new_kernel->immediates ||
      from.argument_types.size() != 1 || to.argument_types.size() != 1 ||
      !IsWidening(from.argument_types[0].Nullable(), to.argument_types[0].Nullable())) {
    return std::nullopt;
  }
  if (old_kernel->verb == "flinkc_count_") {
    if (from.bytes != 8 || to.bytes != 8) return std::nullopt;
    return Copy<8>;
  }
  const bool extreme = old_kernel->verb == "flinkc_min_" || old_kernel->verb == "flinkc_max_";
  const std::span<const Way> ways = extreme ? std::span<const Way>(kExtremes) : kSums;
  for (const Way& way : ways) {
    if (way.from == old_kernel->type && way.to == new_kernel->type &&
        way.from_bytes == from.bytes && way.to_bytes == to.bytes) {
      return way.translate;
    }
  }
  return std::nullopt;
}

}  // namespace flinkc
