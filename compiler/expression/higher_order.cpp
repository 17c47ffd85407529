#include "compiler/expression/higher_order.h"

#include <algorithm>

#include "compiler/expression/implicit_cast.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr HigherOrder kFunctions[] = {
    {"let", HigherOrderFunction::kLet, 1, 1, "let(value, x -> expression)"},
    {"array_transform", HigherOrderFunction::kTransform, 1, 1,
     "array_transform(array, x -> expression)"},
    {"array_filter", HigherOrderFunction::kFilter, 1, 1, "array_filter(array, x -> condition)"},
    {"any_match", HigherOrderFunction::kAnyMatch, 1, 1, "any_match(array, x -> condition)"},
    {"all_match", HigherOrderFunction::kAllMatch, 1, 1, "all_match(array, x -> condition)"},
    {"none_match", HigherOrderFunction::kNoneMatch, 1, 1, "none_match(array, x -> condition)"},
    {"array_reduce", HigherOrderFunction::kReduce, 2, 2,
     "array_reduce(array, initial, (accumulated, x) -> expression)"},
    {"map_filter", HigherOrderFunction::kMapFilter, 1, 2, "map_filter(map, (k, v) -> condition)"},
    {"map_transform_keys", HigherOrderFunction::kMapTransformKeys, 1, 2,
     "map_transform_keys(map, (k, v) -> expression)"},
    {"map_transform_values", HigherOrderFunction::kMapTransformValues, 1, 2,
     "map_transform_values(map, (k, v) -> expression)"},
};

bool IsOfMaps(HigherOrderFunction function) { return function >= HigherOrderFunction::kMapFilter; }

}  // namespace

const HigherOrder* FindHigherOrder(std::string_view name) {
  auto found = std::ranges::find(kFunctions, name, &HigherOrder::name);
  return found == std::end(kFunctions) ? nullptr : found;
}

bool TakesCondition(HigherOrderFunction function) {
  return function == HigherOrderFunction::kFilter || function == HigherOrderFunction::kAnyMatch ||
         function == HigherOrderFunction::kAllMatch ||
         function == HigherOrderFunction::kNoneMatch || function == HigherOrderFunction::kMapFilter;
}

std::vector<DataType> LambdaParameterTypes(HigherOrderFunction function,
                                           std::span<const DataType> values) {
  if (function == HigherOrderFunction::kLet) return {values[0]};
  const TypeKind wanted = IsOfMaps(function) ? TypeKind::kMap : TypeKind::kArray;
  if (values[0].kind() != wanted) return {};
  const std::vector<DataType>& children = values[0].children();
  const bool known = std::ranges::none_of(
      children, [](const DataType& child) { return child.kind() == TypeKind::kNull; });
  if (!known) return {};
  if (function != HigherOrderFunction::kReduce) return children;
  if (values[1].kind() == TypeKind::kNull) return {};
  return {values[1], children[0]};
}

std::optional<DataType> HigherOrderResult(HigherOrderFunction function,
                                          std::span<const DataType> values, const DataType& body) {
  if (body.kind() == TypeKind::kNull) return std::nullopt;
  if (TakesCondition(function) && body.kind() != TypeKind::kBoolean) return std::nullopt;
  const bool nullable = values[0].nullable();
  switch (function) {
    case HigherOrderFunction::kLet:
      return body;
    case HigherOrderFunction::kTransform:
      return DataType::Array(body, nullable);
    case HigherOrderFunction::kFilter:
    case HigherOrderFunction::kMapFilter:
      return values[0];
    case HigherOrderFunction::kAnyMatch:
    case HigherOrderFunction::kAllMatch:
    case HigherOrderFunction::kNoneMatch:
      return DataType(TypeKind::kBoolean, nullable || body.nullable());
    case HigherOrderFunction::kReduce:
      if (!IsSameRepresentation(body, values[1]) || (body.nullable() && !values[1].nullable())) {
        return std::nullopt;
      }
      return values[1].WithNullable(nullable || values[1].nullable());
    case HigherOrderFunction::kMapTransformKeys:
      return DataType::Map(body, values[0].children()[1], nullable);
    case HigherOrderFunction::kMapTransformValues:
      return DataType::Map(values[0].children()[0], body, nullable);
  }
  CHECK(false);
}

}  // namespace flinkc
