// What the overloads of this folder are written with: kernels by the type of their operands, and
// resolutions of the usual shapes.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "compiler/expression/function_record.h"
#include "runtime/data/data_type.h"

namespace flinkc {

using Arguments = std::span<const ArgumentInfo>;

// The names of one kernel for each way a value is passed.
struct KernelsByType {
  std::string_view boolean, i8, i16, i32, i64, f32, f64, decimal, text;

  // Empty for kNull.
  std::string_view For(const DataType& type) const;
};
#define FLINKC_KERNELS_BY_TYPE(prefix)                                      \
  ::flinkc::KernelsByType{prefix "_bool", prefix "_i8",      prefix "_i16", \
                          prefix "_i32",  prefix "_i64",     prefix "_f32", \
                          prefix "_f64",  prefix "_decimal", prefix "_text"}

// How a kernel is called; what it takes is said where it is used.
struct KernelCall {
  std::string_view symbol;
  KernelConvention convention = KernelConvention::kStatus;
  bool takes_context = false;
  bool fallible = false;
  bool may_be_null = false;
};
constexpr KernelCall ValueKernel(std::string_view symbol) {
  return {symbol, KernelConvention::kValue};
}
constexpr KernelCall SliceKernel(std::string_view symbol) {  // cannot fail, allocates nothing
  return {symbol, KernelConvention::kStatus};
}
constexpr KernelCall TextKernel(std::string_view symbol) {  // allocates, cannot fail
  return {symbol, KernelConvention::kStatus, true};
}
constexpr KernelCall FallibleKernel(std::string_view symbol) {
  return {symbol, KernelConvention::kStatus, false, true};
}
constexpr KernelCall NullingKernel(std::string_view symbol) {  // may give NULL, cannot fail
  return {symbol, KernelConvention::kStatus, false, false, true};
}
constexpr KernelCall NullingTextKernel(std::string_view symbol) {  // the same, and allocates
  return {symbol, KernelConvention::kStatus, true, false, true};
}

// A call that is NULL where an argument is. `parameters` are the types that the arguments are cast
// to (their nullability is the arguments'); the result's nullability is computed.
Resolution StrictCall(const KernelCall& kernel, DataType result, Arguments arguments,
                      std::vector<DataType> parameters, std::vector<int64_t> immediates = {});

// The overload that takes exactly `kinds` up to implicit widening; nullopt where the arguments do
// not fit. STRING stands for text of any length.
bool Accepts(Arguments arguments, std::initializer_list<DataType> parameters);

// As StrictCall with fixed parameter types: nullopt if the arguments do not fit them.
std::optional<Resolution> FixedCall(const KernelCall& kernel, const DataType& result,
                                    Arguments arguments, std::initializer_list<DataType> parameters,
                                    std::vector<int64_t> immediates = {});

// An overload of fixed types as a plain function: Fixed<kKernel, StringType, StringType, IntType>
// takes (STRING, INT) and gives STRING.
template <const KernelCall& kKernel, DataType (*kResult)(), DataType (*... kParameters)()>
std::optional<Resolution> Fixed(Arguments arguments) {
  return FixedCall(kKernel, kResult(), arguments, {kParameters()...});
}

// The common type of all arguments; nullopt if there is none or all are NULL.
std::optional<DataType> CommonArgumentType(Arguments arguments);

// The type of an argument; the NULL literal takes `otherwise`.
DataType TypeOr(const ArgumentInfo& argument, const DataType& otherwise);

// Nullable types without parameters, for the tables.
inline DataType BooleanType() { return DataType(TypeKind::kBoolean); }
inline DataType IntType() { return DataType(TypeKind::kInt); }
inline DataType BigintType() { return DataType(TypeKind::kBigint); }
inline DataType FloatType() { return DataType(TypeKind::kFloat); }
inline DataType DoubleType() { return DataType(TypeKind::kDouble); }
inline DataType StringType() { return DataType::String(); }
inline DataType BytesType() { return DataType(TypeKind::kBytes); }
inline DataType DateType() { return DataType(TypeKind::kDate); }

}  // namespace flinkc
