// Functions whose last argument is a lambda: what its parameters and their results are. They are no
// records of the registry, since no kernel computes them: lowering writes their loop, and the
// lambda's body into it (compiler/lower). Records of the same names are their documentation.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/data/data_type.h"

namespace flinkc {

enum class HigherOrderFunction : uint8_t {
  kLet,        // the body's value, where the parameter is the argument's; may be NULL
  kTransform,  // ARRAY of what the body makes of each element
  kFilter,     // the elements for which the body is TRUE
  kAnyMatch,   // OR over the elements
  kAllMatch,   // AND over the elements
  kNoneMatch,  // NOT kAnyMatch
  kReduce,     // (array, initial): body(accumulated, element) for each element
  kMapFilter,
  kMapTransformKeys,
  kMapTransformValues,
};

struct HigherOrder {
  std::string_view name;  // of the record
  HigherOrderFunction function;
  uint32_t values;      // arguments before the lambda
  uint32_t parameters;  // of the lambda
  std::string_view usage;
};

// By the record's name. nullptr: no such function.
const HigherOrder* FindHigherOrder(std::string_view name);

// Whether the lambda's body is a condition.
bool TakesCondition(HigherOrderFunction function);
// The types of the lambda's parameters over arguments of these types; empty: they are not for this
// function. The accumulator of kReduce is of the initial value's type.
std::vector<DataType> LambdaParameterTypes(HigherOrderFunction function,
                                           std::span<const DataType> values);
// The type of the call; nullopt: the body cannot have that type.
std::optional<DataType> HigherOrderResult(HigherOrderFunction function,
                                          std::span<const DataType> values, const DataType& body);

}  // namespace flinkc
