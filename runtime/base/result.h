// Result<T>: a T or an Error. Every function that can fail because of the world returns one.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "runtime/base/error.h"

namespace flinkc {

template <typename T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

using Status = Result<void>;

inline std::unexpected<Error> MakeError(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace flinkc

#define FLINKC_CONCAT_INNER(a, b) a##b
#define FLINKC_CONCAT(a, b) FLINKC_CONCAT_INNER(a, b)

// Leaves the function with the error of `expression`, a Result or Status, if it has one.
#define RETURN_IF_ERROR(expression)                                                  \
  do {                                                                               \
    if (auto flinkc_status = (expression); !flinkc_status) {                         \
      return std::unexpected<::flinkc::Error>(std::move(flinkc_status).error());     \
    }                                                                                \
  } while (false)

// ASSIGN_OR_RETURN(auto file, Open(path)): the value, or leaves the function with the error.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(FLINKC_CONCAT(flinkc_result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_INNER(result, declaration, expression)               \
  auto result = (expression);                                                 \
  if (!result) return std::unexpected<::flinkc::Error>(std::move(result).error()); \
  declaration = *std::move(result)
