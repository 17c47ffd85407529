// Why a row failed. Kernels return these; RuntimeCall::kReportError turns them into the job's
// failure, a dropped row, a NULL or an error row, as `on_error` says.
#pragma once

#include <cstdint>

namespace flinkc {

// What a kernel with a status returns: kOk, kNull (the result is NULL, no failure), or a failure.
enum class RowStatus : int32_t {
  kOk = 0,
  kNull = 1,
#define FLINKC_ROW_ERROR(number, name, code, message) k##name = number,
#include "runtime/abi/row_errors.def"
#undef FLINKC_ROW_ERROR
};

// The stable name that stands in an error row's `code` ("DIVISION_BY_ZERO") and its sentence.
const char* RowErrorCode(RowStatus status);
const char* RowErrorMessage(RowStatus status);

}  // namespace flinkc
