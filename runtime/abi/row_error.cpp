#include "runtime/abi/row_error.h"

namespace flinkc {

const char* RowErrorCode(RowStatus status) {
  switch (status) {
    case RowStatus::kOk: return "OK";
    case RowStatus::kNull: return "NULL";
#define FLINKC_ROW_ERROR(number, name, code, message) \
  case RowStatus::k##name: return code;
#include "runtime/abi/row_errors.def"
#undef FLINKC_ROW_ERROR
  }
  return "UNKNOWN";
}

const char* RowErrorMessage(RowStatus status) {
  switch (status) {
    case RowStatus::kOk: return "no error";
    case RowStatus::kNull: return "the result is NULL";
#define FLINKC_ROW_ERROR(number, name, code, message) \
  case RowStatus::k##name: return message;
#include "runtime/abi/row_errors.def"
#undef FLINKC_ROW_ERROR
  }
  return "an unknown error";
}

}  // namespace flinkc
