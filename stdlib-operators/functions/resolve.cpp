#include "stdlib-operators/functions/resolve.h"

#include <utility>

#include "compiler/expression/implicit_cast.h"
#include "runtime/base/check.h"

namespace flinkc {

std::string_view KernelsByType::For(const DataType& type) const {
  if (type.kind() == TypeKind::kNull) return {};
  if (type.kind() == TypeKind::kBoolean) return boolean;
  if (type.kind() == TypeKind::kDecimal) return decimal;
  switch (type.physical()) {
    case PhysicalType::kI8:
      return i8;
    case PhysicalType::kI16:
      return i16;
    case PhysicalType::kI32:
      return i32;
    case PhysicalType::kI64:
      return i64;
    case PhysicalType::kF32:
      return f32;
    case PhysicalType::kF64:
      return f64;
    case PhysicalType::kView:
      return text;
    case PhysicalType::kI128:
      return decimal;
  }
  CHECK(false);
}

Resolution StrictCall(const KernelCall& kernel, DataType result, Arguments arguments,
                      std::vector<DataType> parameters, std::vector<int64_t> immediates) {
  CHECK(arguments.size() == parameters.size());
  bool nullable = kernel.may_be_null;
  for (size_t i = 0; i < parameters.size(); ++i) {
    nullable |= arguments[i].type.nullable();
    parameters[i] = parameters[i].WithNullable(arguments[i].type.nullable());
  }
  Resolution resolution;
  resolution.result = result.WithNullable(nullable);
  resolution.parameters = std::move(parameters);
  resolution.kernel = kernel.symbol;
  resolution.convention = kernel.convention;
  resolution.takes_context = kernel.takes_context;
  resolution.fallible = kernel.fallible;
  resolution.may_be_null = kernel.may_be_null;
  resolution.immediates = std::move(immediates);
  return resolution;
}

bool Accepts(Arguments arguments, std::initializer_list<DataType> parameters) {
  if (arguments.size() != parameters.size()) return false;
  size_t i = 0;
  for (const DataType& parameter : parameters) {
    if (!CanImplicitlyCast(arguments[i++].type, parameter)) return false;
  }
  return true;
}

std::optional<Resolution> FixedCall(const KernelCall& kernel, const DataType& result,
                                    Arguments arguments, std::initializer_list<DataType> parameters,
                                    std::vector<int64_t> immediates) {
  if (!Accepts(arguments, parameters)) return std::nullopt;
  return StrictCall(kernel, result, arguments, parameters, std::move(immediates));
}

std::optional<DataType> CommonArgumentType(Arguments arguments) {
  std::vector<DataType> types;
  for (const ArgumentInfo& argument : arguments) types.push_back(argument.type);
  std::optional<DataType> common = CommonType(std::span<const DataType>(types));
  if (common && common->kind() == TypeKind::kNull) return std::nullopt;
  return common;
}

DataType TypeOr(const ArgumentInfo& argument, const DataType& otherwise) {
  return argument.type.kind() == TypeKind::kNull ? otherwise : argument.type;
}

}  // namespace flinkc
